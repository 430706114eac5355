import { type Clock, rfc3339 } from '../clock.ts';
import { attempt } from './attempts.ts';
import type { DispatchRule, Handler, HandlerOutcome, SnoozeEvent } from './event.ts';
import type { Lines } from './lines.ts';
import { atOnce, type Band, bandsOf, isTooLittle, shareMs } from './plan.ts';

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
  /** Called when a handler begins. */
  onStart: (handler: Handler) => void;
  /** Resolves when the outcome is written down; `together` with what comes soon, where something does. */
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
  let hasBegun = false;
  const untried = ({ name, priority }: Handler, status: 'skipped' | 'canceled', message: string): HandlerOutcome => {
    const endedAt = rfc3339(clock.wallMs());
    return { handler: name, priority, status, startedAt: null, endedAt, message, result: null };
  };
  const note = (outcome: HandlerOutcome, together: boolean) => {
    hasBegun ||= outcome.startedAt !== null;
    return onOutcome(outcome, together);
  };

  while (bands[0] !== undefined && !stopping.aborted) {
    if (off.aborted) {
      for (const handler of bands.flatMap((band) => band.handlers))
        void onOutcome(untried(handler, 'canceled', String(off.reason)), true);
      return 'off';
    }
    const winner = handledBy;
    // The highest that has not had its turn takes what there is; after it, too little for one is nothing for all below.
    const isOver = hasBegun && isTooLittle(bands[0], parts.endBootMs() - clock.bootMs());
    const itsTurn = isOver ? bands.flatMap(({ handlers }) => handlers) : bands[0].handlers;
    const endBootMs = isOver ? () => clock.bootMs() : endOfShare(bands, parts);
    const isLast = isOver || bands.length === 1;
    let atWork = itsTurn.length;
    const turn = async (handler: Handler): Promise<HandlerOutcome | undefined> => {
      if (winner !== undefined && handler.mode === 'handle')
        return untried(handler, 'skipped', `${winner} has handled it`);
      const onWay = (outcome: HandlerOutcome) => note(outcome, true);
      return await attempt(handler, { ...parts, endBootMs, off: parts.offFor(handler), onOutcome: onWay });
    };
    const turns = itsTurn.map(async (handler) => {
      const outcome = await turn(handler);
      atWork -= 1;
      if (outcome === undefined) return;
      if (rule === 'first' && handler.mode === 'handle' && outcome.status === 'handled') handledBy ??= handler.name;
      // The outcomes of a band reach the disk with its last one, those of the last band with the end of the event.
      const written = note(outcome, isLast || atWork > 0);
      if (!isLast) await written;
    });
    await Promise.all(turns);
    bands = isOver ? [] : bands.slice(1);
  }
  if (stopping.aborted) return 'stopped';
  if (off.aborted) return 'off';
  const hasStarted = hasBegun || before.some(({ startedAt }) => startedAt !== null);
  return !hasStarted && handlers.length > 0 ? 'overdue' : 'done';
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
