import type { Clock } from '../../clock.ts';
import { SnoozeError } from '../../errors.ts';
import { graceOf } from '../../making-way.ts';
import { RpcAnswerError, RpcClosedError } from '../../rpc/errors.ts';
import type { CallQueue, MakeWay } from './queue.ts';
import { type CallOptions, timeoutError } from './runner.ts';

export type Turn = {
  instance: string;
  method: string;
  clock: Clock;
  options: CallOptions;
};

/** What aborts a call, and whether that is because an event needs the plugin. */
export type CallEnd = { signal: AbortSignal | undefined; madeWay: boolean };

/**
 * Does a call when it is its turn, with what is left of its time, in milliseconds. Its end is the one of `options`, and
 * comes, with a `WayReason`, also when an event needs the plugin, which never happens to an event itself.
 * @throws SnoozeError SNOOZE_E_PLUGIN_TIMEOUT when its time is over first, SNOOZE_E_PLUGIN_ANSWER when an event was more
 * urgent, RpcClosedError when nobody waits any more.
 */
export async function inTurn<T>(
  queue: CallQueue,
  turn: Turn,
  call: (leftMs: number, end: CallEnd) => Promise<T>,
): Promise<T> {
  const { timeoutMs } = turn.options;
  let leftMs = timeoutMs;
  const { end, makeWay, release } = turn.method === 'HandleEvent' ? onlyBy(turn.options) : makingWay(turn.options);
  let leave = queue.tryEnter(makeWay);
  try {
    if (leave === undefined) {
      const startedMs = turn.clock.bootMs();
      leave = await waitForTurn(queue, turn, makeWay);
      leftMs = Math.max(1, timeoutMs - (turn.clock.bootMs() - startedMs));
    }
    return await call(leftMs, end);
  } catch (error) {
    if (!end.madeWay || error instanceof RpcAnswerError) throw error;
    const message = `${turn.instance} did not answer ${turn.method}: ${end.signal?.reason}`;
    throw new SnoozeError('SNOOZE_E_PLUGIN_ANSWER', message, { cause: error });
  } finally {
    release();
    leave?.();
  }
}

type Ending = { end: CallEnd; makeWay: MakeWay; release: () => void };

function onlyBy({ signal }: CallOptions): Ending {
  return { end: { signal, madeWay: false }, makeWay: undefined, release() {} };
}

/** One controller and one listener: `AbortSignal.any` would keep more for each plugin than all else of a call. */
function makingWay({ signal }: CallOptions): Ending {
  const controller = new AbortController();
  const end: CallEnd = { signal: controller.signal, madeWay: false };
  const onAbort = () => controller.abort(signal?.reason);
  signal?.addEventListener('abort', onAbort, { once: true });
  if (signal?.aborted) onAbort();
  return {
    end,
    makeWay(reason) {
      end.madeWay = true;
      controller.abort(reason);
    },
    release: () => signal?.removeEventListener('abort', onAbort),
  };
}

async function waitForTurn(
  queue: CallQueue,
  { instance, method, clock, options }: Turn,
  makeWay: MakeWay,
): Promise<() => void> {
  const { timeoutMs, urgency = 0, hurry, signal } = options;
  const giveUp = new AbortController();
  const cancelTimer = clock.after(timeoutMs, () => giveUp.abort(timeoutError(instance, method, timeoutMs)));
  const onAbort = () => giveUp.abort(new RpcClosedError('nobody waits any more'));
  signal?.addEventListener('abort', onAbort, { once: true });
  const graceMs = graceOf(timeoutMs);
  const reason = { graceMs, toString: () => `interrupted: ${hurry} came and goes first` };
  const cancelHurry = hurry === undefined ? () => {} : clock.after(graceMs, () => queue.clear(reason));
  try {
    return await queue.enter(urgency, giveUp.signal, makeWay);
  } finally {
    cancelTimer();
    cancelHurry();
    signal?.removeEventListener('abort', onAbort);
  }
}
