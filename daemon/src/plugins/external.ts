import { type Clock, sleep } from '../clock.ts';
import { messageOf, SnoozeError } from '../errors.ts';
import { RpcAnswerError, RpcClosedError, RpcTimeoutError } from '../rpc/errors.ts';
import { type HostSide, type ProcessOptions, startProcess } from './plugin-process.ts';
import { createCallQueue } from './queue.ts';
import { type Runner, type RunnerEnd, timeoutError } from './runner.ts';
import { stopProcess } from './stop-process.ts';
import { talkTo } from './talk.ts';
import { inTurn } from './turn.ts';

export type ExternalOptions = ProcessOptions & HostSide;

/** Between the end of its output and its exit. */
const LAST_WORDS_MS = 1_000;

/**
 * Starts a plugin that stays, in a process, and process group, of its own.
 * @throws SnoozeError SNOOZE_E_PLUGIN_START when there is no such program.
 */
export async function startExternal(options: ExternalOptions): Promise<Runner> {
  const { manifest, instance, clock } = options;
  const started = await startProcess(options);
  const { pid, stdin, traffic, terminate } = started;
  const connection = talkTo(started, options);
  const ended = started.ended.finally(() => connection.close());
  const queue = createCallQueue(manifest.concurrent === true);

  return {
    pid,
    ended,
    traffic,
    call: (method, params, callOptions) =>
      inTurn(queue, { instance, method, clock, options: callOptions }, async (leftMs) => {
        const { timeoutMs, signal } = callOptions;
        try {
          return await connection.request(method, params, leftMs, signal);
        } catch (error) {
          if (error instanceof RpcAnswerError) started.heard(`${error.message}\n`);
          if (error instanceof RpcTimeoutError) throw timeoutError(instance, method, timeoutMs);
          if (!(error instanceof RpcClosedError) || signal?.aborted) throw error;
          const why = (await endWithin(ended, LAST_WORDS_MS, clock)) ?? messageOf(error);
          throw new SnoozeError('SNOOZE_E_PLUGIN_ANSWER', `${instance} did not answer ${method}: ${why}`, {
            cause: error,
          });
        }
      }),
    async stop(reason, graceMs) {
      await stopProcess({
        pid,
        graceMs,
        clock,
        terminate,
        exited: ended,
        askToEnd: async (timeoutMs) => {
          await connection.request('Shutdown', { reason }, timeoutMs).catch(() => {}); // it need not know the method
          stdin.end();
        },
      });
    },
  };
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
