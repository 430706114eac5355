import { type Clock, sleep } from '../../clock.ts';
import { messageOf, SnoozeError } from '../../errors.ts';
import type { Leaving, WayReason } from '../../events/event.ts';
import { graceOf } from '../../making-way.ts';
import { RpcAnswerError, RpcClosedError, RpcTimeoutError } from '../../rpc/errors.ts';
import type { RpcConnection } from '../../rpc/rpc.ts';
import type { Manifest } from '../manifest/manifest.ts';
import { createCallQueue } from './queue.ts';
import { type Runner, type RunnerEnd, timeoutError } from './runner.ts';
import { inTurn } from './turn.ts';

export type WireOptions = {
  manifest: Manifest;
  instance: string;
  clock: Clock;
  ended: Promise<RunnerEnd>;
  /** Takes what it says about its failures. */
  heard(text: string): void;
  /** Ends it because of what it does; it is started again. */
  dismiss(why: string): Promise<void>;
};

/** Between the end of its output and its exit. */
const LAST_WORDS_MS = 1_000;
/** A plugin that still handles an event so long after nobody waits for it is ended; until then nothing else is asked of it. */
const EVENT_GRACE_MS = 5_000;

/** Calls over a connection, one at a time unless the manifest says otherwise; what ended the plugin explains a call without an answer. */
export function callsOver(
  connection: RpcConnection,
  { manifest, instance, clock, ended, heard, dismiss }: WireOptions,
): Runner['call'] {
  const queue = createCallQueue(manifest.concurrent === true);
  let isGone = false;
  let asked = 0;
  /** What was given up last, unless something has been answered since: the plugin may be at work on it, and hear nothing. */
  let owed: { asked: number; what: string; returned: Promise<void> } | undefined;
  void ended.then(() => {
    isGone = true;
  });
  /** Not before the plugin has returned, or is gone. */
  const untilFree = async (what: string, returned: Promise<void>, reason: unknown) => {
    const over = new AbortController();
    void Promise.race([returned, ended]).then(() => over.abort());
    const way = isLeaving(reason) ? reason.way : over.signal;
    let graceMs = EVENT_GRACE_MS;
    let isLate = await sleep(clock, graceMs, AbortSignal.any([over.signal, way]));
    if (!isLate && !over.signal.aborted) {
      ({ graceMs } = way.reason as WayReason);
      isLate = await sleep(clock, graceMs, over.signal);
    }
    if (!isLate) return;
    await dismiss(`it still ${what} ${Math.round(graceMs / 100) / 10} s after nobody waited for it`);
    await ended;
  };
  return (method, params, callOptions) =>
    inTurn(queue, { instance, method, clock, options: callOptions }, async (leftMs, end) => {
      const { timeoutMs } = callOptions;
      const isEvent = method === 'HandleEvent';
      if (callOptions.hurry !== undefined && owed !== undefined && manifest.concurrent !== true) {
        const startedMs = clock.bootMs();
        const way = AbortSignal.abort({ graceMs: graceOf(leftMs) } satisfies WayReason);
        await untilFree(owed.what, owed.returned, { way } satisfies Leaving);
        leftMs = Math.max(1, leftMs - (clock.bootMs() - startedMs));
      }
      if (isEvent && isGone) throw new SnoozeError('SNOOZE_E_PLUGIN_START', `${instance} ended before its turn`);
      const { signal } = end;
      const { promise: returned, resolve } = Promise.withResolvers<void>();
      asked += 1;
      const number = asked;
      const itReturned = () => {
        resolve();
        if (owed !== undefined && number >= owed.asked) owed = undefined;
      };
      const isSent = signal?.aborted !== true;
      if (!isSent) resolve();
      try {
        return await connection.request(method, params, leftMs, signal, itReturned);
      } catch (error) {
        const isGivenUp = error instanceof RpcTimeoutError || signal?.aborted === true;
        if (isEvent && isGivenUp) await untilFree('handled an event', returned, signal?.reason);
        else if (end.madeWay && signal) await untilFree(`did ${method}`, returned, { way: signal } satisfies Leaving);
        else if (isGivenUp && isSent) owed = { asked: number, what: `did ${method}`, returned };
        if (error instanceof RpcAnswerError) heard(`${error.message}\n`);
        if (error instanceof RpcTimeoutError) throw timeoutError(instance, method, timeoutMs);
        if (!(error instanceof RpcClosedError) || signal?.aborted) throw error;
        const why = (await endWithin(ended, LAST_WORDS_MS, clock)) ?? messageOf(error);
        throw new SnoozeError('SNOOZE_E_PLUGIN_ANSWER', `${instance} did not answer ${method}: ${why}`, {
          cause: error,
        });
      }
    });
}

function isLeaving(reason: unknown): reason is Leaving {
  return typeof reason === 'object' && reason !== null && 'way' in reason;
}

/** What ended it, where that comes out soon enough. */
async function endWithin(ended: Promise<RunnerEnd>, limitMs: number, clock: Clock): Promise<string | undefined> {
  const over = new AbortController();
  const gone = ended.then(({ message }) => {
    over.abort();
    return message;
  });
  await sleep(clock, limitMs, over.signal);
  return over.signal.aborted ? await gone : undefined;
}
