import { defineCommand } from '../../command.ts';
import { printJson, printLines } from '../../context.ts';

export const eventsCancel = defineCommand({
  summary: 'take an event back; the plugins that have handled it are told',
  arguments: { id: { description: 'the event, as in: snooze events list' } },
  options: { reason: { kind: 'text', value: 'TEXT', description: 'why, for the plugins and the history' } },
  examples: ['snooze events cancel 0198f3a2-4c1e-7c50-9d4b-1f0e2a3b4c5d --reason not-needed'],
  async run({ arguments: { id }, options: { reason = 'canceled by a person' } }, context) {
    const canceled = await context.withDaemon((client) => client.call('events.cancel', { id, reason }));
    if (context.json) printJson(context.output, canceled);
    else printLines(context.output, [`${id} is off: ${reason}`]);
  },
});
