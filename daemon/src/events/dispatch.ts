import { type Clock, rfc3339 } from '../clock.ts';
import type { DispatchRule, EventRecord, EventState, Handler, HandlerOutcome } from './event.ts';
import { atOnce, bandsOf, budgetMs } from './plan.ts';
import { type TurnEnd, takeTurn } from './turn.ts';

/** One event on its way through its handlers. */
export type Dispatch = {
  /** What is known of it; its outcomes are those of earlier runs too. */
  record: EventRecord;
  /** When its handlers must have ended, in milliseconds since boot, so that a wall clock that jumps does not move it. */
  endBootMs: number;
  /** Whether its deadline had passed when it was told: all handlers are called at once then. */
  overdue: boolean;
  /** Called when the end has moved. */
  moves: Set<() => void>;
  /** Aborted with a TurnEnd. */
  ending: AbortController;
};

export type DispatchParts = {
  handlers: readonly Handler[];
  rule: DispatchRule;
  clock: Clock;
  onOutcome: (outcome: HandlerOutcome) => void;
};

/**
 * Takes an event through its handlers, band by band (DESIGN.md, "An event, from notice to done"); never rejects.
 * Gives the event's end, or undefined where the daemon ended first.
 */
export async function dispatch(current: Dispatch, parts: DispatchParts): Promise<EventState | undefined> {
  const { handlers, clock, rule, onOutcome } = parts;
  const { signal } = current.ending;
  const before = [...current.record.outcomes];
  let handledBy = rule === 'first' ? handledBefore(before, handlers) : undefined;
  const done = new Set(before.filter((outcome) => isFinal(outcome, handledBy)).map(({ handler }) => handler));
  let bands = bandsOf(handlers.filter(({ name }) => !done.has(name)));
  if (current.overdue) bands = atOnce(bands);
  let started = before.some(({ startedAt }) => startedAt !== null);
  const skip = ({ name, priority }: Handler, status: 'skipped' | 'canceled', message: string) => {
    const endedAt = rfc3339(clock.wallMs());
    onOutcome({ handler: name, priority, status, startedAt: null, endedAt, message, result: null });
  };

  while (bands[0] !== undefined) {
    const end = signal.aborted ? (signal.reason as TurnEnd) : undefined;
    if (end?.kind === 'stopping') return undefined;
    if (end?.kind === 'canceled') {
      for (const handler of bands.flatMap((band) => band.handlers)) skip(handler, 'canceled', end.reason);
      return 'canceled';
    }
    const winner = handledBy;
    const bandsLeft = bands;
    const turns = bands[0].handlers.map(async (handler) => {
      if (winner !== undefined && handler.mode === 'handle')
        return skip(handler, 'skipped', `${winner} has handled it`);
      const leftMs = () =>
        budgetMs({
          nowMs: clock.bootMs(),
          endMs: current.endBootMs,
          handlerTimeoutMs: handler.timeoutMs,
          bandsLeft,
        });
      if (leftMs() <= 0) return skip(handler, 'skipped', 'no time was left before the deadline');
      started = true;
      const { moves } = current;
      const outcome = await takeTurn(handler, current.record.event, { budgetMs: leftMs, clock, signal, moves });
      if (outcome === undefined) return;
      if (rule === 'first' && handler.mode === 'handle' && outcome.status === 'handled') handledBy ??= handler.name;
      onOutcome(outcome);
    });
    await Promise.all(turns);
    bands = bands.slice(1);
  }
  if (signal.aborted) return (signal.reason as TurnEnd).kind === 'canceled' ? 'canceled' : undefined;
  return !started && handlers.length > 0 ? 'overdue' : 'done';
}

/** Who ended the chain in an earlier run; one that is gone since was no observer for all that is known. */
function handledBefore(before: readonly HandlerOutcome[], handlers: readonly Handler[]): string | undefined {
  const observers = new Set(handlers.filter(({ mode }) => mode === 'observe').map(({ name }) => name));
  return before.find(({ handler, status }) => status === 'handled' && !observers.has(handler))?.handler;
}

/** Whether a handler's part is over; not so where its event was off, or late, and has come back. */
function isFinal({ status }: HandlerOutcome, handledBy: string | undefined): boolean {
  return status !== 'canceled' && (status !== 'skipped' || handledBy !== undefined);
}
