import { defineCommand } from '../../command.ts';
import { printJson, printLines } from '../../context.ts';
import { cleanLines } from '../../render/text.ts';

/** The daemon gives a plugin two minutes. */
const TIMEOUT_MS = 130_000;

export const pluginRun = defineCommand({
  summary: 'have a plugin do a command of its own; ends with 1 where that fails',
  arguments: {
    name: { description: 'the plugin instance, as in: snooze plugin list' },
    command: { description: 'a command that the plugin knows' },
    words: { description: 'what the command gets; options that snooze has too go behind --', rest: true },
  },
  options: {},
  examples: ['snooze plugin run redis-monitor save', 'snooze plugin run redis-monitor slowlog --last 10'],
  async run({ arguments: { name, command, words } }, context) {
    const params = { name, command, args: [...words] };
    const done = await context.withDaemon((client) => client.call('plugin.run', params, TIMEOUT_MS));
    if (context.json) printJson(context.output, done);
    else if (done.output !== '') printLines(context.output, cleanLines(done.output));
    if (done.exit_code !== 0) context.failed();
  },
});
