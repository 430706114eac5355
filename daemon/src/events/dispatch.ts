import { type Clock, rfc3339 } from '../clock.ts';
import { attempt } from './attempts.ts';
import type { DispatchRule, Handler, HandlerOutcome, SnoozeEvent } from './event.ts';
import type { Lines } from './lines.ts';
import { atOnce, type Band, bandsOf, shareMs } from './plan.ts';

export type DispatchParts = {
  /** The event as it is now: it may move while it is dispatched. */
  event: () => SnoozeEvent;
  handlers: readonly Handler[];
  rule: DispatchRule;
  /** What became of it in earlier runs. */
  before: readonly HandlerOutcome[];
  /** When its handlers must have ended, in milliseconds since boot, so that a wall clock that jumps does not move it. */
  endBootMs: () => number;
  /** Called when the end has moved. */
  moves: Set<() => void>;
  /** Whether its deadline had passed when it was told: all handlers are called at once then. */
  overdue: boolean;
  /** Who is at work with which plugin, for whatever event. */
  lines: Lines;
  clock: Clock;
  stopping: AbortSignal;
  /** Aborts when no handler need begin any more; its reason says why. */
  off: AbortSignal;
  /** The part of `off` that ends a handler which has begun. */
  offFor: (handler: Handler) => AbortSignal;
  /** Resolves when the outcome is written down; `together` with those of others that may end at the same time. */
  onOutcome: (outcome: HandlerOutcome, together: boolean) => Promise<void>;
};

/** What became of a whole dispatch; `stopped` where the daemon ended first, `off` where the event was. */
export type DispatchEnd = 'done' | 'overdue' | 'off' | 'stopped';

/** Takes an event through its handlers, band by band (DESIGN.md, "An event, from notice to done"); never rejects. */
export async function dispatch(parts: DispatchParts): Promise<DispatchEnd> {
  const { handlers, clock, rule, before, stopping, off, onOutcome } = parts;
  let handledBy = rule === 'first' ? handledBefore(before, handlers) : undefined;
  const done = new Set(before.filter((outcome) => isFinal(outcome, handledBy)).map(({ handler }) => handler));
  let bands = bandsOf(handlers.filter(({ name }) => !done.has(name)));
  if (parts.overdue) bands = atOnce(bands);
  let started = before.some(({ startedAt }) => startedAt !== null);
  const skip = ({ name, priority }: Handler, status: 'skipped' | 'canceled', message: string) => {
    const endedAt = rfc3339(clock.wallMs());
    return onOutcome({ handler: name, priority, status, startedAt: null, endedAt, message, result: null }, true);
  };

  const note = (outcome: HandlerOutcome) => {
    started ||= outcome.startedAt !== null;
    return onOutcome(outcome, (bands[0]?.handlers.length ?? 0) > 1);
  };

  while (bands[0] !== undefined && !stopping.aborted) {
    if (off.aborted) {
      const rest = bands.flatMap((band) => band.handlers);
      await Promise.all(rest.map((handler) => skip(handler, 'canceled', String(off.reason))));
      return 'off';
    }
    const winner = handledBy;
    const endBootMs = endOfShare(bands, parts);
    const turns = bands[0].handlers.map(async (handler) => {
      if (winner !== undefined && handler.mode === 'handle')
        return await skip(handler, 'skipped', `${winner} has handled it`);
      const outcome = await attempt(handler, { ...parts, endBootMs, off: parts.offFor(handler), onOutcome: note });
      if (outcome === undefined) return;
      if (rule === 'first' && handler.mode === 'handle' && outcome.status === 'handled') handledBy ??= handler.name;
      await note(outcome);
    });
    await Promise.all(turns);
    bands = bands.slice(1);
  }
  if (stopping.aborted) return 'stopped';
  if (off.aborted) return 'off';
  return !started && handlers.length > 0 ? 'overdue' : 'done';
}

/**
 * When the first of these bands must have ended, so that each later one has its share; worked out now, and anew only
 * where the end of all has moved: what one band waits for its plugins is not taken from the others.
 */
function endOfShare(bandsLeft: readonly Band[], { endBootMs, clock }: DispatchParts): () => number {
  let endMs = endBootMs();
  const shareEnd = () => clock.bootMs() + shareMs(bandsLeft, endMs - clock.bootMs());
  let untilMs = shareEnd();
  return () => {
    if (endMs !== endBootMs()) {
      endMs = endBootMs();
      untilMs = shareEnd();
    }
    return untilMs;
  };
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
