import { defineCommand } from '../command.ts';
import { printJson } from '../context.ts';

export const metrics = defineCommand({
  summary: 'what the daemon measures and counts, in the text format of Prometheus',
  arguments: {},
  options: {},
  examples: ['snooze metrics', 'snooze metrics | grep plugin_errors'],
  async run(_given, context) {
    const answer = await context.withDaemon((client) => client.call('metrics', {}));
    if (context.json) printJson(context.output, answer);
    else context.output.write(answer.text);
  },
});
