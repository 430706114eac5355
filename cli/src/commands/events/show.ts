import { defineCommand } from '../../command.ts';
import { printJson, printLines } from '../../context.ts';
import { eventStory } from '../../render/event.ts';

export const eventsShow = defineCommand({
  summary: 'one event with a timeline of its handlers',
  arguments: { id: { description: 'the event, as in: snooze events list' } },
  options: {},
  examples: ['snooze events show 0198f3a2-4c1e-7c50-9d4b-1f0e2a3b4c5d'],
  async run({ arguments: { id } }, context) {
    const record = await context.withDaemon((client) => client.call('events.show', { id }));
    if (context.json) printJson(context.output, record);
    else printLines(context.output, eventStory(record, { ...context, nowMs: context.clock.wallMs() }));
  },
});
