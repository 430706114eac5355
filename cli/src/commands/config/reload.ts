import { defineCommand } from '../../command.ts';
import { printJson, printLines } from '../../context.ts';

export const configReload = defineCommand({
  summary: 'read the configuration file again and put it in force',
  arguments: {},
  options: {},
  examples: ['snooze config reload'],
  async run(_typed, context) {
    const { changed } = await context.withDaemon((client) => client.call('config.reload', {}));
    if (context.json) printJson(context.output, { changed });
    else
      printLines(context.output, [
        changed.length === 0 ? 'nothing has changed' : `in force now: ${changed.join(', ')}`,
      ]);
  },
});
