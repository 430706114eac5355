import { defineCommand } from '../../command.ts';
import { listWidth, printJson, printLines } from '../../context.ts';
import { allPages } from '../../pages.ts';
import { type EventRecord, eventTable } from '../../render/event.ts';

export const eventsList = defineCommand({
  summary: 'the events that were seen, newest first',
  arguments: {},
  options: { limit: { kind: 'count', value: 'N', description: 'how many events', default: 20 } },
  examples: ['snooze events list', 'snooze events list --limit 5'],
  async run({ options }, context) {
    const records = await context.withDaemon((client) =>
      allPages<EventRecord>(options.limit, (limit, last) =>
        client.call('events.list', { limit, ...(last && { before: last.event.id }) }),
      ),
    );
    if (context.json) printJson(context.output, records);
    else if (records.length === 0) printLines(context.output, ['no event has been seen']);
    else
      printLines(
        context.output,
        eventTable(records, { ...context, width: listWidth(context.output), nowMs: context.clock.wallMs() }),
      );
  },
});
