import { type ControlMethods, HISTORY_KINDS } from '@cloudsnooze/daemon/control/api';
import { defineCommand } from '../command.ts';
import { listWidth, printJson, printLines } from '../context.ts';
import { allPages } from '../pages.ts';
import { type HistoryEntry, historyTable } from '../render/history.ts';

type Kind = NonNullable<ControlMethods['history.list']['params']['kind']>;

export const history = defineCommand({
  summary: 'what was decided on this host, by whom or what, newest first',
  arguments: {},
  options: {
    limit: { kind: 'count', value: 'N', description: 'how many entries', default: 20 },
    kind: { kind: 'text', value: 'KIND', description: `only these: ${HISTORY_KINDS.join(', ')}`, among: HISTORY_KINDS },
  },
  examples: ['snooze history', 'snooze history --kind snooze', 'snooze history --limit 100 --json'],
  async run({ options }, context) {
    const entries = await context.withDaemon((client) =>
      allPages<HistoryEntry>(options.limit, (limit, last) =>
        client.call('history.list', {
          limit,
          ...(options.kind !== undefined && { kind: options.kind as Kind }),
          ...(last && { before: last.id }),
        }),
      ),
    );
    if (context.json) printJson(context.output, entries);
    else if (entries.length === 0)
      printLines(context.output, [
        options.kind === undefined ? 'nothing has been decided yet' : `nothing of the kind ${options.kind} yet`,
      ]);
    else
      printLines(
        context.output,
        historyTable(entries, { ...context, width: listWidth(context.output), nowMs: context.clock.wallMs() }),
      );
  },
});
