import { defineCommand } from '../../command.ts';
import { printJson, printLines } from '../../context.ts';
import { valueText } from '../../render/config.ts';

export const configGet = defineCommand({
  summary: 'the value of one key in force',
  arguments: { key: { description: 'dotted, such as logging.level' } },
  options: {},
  examples: ['snooze config get naptime_minutes'],
  async run({ arguments: { key } }, context) {
    const found = await context.withDaemon((client) => client.call('config.get', { key }));
    if (context.json) printJson(context.output, found);
    else printLines(context.output, [valueText(found.value)]);
  },
});
