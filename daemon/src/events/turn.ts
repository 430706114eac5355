import { type Clock, rfc3339 } from '../clock.ts';
import { messageOf, SnoozeError } from '../errors.ts';
import type { Handler, HandlerOutcome, OutcomeStatus, SnoozeEvent } from './event.ts';

/** Why a running handler is ended early: its event is off (an outcome), or the daemon ends (none: it runs again). */
export type TurnEnd = { kind: 'canceled'; reason: string } | { kind: 'stopping' };

/**
 * Gives the event to one handler and tells what became of it; never rejects. Undefined where the daemon ended first.
 * `signal`'s reason is a TurnEnd.
 */
export async function takeTurn(
  handler: Handler,
  event: SnoozeEvent,
  { budgetMs, clock, signal }: { budgetMs: number; clock: Clock; signal: AbortSignal },
): Promise<HandlerOutcome | undefined> {
  const startedAt = rfc3339(clock.wallMs());
  const timeoutMs = Math.min(handler.timeoutMs, budgetMs);
  const ended = new AbortController();
  const outcome = (status: OutcomeStatus, message: string | null, result: unknown = null): HandlerOutcome => ({
    handler: handler.name,
    priority: handler.priority,
    status,
    startedAt,
    endedAt: rfc3339(clock.wallMs()),
    message,
    result,
  });
  return await new Promise((resolve) => {
    const finish = (result: HandlerOutcome | undefined) => {
      cancelTimer();
      signal.removeEventListener('abort', onAbort);
      ended.abort();
      resolve(result);
    };
    const onAbort = () => {
      const end = signal.reason as TurnEnd;
      finish(end.kind === 'canceled' ? outcome('canceled', end.reason) : undefined);
    };
    const late = timeoutMs < handler.timeoutMs ? 'its share of the time before the deadline' : 'its timeout';
    const cancelTimer = clock.after(timeoutMs, () =>
      finish(outcome('timed-out', `did not answer within ${Math.round(timeoutMs)} ms, ${late}`)),
    );
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
    else {
      handler.handle(event, timeoutMs, ended.signal).then(
        ({ handled, result }) => finish(outcome(handled ? 'handled' : 'declined', null, result)),
        (error: unknown) => {
          const timedOut = error instanceof SnoozeError && error.code === 'SNOOZE_E_PLUGIN_TIMEOUT';
          finish(outcome(timedOut ? 'timed-out' : 'failed', messageOf(error)));
        },
      );
    }
  });
}
