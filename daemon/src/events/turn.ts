import { type Clock, rfc3339 } from '../clock.ts';
import { messageOf, SnoozeError } from '../errors.ts';
import type { Handler, HandlerOutcome, Leaving, OutcomeStatus, SnoozeEvent } from './event.ts';
import { LARGEST_DATA_BYTES } from './schema.ts';

export type TurnParts = {
  /** How long it may take from now, in milliseconds, by the deadline as it is now. */
  budgetMs: () => number;
  clock: Clock;
  /** Aborts when the daemon ends: it runs again in the next one. */
  stopping: AbortSignal;
  /** Aborts when this handler need not go on; its reason is the text of the outcome. */
  off: AbortSignal;
  /** Aborts when the plugin is needed for what is more urgent, be the turn over or not; its reason is as that of `off`. */
  way: AbortSignal;
  /** Called when the deadline has moved. */
  moves: Set<() => void>;
  /** Called when the plugin is free again, which may be later than the end of the turn. */
  onFree: () => void;
};

/**
 * Gives the event to one handler and tells what became of it; never rejects. Undefined where the daemon ended first.
 */
export async function takeTurn(
  handler: Handler,
  event: SnoozeEvent,
  { budgetMs, clock, stopping, off, way, moves, onFree }: TurnParts,
): Promise<HandlerOutcome | undefined> {
  const startedAt = rfc3339(clock.wallMs());
  const startedBootMs = clock.bootMs();
  const ended = new AbortController();
  let limitMs = Math.min(handler.timeoutMs, budgetMs());
  let cancelTimer = () => {};
  const outcome = (status: OutcomeStatus, message: string | null, result: unknown = null): HandlerOutcome => ({
    handler: handler.name,
    priority: handler.priority,
    status,
    startedAt,
    endedAt: rfc3339(clock.wallMs()),
    message,
    result,
  });
  const answer = async () => {
    const { handled, result } = await handler.handle(event, limitMs, ended.signal);
    const status = handled === true ? 'handled' : 'declined';
    const bytes = Buffer.byteLength(JSON.stringify(result) ?? '');
    if (bytes <= LARGEST_DATA_BYTES) return outcome(status, null, result);
    return outcome(status, `its result of ${bytes} bytes is not kept, at most ${LARGEST_DATA_BYTES} are`);
  };
  return await new Promise((resolve) => {
    const finish = (result: HandlerOutcome | undefined) => {
      cancelTimer();
      moves.delete(onMove);
      stopping.removeEventListener('abort', onStop);
      for (const signal of [off, way]) signal.removeEventListener('abort', onOff);
      ended.abort({ way } satisfies Leaving);
      resolve(result);
    };
    const onStop = () => finish(undefined);
    const onOff = () => finish(outcome('canceled', String((off.aborted ? off : way).reason)));
    const onLate = () => {
      const what = limitMs < handler.timeoutMs ? 'its share of the time before the deadline' : 'its timeout';
      finish(outcome('timed-out', `did not answer within ${Math.round(limitMs / 10) / 100} s, ${what}`));
    };
    const arm = () => {
      cancelTimer();
      cancelTimer = clock.after(limitMs - (clock.bootMs() - startedBootMs), onLate);
    };
    // The handler was told how long it has: a deadline that moves may cut that short, but not make it longer.
    const onMove = () => {
      limitMs = Math.min(limitMs, Math.max(0, clock.bootMs() - startedBootMs + budgetMs()));
      arm();
    };
    if (stopping.aborted || off.aborted || way.aborted) {
      onFree();
      return stopping.aborted ? onStop() : onOff();
    }
    arm();
    moves.add(onMove);
    stopping.addEventListener('abort', onStop, { once: true });
    // Not `AbortSignal.any`, which costs more than all else of a turn.
    for (const signal of [off, way]) signal.addEventListener('abort', onOff, { once: true });
    answer()
      .then(finish, (error: unknown) => {
        const timedOut = error instanceof SnoozeError && error.code === 'SNOOZE_E_PLUGIN_TIMEOUT';
        finish(outcome(timedOut ? 'timed-out' : 'failed', messageOf(error)));
      })
      .finally(onFree);
  });
}
