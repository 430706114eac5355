import { defineCommand } from '../command.ts';
import { listWidth, printJson, printLines } from '../context.ts';
import { historyTable } from '../render/history.ts';

export const history = defineCommand({
  summary: 'what was decided on this host, by whom or what, newest first',
  arguments: {},
  options: { limit: { kind: 'count', value: 'N', description: 'how many entries', default: 20 } },
  examples: ['snooze history', 'snooze history --limit 100 --json'],
  async run({ options }, context) {
    const entries = await context.withDaemon((client) => client.call('history.list', { limit: options.limit }));
    if (context.json) printJson(context.output, entries);
    else if (entries.length === 0) printLines(context.output, ['nothing has been decided yet']);
    else printLines(context.output, historyTable(entries, { ...context, width: listWidth(context.output) }));
  },
});
