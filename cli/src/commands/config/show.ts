import { defineCommand } from '../../command.ts';
import { listWidth, printJson, printLines } from '../../context.ts';
import { configTable } from '../../render/config.ts';

export const configShow = defineCommand({
  summary: 'the configuration in force, and where each value comes from',
  arguments: {},
  options: {},
  examples: ['snooze config show', 'snooze config show --json'],
  async run(_typed, context) {
    const shown = await context.withDaemon((client) => client.call('config.show', {}));
    if (context.json) printJson(context.output, shown);
    else printLines(context.output, configTable(shown, { ...context, width: listWidth(context.output) }));
  },
});
