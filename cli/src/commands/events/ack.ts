import { defineCommand } from '../../command.ts';
import { printJson, printLines } from '../../context.ts';

export const eventsAck = defineCommand({
  summary: 'say that an event is dealt with; no more plugins are called for it, and those at work are ended',
  arguments: { id: { description: 'its id, or a part of it that no other has' } },
  options: {},
  examples: ['snooze events ack 0198f3a2'],
  async run({ arguments: { id } }, context) {
    const acknowledged = await context.withDaemon((client) => client.call('events.ack', { id }));
    if (context.json) printJson(context.output, acknowledged);
    else printLines(context.output, [`${acknowledged.id} is dealt with`]);
  },
});
