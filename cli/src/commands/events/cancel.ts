import { defineCommand } from '../../command.ts';
import { printJson, printLines } from '../../context.ts';

export const eventsCancel = defineCommand({
  summary: 'take an event back; the plugins that have handled it are told',
  arguments: { id: { description: 'its id, or a part of it that no other has' } },
  options: { reason: { kind: 'text', value: 'TEXT', description: 'why, for the plugins and the history' } },
  examples: ['snooze events cancel 0198f3a2 --reason not-needed'],
  async run({ arguments: { id }, options: { reason = 'canceled by a person' } }, context) {
    const canceled = await context.withDaemon((client) => client.call('events.cancel', { id, reason }));
    if (context.json) printJson(context.output, canceled);
    else printLines(context.output, [`${canceled.id} is off: ${reason}`]);
  },
});
