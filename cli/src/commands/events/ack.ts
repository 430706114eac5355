import { defineCommand } from '../../command.ts';
import { printJson, printLines } from '../../context.ts';

export const eventsAck = defineCommand({
  summary: 'say that an event is dealt with; no more plugins are called for it, and those at work are ended',
  arguments: { id: { description: 'the event, as in: snooze status' } },
  options: {},
  examples: ['snooze events ack 0198f3a2-4c1e-7c50-9d4b-1f0e2a3b4c5d'],
  async run({ arguments: { id } }, context) {
    const acknowledged = await context.withDaemon((client) => client.call('events.ack', { id }));
    if (context.json) printJson(context.output, acknowledged);
    else printLines(context.output, [`${id} is dealt with`]);
  },
});
