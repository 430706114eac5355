import { messageOf, SnoozeError } from '../../errors.ts';
import { CODES } from '../../rpc/codes.ts';
import { RpcAnswerError, RpcClosedError } from '../../rpc/errors.ts';
import { capabilitiesOf } from '../manifest/instance-spec.ts';
import { type PluginProcess, type ProcessOptions, startProcess } from '../process/plugin-process.ts';
import { stopProcess } from '../process/stop-process.ts';
import { createCallQueue } from './queue.ts';
import { type Runner, type RunnerEnd, timeoutError } from './runner.ts';
import { timeLimit } from './time-limit.ts';
import { inTurn } from './turn.ts';

/** One call, and the configuration that goes with it. */
export type SingleCall = { method: string; params: Record<string, unknown>; config: Record<string, unknown> };

export type PerCallOptions = ProcessOptions & {
  /** Throws where the plugin is not as it was when it was loaded, a call or a year ago. */
  verify?: () => Promise<void>;
};

/** How a program that lives for one call is asked, and answers. */
export type CallStyle = {
  /** Variables of the environment for this call. */
  environment(call: SingleCall): Record<string, string>;
  /** Its answer; rejects when it ends without one, in whatever way. `signal` aborts when nobody waits any more. */
  answer(process: PluginProcess, call: SingleCall, signal: AbortSignal): Promise<unknown>;
};

/** Without a process between the calls there is nothing to be told these. */
const NOTHING_TO_TELL = ['Initialize', 'Configure', 'Shutdown'];
/** Method → the capability that must be listed before a process is started for it. */
const CAPABILITIES: Record<string, string> = {
  CheckIdle: 'check_idle',
  HandleEvent: 'handle_event',
  GetSupportedEvents: 'handle_event',
  BeforeSnooze: 'before_snooze',
  AfterResume: 'after_resume',
  HealthCheck: 'health_check',
  Diagnose: 'diagnose',
  RunCommand: 'run_command',
};
/** A program that has answered, or that nobody waits for any more, has so long to end. */
const LINGER_MS = 2_000;

/** How a program ended; rejects as soon as `signal` aborts, for one that has closed its output may live on. */
export async function endOf(process: Pick<PluginProcess, 'ended'>, signal: AbortSignal): Promise<RunnerEnd> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = () => reject(new Error('nobody waits any more'));
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
  try {
    return await Promise.race([process.ended, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

/** A plugin whose program is started for each call; nothing of it runs in between. */
export function createPerCallRunner(options: PerCallOptions, style: CallStyle): Runner {
  const { manifest, instance, clock } = options;
  const running = new Set<PluginProcess>();
  const calls = new Set<Promise<unknown>>();
  const queue = createCallQueue(manifest.concurrent === true);
  const { promise: ended, resolve: announceEnd } = Promise.withResolvers<RunnerEnd>();
  const past = { toPlugin: 0, fromPlugin: 0 };
  let { config } = options;
  let stopped = false;

  const end = (process: PluginProcess, graceMs: number) => {
    process.stdin.end();
    const { pid, ended: exited, terminate } = process;
    return stopProcess({ pid, graceMs, clock, terminate, exited, askToEnd: async () => {} });
  };

  const stillAsLoaded = async () => {
    try {
      await options.verify?.();
    } catch (error) {
      announceEnd({ message: messageOf(error), configurationWrong: false, exitCode: null });
      throw error;
    }
  };

  const callOnce = async (call: SingleCall, leftMs: number, signal: AbortSignal | undefined): Promise<unknown> => {
    await stillAsLoaded();
    if (stopped) throw new RpcClosedError(`${instance} is stopped`);
    const process = await startProcess(options, style.environment(call));
    running.add(process);
    // nobody has seen it who could have ended it
    if (stopped) process.kill('the plugin is stopped');
    const limit = timeLimit(clock, leftMs, signal);
    try {
      return await style.answer(process, call, limit.signal);
    } catch (error) {
      if (error instanceof RpcAnswerError || signal?.aborted) throw error;
      if (limit.signal.aborted) throw timeoutError(instance, call.method, leftMs);
      const message = `${instance} did not answer ${call.method}: ${messageOf(error)}`;
      throw new SnoozeError('SNOOZE_E_PLUGIN_ANSWER', message, { cause: error });
    } finally {
      const late = limit.signal.aborted;
      limit.end();
      // The next call finds nothing of this one.
      await end(process, late ? 0 : LINGER_MS);
      running.delete(process);
      const { toPlugin, fromPlugin } = process.traffic();
      past.toPlugin += toPlugin;
      past.fromPlugin += fromPlugin;
      const last = await process.ended;
      if (last.configurationWrong) announceEnd(last);
    }
  };

  return {
    get pid() {
      return [...running][0]?.pid ?? null;
    },
    ended,
    traffic: () => past,
    async call(method, params, callOptions) {
      const given = (params ?? {}) as Record<string, unknown>;
      if (method === 'Configure') config = given['config'] as Record<string, unknown>;
      if (NOTHING_TO_TELL.includes(method)) return {};
      const capability = CAPABILITIES[method];
      if (stopped || capability === undefined || !capabilitiesOf(manifest).includes(capability))
        throw new RpcAnswerError(CODES.methodNotFound, `${instance} does not do ${method}`);
      const turn = { instance, method, clock, options: callOptions };
      const answer = inTurn(queue, turn, (leftMs, { signal }) =>
        callOnce({ method, params: given, config }, leftMs, signal),
      );
      calls.add(answer);
      return await answer.finally(() => calls.delete(answer));
    },
    async stop(reason, graceMs) {
      stopped = true;
      await Promise.all([...running].map((process) => end(process, graceMs)));
      // one that was just being started
      await Promise.allSettled(calls);
      announceEnd({ message: `stopped: ${reason}`, configurationWrong: false, exitCode: null });
    },
  };
}
