import { defineCommand } from '../../command.ts';
import { printJson, printLines } from '../../context.ts';
import { eventStory } from '../../render/event.ts';

export const eventsShow = defineCommand({
  summary: 'one event with a timeline of its handlers',
  arguments: { id: { description: 'its id, or a part of it that no other has' } },
  options: {},
  examples: ['snooze events show 0198f3a2'],
  async run({ arguments: { id } }, context) {
    const record = await context.withDaemon((client) => client.call('events.show', { id }));
    if (context.json) printJson(context.output, record);
    else printLines(context.output, eventStory(record, { ...context, nowMs: context.clock.wallMs() }));
  },
});
