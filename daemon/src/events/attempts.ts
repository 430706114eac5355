import { type Clock, rfc3339 } from '../clock.ts';
import { isRehearsal } from '../event-kind.ts';
import type { Handler, HandlerOutcome, SnoozeEvent } from './event.ts';
import type { Lines } from './lines.ts';
import { takeTurn } from './turn.ts';

export type AttemptParts = {
  /** The event as it is now. */
  event: () => SnoozeEvent;
  /** When the handler must have ended, in milliseconds since boot; Infinity where it has no deadline. */
  endBootMs: () => number;
  /** Called when the end has moved. */
  moves: Set<() => void>;
  lines: Lines;
  clock: Clock;
  /** Aborts when the daemon ends. */
  stopping: AbortSignal;
  /** Aborts when this handler need not go on. */
  off: AbortSignal;
  /** Called when the handler begins. */
  onStart: (handler: Handler) => void;
  /** Told of an outcome after which it goes on. */
  onOutcome: (outcome: HandlerOutcome) => void;
};

/** A plugin that has to make way has 5 s to return, and may have to be ended and started again. */
const WAY_MS = 7_000;

/**
 * Gives the event to one handler as soon as its plugin is free, and again where it had to make way for what is more
 * urgent, unless it is a rehearsal. Its time counts from when the plugin takes it; waiting costs none of it, but ends
 * with the handler's share.
 * @returns what became of it in the end; undefined where the daemon ended first.
 */
export async function attempt(handler: Handler, parts: AttemptParts): Promise<HandlerOutcome | undefined> {
  const { clock, moves, lines, stopping, off, endBootMs, onOutcome } = parts;
  const withoutTurn = (status: 'skipped' | 'canceled', message: string): HandlerOutcome => ({
    handler: handler.name,
    priority: handler.priority,
    status,
    startedAt: null,
    endedAt: rfc3339(clock.wallMs()),
    message,
    result: null,
  });
  for (;;) {
    const event = parts.event();
    const way = new AbortController();
    const entry = await lines.enter(handler, {
      event,
      neededBootMs: () => endBootMs() - handler.timeoutMs - WAY_MS,
      uselessBootMs: endBootMs,
      moves,
      signals: [stopping, off],
      makeWay: (reason) => way.abort(reason),
    });
    if (entry.kind === 'late') {
      const why = entry.busyWith === undefined ? '' : `: ${handler.name} was busy with ${entry.busyWith}`;
      return withoutTurn('skipped', `no time was left before the deadline${why}`);
    }
    if (entry.kind === 'ended') return stopping.aborted ? undefined : withoutTurn('canceled', String(off.reason));
    parts.onStart(handler);
    const outcome = await takeTurn(handler, parts.event(), {
      budgetMs: () => endBootMs() - clock.bootMs(),
      clock,
      moves,
      stopping,
      off,
      way: way.signal,
      onFree: entry.leave,
    });
    // A rehearsal that was interrupted shows nothing any more: it is not played on after what is real.
    if (!way.signal.aborted || off.aborted || outcome?.status !== 'canceled' || isRehearsal(event)) return outcome;
    onOutcome(outcome);
  }
}
