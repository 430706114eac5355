import { type Clock, rfc3339 } from '../clock.ts';
import { kindOf } from '../event-kind.ts';
import type { Log } from '../log.ts';
import type { History } from '../store/store.ts';
import type { EventObserver, EventRecord, EventState, Handler, HandlerOutcome, SnoozeEvent, Turn } from './event.ts';
import type { Ledger } from './ledger.ts';

export type RecordParts = { ledger: Ledger; history: History; clock: Clock; log: Log; observer: EventObserver };

/** What is known of a new event, which is `dispatching` where its handlers are called at once: it is written once then. */
export function freshRecord(event: SnoozeEvent, state: 'pending' | 'dispatching'): EventRecord {
  return { event, state, seenAt: event.timestamp, endedAt: null, outcomes: [], atWork: [], remarks: [], closing: null };
}

export function isPast(deadline: string, clock: Clock): boolean {
  return Date.parse(deadline) <= clock.wallMs();
}

/**
 * Whether its deadline passed while no run of snoozed was there: by the time since boot where that is known, for the wall
 * clock may have jumped. What lies ahead goes by the wall clock while it waits, so both must say so.
 */
export function isLate({ event, state }: EventRecord, deadlineBootMs: number | undefined, clock: Clock): boolean {
  if (event.deadline === null) return false;
  const byWall = isPast(event.deadline, clock);
  if (deadlineBootMs === undefined) return byWall;
  return deadlineBootMs <= clock.bootMs() && (byWall || state !== 'announced');
}

/**
 * Whether the cloud has told it of an earlier boot, and named no time: a host that was being stopped runs again. Where
 * it is still so its source tells it again.
 */
export function isOfEarlierBoot({ event: { type, deadline }, seenAt }: EventRecord, clock: Clock): boolean {
  return type.startsWith('cloud.') && deadline === null && Date.parse(seenAt) < clock.wallMs() - clock.bootMs();
}

/** Whether it was off, or over, when somebody said that it comes; in milliseconds since the Unix epoch. */
export function isOffSince({ closing }: EventRecord, saidMs: number): boolean {
  return closing?.at !== undefined && Date.parse(closing.at) >= saidMs;
}

/** The deadline of an event as the end of a sentence; empty where it has none. */
export function untilText({ deadline }: SnoozeEvent, clock: Clock): string {
  if (deadline === null) return '';
  return `, deadline ${deadline}${isPast(deadline, clock) ? ', which has passed' : ''}`;
}

/** A handler is at work on it from now on. It does not wait until that is on disk. */
export function begun(
  record: EventRecord,
  { name, priority }: Handler,
  { ledger, clock }: Pick<RecordParts, 'ledger' | 'clock'>,
  stage?: HandlerOutcome['stage'],
): void {
  const turn: Turn = { handler: name, priority, startedAt: rfc3339(clock.wallMs()), ...(stage && { stage }) };
  record.atWork.push(turn);
  ledger.addTurn(record, turn);
}

/** The handlers that were at work when an earlier run ended: what became of them nobody knows. */
export function lose(record: EventRecord, parts: RecordParts): void {
  const lost = record.atWork;
  record.atWork = [];
  for (const turn of lost) {
    // It is told once more that the event is off, or over.
    if (turn.stage !== undefined) continue;
    const message = 'snoozed ended while it was at work; its answer is not known';
    const endedAt = rfc3339(parts.clock.wallMs());
    void note(record, { ...turn, status: 'canceled', endedAt, message, result: null }, true, parts);
  }
}

/** Writes down what became of a handler's turn. */
export function note(
  record: EventRecord,
  outcome: HandlerOutcome,
  together: boolean,
  { ledger, log, observer }: RecordParts,
): Promise<void> {
  const { id } = record.event;
  const { handler, status, stage, message } = outcome;
  record.atWork = record.atWork.filter((turn) => turn.handler !== handler);
  record.outcomes.push(outcome);
  const told = stage === undefined ? '' : `, told that it is ${stage === 'canceled' ? 'off' : 'over'}`;
  const words = `${kindOf(record.event)}: ${handler} ${status}${told}${message === null ? '' : `: ${message}`}`;
  if (status === 'failed' || status === 'timed-out') log.warn({ event: id }, words);
  else log.info({ event: id }, words);
  observer.outcome(record.event, outcome);
  return ledger.addOutcome(record, outcome, together);
}

/** Writes down how an event ended. */
export function finish(
  record: EventRecord,
  state: EventState,
  { ledger, history, clock, log, observer }: RecordParts,
): void {
  const { id, source } = record.event;
  record.state = state;
  record.endedAt = rfc3339(clock.wallMs());
  const summary = `${kindOf(record.event)} ${state}: ${countHandled(record.outcomes.filter(({ stage }) => stage === undefined))}`;
  ledger.setState(record, () => history.add({ kind: 'event', cause: source, summary, details: { id } }));
  log.info({ event: id }, summary);
  observer.ended(record);
}

function countHandled(outcomes: readonly HandlerOutcome[]): string {
  if (outcomes.length === 0) return 'no plugin handles it';
  const handlers = new Set(outcomes.map(({ handler }) => handler));
  const handled = [...handlers].filter(
    (name) => outcomes.findLast(({ handler }) => handler === name)?.status === 'handled',
  );
  return `${handled.length} of ${handlers.size} handlers handled it`;
}
