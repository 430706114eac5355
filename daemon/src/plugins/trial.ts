import { readdirSync, readFileSync } from 'node:fs';
import type { Clock } from '../clock.ts';
import { messageOf } from '../errors.ts';
import type { Log } from '../log.ts';
import { RpcAnswerError } from '../rpc/errors.ts';
import type { WireFault } from '../rpc/rpc.ts';
import { initialize } from './instance/initialize.ts';
import { filesDirectoryOf, loadPlugin, stateDirectoryOf } from './load-plugin.ts';
import type { InstanceSpec } from './manifest/instance-spec.ts';
import { createGuardian } from './process/guardian.ts';
import type { Observer } from './process/plugin-process.ts';
import type { Runner } from './runners/runner.ts';
import type { SandboxPolicy } from './sandbox/confine.ts';
import { pluginPid } from './sandbox/processes.ts';
import { type Counterparts, openCounter } from './services/counter.ts';

export type TrialOptions = {
  spec: InstanceSpec;
  /** The daemon's, and not shared with another trial: by it what a plugin leaves behind is found. */
  stateDirectory: string;
  sandbox: SandboxPolicy;
  environment: NodeJS.ProcessEnv;
  /** What it may ask for besides the log; there is no daemon that would have it. */
  services?: Counterparts;
  clock: Clock;
  log: Log;
  /** What the plugin writes on its standard output that is no message. */
  onFault: (fault: WireFault) => void;
  /** Told of each call when it is over. */
  onExchange: (exchange: Exchange) => void;
};

/** One call of the host, and what came of it: a result, or the error that it was answered or given up with. */
export type Exchange = {
  method: string;
  params: unknown;
  answer: { result: unknown } | { error: string; code: number | null };
  tookMs: number;
};

/** One plugin that its author tries, started as the daemon starts it and without one. */
export type Trial = {
  runner: Runner;
  /** Null for a native plugin, which runs in this very process. */
  process: TrialProcess | null;
  /** Sends `Initialize`, or to a plugin that does not know it `Info` and `Configure`; @throws what it answers. */
  initialize(): Promise<unknown>;
  /** Ends it as the daemon does; afterwards no process of it is left. */
  stop(): Promise<void>;
};

export type TrialProcess = {
  pid: number;
  endInput(): void;
  /** Nobody reads what it writes any more. */
  endOutput(): void;
  /** Sends SIGTERM as the daemon does. */
  terminate(): void;
  /** Memory in bytes; null where the system does not tell. */
  rssBytes(): number | null;
  exited: Promise<TrialExit>;
};

/** `leftBehind`: processes that it has started and that are still there. */
export type TrialExit = { code: number | null; signal: string | null; leftBehind: { pid: number; name: string }[] };

const DEFAULT_START_SECONDS = 10;
const STOP_GRACE_MS = 3_000;

/**
 * Starts a plugin for its author.
 * @throws SnoozeError SNOOZE_E_PLUGIN_START, SNOOZE_E_PLUGIN_SANDBOX
 */
export async function startTrial(options: TrialOptions): Promise<Trial> {
  const { spec } = options;
  const stateDirectory = stateDirectoryOf(spec.instance, options.stateDirectory);
  const guardian = createGuardian();
  const exit = Promise.withResolvers<TrialExit>();
  let held: TrialProcess | null = null;
  const observer: Observer = {
    fault: options.onFault,
    started(hold) {
      held = { ...hold, rssBytes: () => rssBytesOf(pluginPid(hold.pid)), exited: exit.promise };
    },
    exited: (end) => exit.resolve({ ...end, leftBehind: processesAtHome(stateDirectory) }),
  };
  const folderOf = (instance: string) => filesDirectoryOf(instance, options.stateDirectory);
  const counter = openCounter(options.services, { ...options, logOf: () => options.log, folderOf });
  const desk = counter.deskFor(spec);
  const silent = await loadPlugin(spec, { ...options, guardian, observer, desk });
  const runner: Runner = { ...silent, call: told(silent.call, options.onExchange) };
  const timeoutMs = (spec.manifest.timeouts?.start_seconds ?? DEFAULT_START_SECONDS) * 1000;
  return {
    runner,
    process: held,
    initialize: () => initialize(runner, spec, { stateDirectory, timeoutMs, hostMethods: counter.methodsFor(spec) }),
    async stop() {
      await runner.stop('the trial is over', STOP_GRACE_MS);
      guardian.close();
    },
  };
}

function told(call: Runner['call'], tell: TrialOptions['onExchange']): Runner['call'] {
  return async (method, params, options) => {
    const startedMs = performance.now();
    const finish = (answer: Exchange['answer']) =>
      tell({ method, params, answer, tookMs: Math.round((performance.now() - startedMs) * 10) / 10 });
    try {
      const result = await call(method, params, options);
      finish({ result });
      return result;
    } catch (error) {
      finish({ error: messageOf(error), code: error instanceof RpcAnswerError ? error.code : null });
      throw error;
    }
  };
}

/** Every process whose HOME is that folder, as a plugin's is, whatever it did to get away; zombies are none. */
function processesAtHome(directory: string): { pid: number; name: string }[] {
  const mark = `HOME=${directory}`;
  return pids().flatMap((pid) => {
    const environment = readQuietly(`/proc/${pid}/environ`);
    if (!environment.split('\0').includes(mark)) return [];
    return [{ pid, name: readQuietly(`/proc/${pid}/comm`).trim() }];
  });
}

function pids(): number[] {
  return process.platform === 'linux' ? readdirSync('/proc').map(Number).filter(Number.isInteger) : [];
}

function rssBytesOf(pid: number): number | null {
  const found = /^VmRSS:\s+(\d+) kB/m.exec(readQuietly(`/proc/${pid}/status`));
  return found === null ? null : Number(found[1]) * 1024;
}

/** The text of a file of /proc, empty where its process has gone or is not ours. */
function readQuietly(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
