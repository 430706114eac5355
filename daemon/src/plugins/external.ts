import { resolve } from 'node:path';
import { execa } from 'execa';
import { type Clock, sleep } from '../clock.ts';
import { messageOf, SnoozeError } from '../errors.ts';
import type { Log } from '../log.ts';
import { createRpcConnection } from '../rpc/connection.ts';
import { RpcClosedError, RpcTimeoutError } from '../rpc/errors.ts';
import type { WireFault } from '../rpc/rpc.ts';
import { pluginEnvironment } from './environment.ts';
import type { Guardian } from './guardian.ts';
import type { Manifest } from './manifest.ts';
import { type CallQueue, createCallQueue } from './queue.ts';
import { type Runner, type RunnerEnd, timeoutError } from './runner.ts';
import { confine, type SandboxPolicy } from './sandbox/confine.ts';
import { followStderr } from './stderr.ts';
import { signalGroup, stopProcess } from './stop-process.ts';

export type ExternalOptions = {
  manifest: Manifest;
  directory: string;
  instance: string;
  stateDirectory: string;
  /** Its configuration, which its permissions may name. */
  config: Record<string, unknown>;
  sandbox: SandboxPolicy;
  environment: NodeJS.ProcessEnv;
  guardian: Guardian;
  clock: Clock;
  log: Log;
  onNotification: (method: string, params: unknown) => void;
  observer?: Observer;
};

/** What an author's tools see of a plugin's process, and do to it, beyond what the daemon needs. */
export type Observer = {
  started(hold: { pid: number; endInput(): void; endOutput(): void; terminate(): void }): void;
  fault(fault: WireFault): void;
  /** Right after its exit, before what it left behind is killed. */
  exited(exit: { code: number | null; signal: string | null }): void;
};

/** EX_CONFIG of sysexits.h: the plugin's own word for a wrong configuration. */
const EXIT_CONFIGURATION_WRONG = 78;
/** Between the end of its output and its exit. */
const LAST_WORDS_MS = 1_000;

/**
 * Starts a plugin in a process, and process group, of its own.
 * @throws SnoozeError SNOOZE_E_PLUGIN_START when there is no such program.
 */
export async function startExternal(options: ExternalOptions): Promise<Runner> {
  const { manifest, directory, instance, guardian, clock, log } = options;
  const { command = '', args = [] } = manifest.exec ?? {};
  const environment = pluginEnvironment(options.environment, {
    manifest,
    instance,
    stateDirectory: options.stateDirectory,
  });
  const launch = await confine({ ...options, command, args, environment }, options.sandbox);
  const child = execa(launch.command, launch.args, {
    cwd: directory,
    env: launch.environment,
    extendEnv: false,
    stdin: 'pipe',
    stdout: 'pipe',
    stderr: 'pipe',
    buffer: false,
    reject: false,
    detached: true,
    cleanup: false,
  });
  const exit = new Promise<{ code: number | null; signal: string | null }>((done) => {
    child.nodeChildProcess.once('exit', (code, signal) => done(launch.exit({ code, signal })));
  });
  const { pid } = child;
  if (pid === undefined) {
    const failed = await child;
    throw new SnoozeError(
      'SNOOZE_E_PLUGIN_START',
      `${instance}: ${[command, ...args].join(' ')} cannot be started: ${failed.originalMessage}`,
      {
        hint: `"exec" in ${resolve(directory, 'plugin.json')} names it`,
      },
    );
  }
  guardian.watch(pid);
  const stderr = followStderr(child.stderr, { log, clock, instance });
  const faults = createFaultLog(options, () => signalGroup(pid, 'SIGKILL'));
  const connection = createRpcConnection(child.stdout, child.stdin, {
    framing: manifest.framing ?? 'lines',
    lenient: true,
    clock,
    onFault(fault) {
      options.observer?.fault(fault);
      faults(fault);
    },
    onNotification: options.onNotification,
  });
  const ended = exit.then(({ code, signal }): RunnerEnd => {
    options.observer?.exited({ code, signal });
    signalGroup(pid, 'SIGKILL'); // what it has started and left behind
    guardian.release(pid);
    connection.close();
    for (const stream of [child.stdin, child.stdout, child.stderr]) stream.destroy();
    const said = stderr.lastLines();
    const how = signal === null ? `ended with exit code ${code}` : `was ended by ${signal}`;
    return {
      message: `${[command, ...args].join(' ')} ${how}${said.length > 0 ? `; it said last: ${said.join(' | ')}` : ''}`,
      configurationWrong: code === EXIT_CONFIGURATION_WRONG,
    };
  });
  const queue = createCallQueue(manifest.concurrent === true);
  /** What ended it, where that comes out soon enough. */
  const endWithin = async (limitMs: number) => {
    const over = new AbortController();
    const gone = ended.then(({ message }) => {
      over.abort();
      return message;
    });
    await sleep(clock, limitMs, over.signal);
    return over.signal.aborted ? await gone : undefined;
  };
  options.observer?.started({
    pid,
    endInput: () => child.stdin.end(),
    endOutput: () => child.stdout.destroy(),
    terminate: () => launch.terminate(pid),
  });

  return {
    pid,
    ended,
    async call(method, params, { timeoutMs, urgent = false, signal }) {
      let leftMs = timeoutMs;
      let leave = queue.tryEnter();
      if (leave === undefined) {
        const startedMs = clock.bootMs();
        leave = await waitForTurn(queue, {
          urgent,
          timeoutMs,
          signal,
          clock,
          late: () => timeoutError(instance, method, timeoutMs),
        });
        leftMs = Math.max(1, timeoutMs - (clock.bootMs() - startedMs));
      }
      try {
        return await connection.request(method, params, leftMs, signal);
      } catch (error) {
        if (error instanceof RpcTimeoutError) throw timeoutError(instance, method, timeoutMs);
        if (!(error instanceof RpcClosedError) || signal?.aborted) throw error;
        const why = await endWithin(LAST_WORDS_MS);
        throw new SnoozeError(
          'SNOOZE_E_PLUGIN_ANSWER',
          `${instance} did not answer ${method}: ${why ?? messageOf(error)}`,
          {
            cause: error,
          },
        );
      } finally {
        leave();
      }
    },
    async stop(reason, graceMs) {
      await stopProcess({
        pid,
        graceMs,
        clock,
        terminate: () => launch.terminate(pid),
        exited: ended,
        askToEnd: async (timeoutMs) => {
          await connection.request('Shutdown', { reason }, timeoutMs).catch(() => {}); // it need not know the method
          child.stdin.end();
        },
      });
    },
  };
}

type Turn = { urgent: boolean; timeoutMs: number; signal: AbortSignal | undefined; clock: Clock; late: () => Error };

/** A place in the plugin's queue, for at most the call's own time. */
async function waitForTurn(queue: CallQueue, { urgent, timeoutMs, signal, clock, late }: Turn): Promise<() => void> {
  const giveUp = new AbortController();
  const cancelTimer = clock.after(timeoutMs, () => giveUp.abort(late()));
  const onAbort = () => giveUp.abort(new RpcClosedError('nobody waits any more'));
  signal?.addEventListener('abort', onAbort, { once: true });
  try {
    return await queue.enter(urgent, giveUp.signal);
  } finally {
    cancelTimer();
    signal?.removeEventListener('abort', onAbort);
  }
}

/** Says the first of each kind of nonsense, counts the rest; a message that is too large ends the plugin. */
function createFaultLog({ log, instance }: ExternalOptions, end: () => void): (fault: WireFault) => void {
  const seen = new Map<WireFault['kind'], number>();
  return ({ kind, message }) => {
    const count = (seen.get(kind) ?? 0) + 1;
    seen.set(kind, count);
    if (count === 1)
      log.warn({ plugin: instance }, `on its standard output: ${message} (more of this kind is counted, not logged)`);
    if (kind === 'too-large') end();
  };
}
