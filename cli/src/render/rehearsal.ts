import type { ControlMethods } from '@cloudsnooze/daemon/control/api';
import { duration } from './duration.ts';
import { deadlineAt, tookText } from './event.ts';
import { colourOf, paint, type Style } from './style.ts';
import { table } from './table.ts';

type EventDetails = ControlMethods['events.show']['result'];
type Outcome = EventDetails['outcomes'][number];

/** Who was done in time and with how much left, who was not, and what that means. */
export function rehearsalReport(record: EventDetails, frame: { style: Style; width: number }): string[] {
  const { style } = frame;
  const { event, outcomes } = record;
  const rows = outcomes.map((outcome) => [
    String(outcome.priority),
    outcome.handler,
    { text: wordOf(outcome), colour: colourOf(outcome.status) },
    tookText(outcome),
    leftText(deadlineAt(outcome.endedAt, event, []), outcome),
    outcome.message ?? '',
  ]);
  const columns = [
    { title: 'PRIORITY', align: 'right' as const },
    { title: 'HANDLER' },
    { title: 'RESULT' },
    { title: 'TOOK', align: 'right' as const },
    { title: 'LEFT', align: 'right' as const },
    { title: '', wraps: true as const },
  ];
  return [
    ...(rows.length === 0 ? [] : table(columns, rows, frame)),
    ...(rows.length === 0 ? [] : ['']),
    verdict(record, style),
  ];
}

/** Whether everybody who was called was done in time, and somebody was. */
export function isPassed({ outcomes }: EventDetails): boolean {
  return outcomes.length > 0 && outcomes.every((outcome) => isDone(outcome, outcomes));
}

/** Who was skipped is done where another had handled it for all; no time left is another matter. */
function isDone({ status, message }: Outcome, outcomes: readonly Outcome[]): boolean {
  const isSpared = outcomes.some(
    (other) => other.status === 'handled' && message === `${other.handler} has handled it`,
  );
  return status === 'handled' || status === 'declined' || (status === 'skipped' && isSpared);
}

function verdict(record: EventDetails, style: Style): string {
  const { event, outcomes } = record;
  if (outcomes.length === 0) return paint(`nobody handles ${event.type}: nothing would have been saved`, 'red', style);
  const late = outcomes.filter((outcome) => !isDone(outcome, outcomes)).map(({ handler }) => handler);
  if (late.length > 0) return paint(`not done: ${late.join(', ')}`, 'red', style);
  return paint(`all ${outcomes.length} were done in time`, 'green', style);
}

function wordOf({ status }: Outcome): string {
  return status === 'timed-out' ? 'too late' : status;
}

function leftText(deadline: string | null, { startedAt, endedAt }: Outcome): string {
  if (deadline === null || startedAt === null) return '';
  const seconds = (Date.parse(deadline) - Date.parse(endedAt)) / 1000;
  return seconds > 0 ? duration(seconds) : `${duration(-seconds)} late`;
}
