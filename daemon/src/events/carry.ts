import { kindOf } from '../event-kind.ts';
import { type DispatchEnd, dispatch } from './dispatch.ts';
import type { DispatchRule, EventRecord, EventState, Handler, HandlerOutcome, SnoozeEvent } from './event.ts';
import type { Lines } from './lines.ts';
import { begun, finish, note, type RecordParts } from './record.ts';
import type { EventTimes } from './times.ts';

/** One event on its way. */
export type Carried = EventTimes & {
  /** What is known of it; its outcomes are those of earlier runs too. */
  record: EventRecord;
  /** Called when its times have moved. */
  moves: Set<() => void>;
  /** Aborts when no handler need begin any more; its reason says why. */
  off: AbortController;
  /** What ends each handler that has begun, by its name. */
  turns: Map<string, AbortController>;
  /** Aborts when what is off was told again: there may be no time to tell anybody that it was. */
  again: AbortController;
  ended: Promise<void>;
};

export type CarryParts = RecordParts & {
  handlers: (type: string) => readonly Handler[];
  rule: (type: string) => DispatchRule;
  /** `deadlineBootMs`: by the time since boot, where it is known so. */
  times: (event: SnoozeEvent, deadlineBootMs?: number) => EventTimes;
  lines: Lines;
  /** Aborts when the daemon ends. */
  stopping: AbortSignal;
};

/** What lies ahead is looked at this often: only the wall clock knows when it is, and it may be set right by hours. */
const LOOK_MS = 60_000;

/** Takes an event from where it stands to its end, unless the daemon ends first; never rejects. */
export async function carry(carried: Carried, parts: CarryParts): Promise<void> {
  const { record } = carried;
  let state: EventState = 'done';
  if (record.closing === null) {
    await untilDue(carried, parts);
    const end = await toHandlers(carried, parts);
    if (end === 'stopped') return;
    if (end === 'overdue') state = 'overdue';
  }
  if (record.closing !== null) {
    if ((await tellClosing(carried, parts)) === 'stopped') return;
    state = record.closing.stage;
  }
  finish(record, state, parts);
}

/** Ends what has begun: every handler, or those that are named. */
export function endTurns({ turns }: Carried, reason: string, names: readonly string[] = [...turns.keys()]): void {
  for (const name of names) turns.get(name)?.abort(reason);
}

async function untilDue(carried: Carried, { ledger, clock, times, stopping }: CarryParts): Promise<void> {
  const { record, off, moves } = carried;
  while (!stopping.aborted && !off.signal.aborted) {
    const waitMs = carried.dueBootMs - clock.bootMs();
    if (waitMs <= 0) return;
    if (record.state !== 'announced') {
      record.state = 'announced';
      ledger.setState(record);
    }
    await new Promise<void>((resolve) => {
      const wake = () => {
        cancel();
        moves.delete(wake);
        for (const signal of [stopping, off.signal]) signal.removeEventListener('abort', wake);
        resolve();
      };
      const cancel = clock.after(Math.min(waitMs, LOOK_MS), wake);
      moves.add(wake);
      for (const signal of [stopping, off.signal]) signal.addEventListener('abort', wake, { once: true });
    });
    Object.assign(carried, times(record.event));
  }
}

async function toHandlers(carried: Carried, parts: CarryParts): Promise<DispatchEnd> {
  const { record, off, moves } = carried;
  const { id, type, severity } = record.event;
  const { stopping, clock, log, ledger } = parts;
  if (stopping.aborted) return 'stopped';
  const handlers = parts.handlers(type);
  if (handlers.length === 0 && severity >= 2 && !off.signal.aborted)
    log.warn({ event: id }, `no plugin handles ${kindOf(record.event)}`);
  if (record.state !== 'dispatching') {
    record.state = 'dispatching';
    ledger.setState(record);
  }
  return await dispatch({
    event: () => record.event,
    handlers,
    rule: parts.rule(type),
    before: sinceTold(record.outcomes),
    endBootMs: () => carried.endBootMs,
    moves,
    lines: parts.lines,
    overdue: carried.overdue,
    clock,
    stopping,
    off: off.signal,
    offFor: ({ name }) => turnOf(carried, name),
    onStart: (handler) => begun(record, handler, parts),
    onOutcome: (outcome, together) => note(record, outcome, together, parts),
  });
}

/** Those that ran, and have not been told yet, are told that the event is off or over; there is no hurry any more. */
async function tellClosing({ record, again }: Carried, parts: CarryParts): Promise<DispatchEnd> {
  const { closing, event } = record;
  if (closing === null) return 'done';
  const ran = new Set(sinceTold(record.outcomes).flatMap(({ handler, startedAt }) => (startedAt ? [handler] : [])));
  const handlers = parts.handlers(event.type).filter(({ name }) => ran.has(name));
  record.state = 'closing';
  parts.ledger.setState(record);
  const { stage, reason, data } = closing;
  const told: SnoozeEvent = { ...event, deadline: null, data: { ...event.data, ...data, stage, reason } };
  return await dispatch({
    event: () => told,
    handlers,
    rule: 'all',
    before: [],
    endBootMs: () => Number.POSITIVE_INFINITY,
    moves: new Set(),
    lines: parts.lines,
    overdue: false,
    clock: parts.clock,
    stopping: parts.stopping,
    off: again.signal,
    offFor: () => again.signal,
    onStart: (handler) => begun(record, handler, parts, stage),
    onOutcome: (outcome, together) => note(record, { ...outcome, stage }, together, parts),
  });
}

/** What became of the notice for each handler since it was last told that it is off. */
function sinceTold(outcomes: readonly HandlerOutcome[]): HandlerOutcome[] {
  return outcomes.filter(
    ({ handler, stage }, index) =>
      stage === undefined &&
      !outcomes.slice(index + 1).some((later) => later.handler === handler && later.stage && later.startedAt !== null),
  );
}

function turnOf({ turns }: Carried, name: string): AbortSignal {
  const turn = new AbortController();
  turns.set(name, turn);
  return turn.signal;
}
