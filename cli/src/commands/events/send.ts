import type { ControlMethods } from '@cloudsnooze/daemon/control/api';
import { defineCommand } from '../../command.ts';
import { printJson, printLines } from '../../context.ts';
import { parseData, parseDeadline, parseSeverity } from '../../parse-event.ts';

export const eventsSend = defineCommand({
  summary: 'announce an event to the plugins that handle its type',
  arguments: { type: { description: 'such as custom.backup or cloud.spot.interrupt' } },
  options: {
    data: { kind: 'list', value: 'DATA', description: 'key=value …, or one JSON object' },
    severity: { kind: 'text', value: 'S', description: '0 info, 1 warning, 2 urgent, 3 critical; number or name' },
    id: {
      kind: 'text',
      value: 'ID',
      description: 'makes it the same event where it is sent again within 7 days, which is dispatched once',
    },
    deadline: { kind: 'text', value: 'SECONDS', description: 'when its handlers must be done, from now' },
  },
  examples: [
    'snooze events send custom.backup --data job=nightly size_mb=120',
    'snooze events send cloud.spot.interrupt --deadline 120 --severity critical',
  ],
  async run({ arguments: { type }, options }, context) {
    const severity = parseSeverity(options.severity);
    const deadlineSeconds = parseDeadline(options.deadline);
    const sent = await context.withDaemon((client) =>
      client.call('events.send', {
        ...(options.id !== undefined && { id: options.id }),
        type,
        data: parseData(options.data),
        ...(severity !== undefined && { severity }),
        ...(deadlineSeconds !== undefined && { deadline_seconds: deadlineSeconds }),
      }),
    );
    if (context.json) printJson(context.output, sent);
    else printLines(context.output, [sent.id, ...news(sent), `what becomes of it: snooze events show ${sent.id}`]);
  },
});

/** What is not as whoever sends an event expects. */
function news({ durable, known }: ControlMethods['events.send']['result']): string[] {
  const again = 'it was sent before, and is not dispatched again';
  return [
    ...(known === null ? [] : [known === 'same' ? again : `${again}, though it is not the same now`]),
    ...(durable ? [] : ['it is in memory alone until there is room on the disk']),
  ];
}
