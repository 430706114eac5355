import { defineCommand } from '../../command.ts';
import { printJson, printLines } from '../../context.ts';
import { parseData, parseDeadline, parseSeverity } from '../../parse-event.ts';

export const eventsSend = defineCommand({
  summary: 'announce an event to the plugins that handle its type',
  arguments: { type: { description: 'such as custom.backup or cloud.spot.interrupt' } },
  options: {
    data: { kind: 'list', value: 'DATA', description: 'key=value …, or one JSON object' },
    severity: { kind: 'text', value: 'S', description: '0 info, 1 warning, 2 urgent, 3 critical; number or name' },
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
        type,
        data: parseData(options.data),
        ...(severity !== undefined && { severity }),
        ...(deadlineSeconds !== undefined && { deadline_seconds: deadlineSeconds }),
      }),
    );
    if (context.json) printJson(context.output, sent);
    else printLines(context.output, [sent.id, `what becomes of it: snooze events show ${sent.id}`]);
  },
});
