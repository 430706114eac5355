import { rfc3339 } from '@cloudsnooze/daemon/clock';
import { type EventRecord, remarkText, severityName, startOfTurn, turnText, typeText } from './event.ts';
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
  const { event, state, outcomes, atWork, remarks, seenAt, endedAt, closing } = record;
  const line = (at: string, text: string, colour = '') =>
    `${paint(clockTime(at, nowMs, 'seconds'), 'dim', style)}  ${clean(typeText(event))}  ${paint(clean(text), colourOf(colour), style)}`;
  const until = event.deadline === null ? '' : `, deadline ${clockTime(event.deadline, nowMs, 'seconds')}`;
  const begun = `${severityName(event.severity)}, from ${event.source}${until} · ${event.id}`;
  const fresh = outcomes.slice(before?.outcomes.length ?? 0);
  const begunBefore = new Set(before?.atWork.map(({ startedAt, handler }) => startedAt + handler));
  const starts = atWork.filter(({ startedAt, handler }) => !begunBefore.has(startedAt + handler));
  const isBack = before !== undefined && before.endedAt !== null && endedAt === null && closing === null;
  const isOff = closing !== null && before?.closing?.stage !== closing.stage;
  const now = rfc3339(nowMs);
  return [
    ...(before === undefined ? [line(seenAt, begun, 'pending')] : []),
    ...(isBack ? [line(now, `told again: ${begun}`, 'pending')] : []),
    ...(isOff ? [line(now, `${closing.stage === 'canceled' ? 'off' : 'over'}: ${closing.reason}`)] : []),
    ...remarks.slice(before?.remarks.length ?? 0).map((remark) => line(remark.at, remarkText(remark, nowMs))),
    ...fresh.map((outcome) => line(outcome.endedAt, turnText(event.deadline, outcome), outcome.status)),
    ...starts.map((turn) => line(turn.startedAt, startOfTurn(turn))),
    ...(state !== before?.state && endedAt !== null ? [line(endedAt, state, state)] : []),
  ];
}
