import { type Clock, rfc3339 } from '../clock.ts';
import type { DispatchRule, EventState, Handler, HandlerOutcome, SnoozeEvent } from './event.ts';
import { bandBudgetMs, bandsOf } from './plan.ts';
import { type TurnEnd, takeTurn } from './turn.ts';

/** One event on its way through its handlers. */
export type Dispatch = {
  event: SnoozeEvent;
  /** When the deadline is, in milliseconds since boot, so that a wall clock that jumps does not move it. */
  deadlineBootMs: number;
  /** Aborted with a TurnEnd. */
  ending: AbortController;
};

export type DispatchParts = {
  handlers: readonly Handler[];
  rule: DispatchRule;
  reserveMs: number;
  clock: Clock;
  /** Handlers that an earlier run of the daemon has finished with. */
  before: readonly HandlerOutcome[];
  onOutcome: (outcome: HandlerOutcome) => void;
};

/**
 * Takes an event through its handlers, band by band (DESIGN.md, "An event, from notice to done"); never rejects.
 * Gives the event's end, or undefined where the daemon ended first.
 */
export async function dispatch(current: Dispatch, parts: DispatchParts): Promise<EventState | undefined> {
  const { clock, rule, before, onOutcome } = parts;
  const { signal } = current.ending;
  const done = new Set(before.map(({ handler }) => handler));
  let bands = bandsOf(parts.handlers.filter(({ name }) => !done.has(name)));
  let handledBy = rule === 'first' ? before.find(({ status }) => status === 'handled')?.handler : undefined;
  let started = before.some(({ startedAt }) => startedAt !== null);
  const skip = (handler: Handler, status: 'skipped' | 'canceled', message: string) => {
    const { name, priority } = handler;
    onOutcome({
      handler: name,
      priority,
      status,
      startedAt: null,
      endedAt: rfc3339(clock.wallMs()),
      message,
      result: null,
    });
  };

  while (bands[0] !== undefined) {
    const end = signal.aborted ? (signal.reason as TurnEnd) : undefined;
    if (end?.kind === 'stopping') return undefined;
    if (end?.kind === 'canceled') {
      for (const handler of bands.flatMap((band) => band.handlers)) skip(handler, 'canceled', end.reason);
      return 'canceled';
    }
    const leftMs = current.deadlineBootMs - parts.reserveMs - clock.bootMs();
    const budgetMs = bandBudgetMs(bands, leftMs);
    const winner = handledBy;
    const turns = bands[0].handlers.map(async (handler) => {
      if (winner !== undefined && handler.mode === 'handle')
        return skip(handler, 'skipped', `${winner} has handled it`);
      if (leftMs <= 0) return skip(handler, 'skipped', 'no time was left before the deadline');
      started = true;
      const outcome = await takeTurn(handler, current.event, { budgetMs, clock, signal });
      if (outcome === undefined) return;
      if (rule === 'first' && handler.mode === 'handle' && outcome.status === 'handled') handledBy ??= handler.name;
      onOutcome(outcome);
    });
    await Promise.all(turns);
    bands = bands.slice(1);
  }
  if (signal.aborted) return (signal.reason as TurnEnd).kind === 'canceled' ? 'canceled' : undefined;
  return !started && parts.handlers.length > 0 ? 'overdue' : 'done';
}
