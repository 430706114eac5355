import { kindOf } from '@cloudsnooze/daemon/event-kind';
import { deadlineAt, type EventRecord, remarkText, severityName, startOfTurn, turnText } from './event.ts';
import { colourOf, paint, type Style } from './style.ts';
import { clean } from './text.ts';
import { clockTime } from './time.ts';

export type { EventRecord } from './event.ts';

/** What is new of an event since the last look; `before` is undefined where all of it is. */
export type EventChange = { record: EventRecord; before: EventRecord | undefined };

/** Every event that is not as it was, the oldest first; `now` has the newest first. */
export function changesOf(known: ReadonlyMap<string, EventRecord>, now: readonly EventRecord[]): EventChange[] {
  return now
    .toReversed()
    .map((record) => ({ record, before: known.get(record.event.id) }))
    .filter(({ record, before: then }) => JSON.stringify(record) !== JSON.stringify(then));
}

/** A change in lines: the event where it is new, each new outcome and start, its state where that is another. */
export function storyLines(
  { record, before }: EventChange,
  { style, nowMs }: { style: Style; nowMs: number },
): string[] {
  const { event, state, outcomes, atWork, remarks, seenAt, endedAt } = record;
  const line = (at: string, text: string, colour = '') =>
    `${paint(clockTime(at, nowMs, 'seconds'), 'dim', style)}  ${clean(kindOf(event))}  ${paint(clean(text), colourOf(colour), style)}`;
  const until = event.deadline === null ? '' : `, deadline ${clockTime(event.deadline, nowMs, 'seconds')}`;
  const begun = `${severityName(event.severity)}, from ${event.source}${until} · ${event.id}`;
  const fresh = outcomes.slice(before?.outcomes.length ?? 0);
  const begunBefore = new Set(before?.atWork.map(({ startedAt, handler }) => startedAt + handler));
  const starts = atWork.filter(({ startedAt, handler }) => !begunBefore.has(startedAt + handler));
  const remarkLine = (remark: EventRecord['remarks'][number]) =>
    remark.kind === 'back'
      ? line(remark.at, `told again: ${begun}`, 'pending')
      : line(remark.at, remarkText(remark, nowMs));
  return [
    ...(before === undefined ? [line(seenAt, begun, 'pending')] : []),
    ...remarks.slice(before?.remarks.length ?? 0).map(remarkLine),
    ...fresh.map((outcome) =>
      line(outcome.endedAt, turnText(deadlineAt(outcome.endedAt, event, remarks), outcome), outcome.status),
    ),
    ...starts.map((turn) => line(turn.startedAt, startOfTurn(turn))),
    ...(state !== before?.state && endedAt !== null ? [line(endedAt, state, state)] : []),
  ];
}
