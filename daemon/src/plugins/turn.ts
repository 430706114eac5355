import type { Clock } from '../clock.ts';
import { RpcClosedError } from '../rpc/errors.ts';
import type { CallQueue } from './queue.ts';
import { type CallOptions, timeoutError } from './runner.ts';

export type Turn = {
  instance: string;
  method: string;
  clock: Clock;
  options: CallOptions;
};

/**
 * Does a call when it is its turn, with what is left of its time, in milliseconds.
 * @throws SnoozeError SNOOZE_E_PLUGIN_TIMEOUT when its time is over first, RpcClosedError when nobody waits any more.
 */
export async function inTurn<T>(queue: CallQueue, turn: Turn, call: (leftMs: number) => Promise<T>): Promise<T> {
  const { timeoutMs } = turn.options;
  let leftMs = timeoutMs;
  let leave = queue.tryEnter();
  if (leave === undefined) {
    const startedMs = turn.clock.bootMs();
    leave = await waitForTurn(queue, turn);
    leftMs = Math.max(1, timeoutMs - (turn.clock.bootMs() - startedMs));
  }
  try {
    return await call(leftMs);
  } finally {
    leave();
  }
}

async function waitForTurn(queue: CallQueue, { instance, method, clock, options }: Turn): Promise<() => void> {
  const { timeoutMs, urgency = 0, signal } = options;
  const giveUp = new AbortController();
  const cancelTimer = clock.after(timeoutMs, () => giveUp.abort(timeoutError(instance, method, timeoutMs)));
  const onAbort = () => giveUp.abort(new RpcClosedError('nobody waits any more'));
  signal?.addEventListener('abort', onAbort, { once: true });
  try {
    return await queue.enter(urgency, giveUp.signal);
  } finally {
    cancelTimer();
    signal?.removeEventListener('abort', onAbort);
  }
}
