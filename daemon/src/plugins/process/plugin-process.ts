import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { type Clock, sleep } from '../../clock.ts';
import { messageOf, SnoozeError } from '../../errors.ts';
import type { Log } from '../../log.ts';
import type { WireFault } from '../../rpc/rpc.ts';
import type { Manifest } from '../manifest/manifest.ts';
import type { RunnerEnd, Traffic } from '../runners/runner.ts';
import { confine, type SandboxPolicy } from '../sandbox/confine.ts';
import { pluginEnvironment } from './environment.ts';
import type { Guardian } from './guardian.ts';
import { followStderr } from './stderr.ts';
import { signalGroup } from './stop-process.ts';

export type ProcessOptions = {
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
  observer?: Observer;
};

/** What the host does for a plugin that calls it. */
export type HostSide = {
  onNotification: (method: string, params: unknown) => void;
  onRequest?: (method: string, params: unknown, signal: AbortSignal) => Promise<unknown>;
};

/** What an author's tools see of a plugin's process, and do to it, beyond what the daemon needs. */
export type Observer = {
  started(hold: { pid: number; endInput(): void; endOutput(): void; terminate(): void }): void;
  fault(fault: WireFault): void;
  /** Right after its exit, before what it left behind is killed. */
  exited(exit: { code: number | null; signal: string | null }): void;
};

/** A plugin's program that runs, in a process group of its own. */
export type PluginProcess = {
  pid: number;
  stdin: Writable;
  stdout: Readable;
  /** Its end, told when nothing of it is left; its output has been read by then, or is lost. */
  ended: Promise<RunnerEnd>;
  traffic(): Traffic;
  /** Sends SIGTERM to what is the plugin's own; `why` is told of its end. */
  terminate(why?: string): void;
  /** Ends it at once; what is told of its end is why. */
  kill(why: string): void;
  /** Takes what it says about its failures, to tell which permission it misses. */
  heard(text: string): void;
};

/** EX_CONFIG of sysexits.h: the plugin's own word for a wrong configuration. */
const EXIT_CONFIGURATION_WRONG = 78;
/** What it wrote last is read for so long after its exit. */
const LAST_OUTPUT_MS = 250;

/**
 * Starts a plugin's program; `more` are variables of its environment for this start.
 * @throws SnoozeError SNOOZE_E_PLUGIN_START when there is no such program, SNOOZE_E_PLUGIN_SANDBOX when it must be
 * sandboxed and cannot be.
 */
export async function startProcess(options: ProcessOptions, more: Record<string, string> = {}): Promise<PluginProcess> {
  const { manifest, directory, instance, stateDirectory, guardian, clock, log, observer } = options;
  const { command = '', args = [] } = manifest.exec ?? {};
  const environment = { ...pluginEnvironment(options.environment, { manifest, instance, stateDirectory }), ...more };
  const launch = await confine({ ...options, command, args, environment }, options.sandbox, log);
  const commandLine = [command, ...args].join(' ');
  const child = await spawned(() =>
    spawn(launch.command, launch.args, { cwd: directory, env: launch.environment, stdio: 'pipe', detached: true }),
  ).catch(async (error: unknown) => {
    await launch.ended();
    throw new SnoozeError(
      'SNOOZE_E_PLUGIN_START',
      `${instance}: ${commandLine} cannot be started: ${messageOf(error)}`,
      { hint: `"exec" in ${resolve(directory, 'plugin.json')} names it`, cause: error },
    );
  });
  const { pid, stdin, stdout, stderr } = child;
  const exit = new Promise<{ code: number | null; signal: string | null }>((done) => {
    child.once('exit', (code, signal) => done(launch.exit({ code, signal })));
  });
  guardian.watch(pid);
  // Without a listener an EPIPE would be thrown at nobody.
  for (const stream of [stdin, stdout]) stream.on('error', () => {});
  const said = followStderr(stderr, { log, clock, instance });
  stderr.on('data', launch.heard);
  let killedFor: string | undefined;
  const ended = exit.then(async ({ code, signal }): Promise<RunnerEnd> => {
    observer?.exited({ code, signal });
    signalGroup(pid, 'SIGKILL'); // what it has started and left behind
    await launch.ended();
    guardian.release(pid);
    said.readOn();
    await readToTheEnd([stdout, stderr], clock);
    for (const stream of [stdin, stdout, stderr]) stream.destroy();
    const how = killedFor ?? (signal === null ? `ended with exit code ${code}` : `was ended by ${signal}`);
    const last = said.lastLines();
    return {
      message: `${commandLine} ${how}${last.length > 0 ? `; it said last: ${last.join(' | ')}` : ''}`,
      configurationWrong: code === EXIT_CONFIGURATION_WRONG,
      exitCode: code,
    };
  });
  observer?.started({
    pid,
    endInput: () => stdin.end(),
    endOutput: () => stdout.destroy(),
    terminate: () => launch.terminate(pid),
  });
  return {
    pid,
    stdin,
    stdout,
    ended,
    traffic: () => ({ toPlugin: bytesOf(stdin, 'bytesWritten'), fromPlugin: bytesOf(stdout, 'bytesRead') }),
    terminate(why) {
      if (why !== undefined) killedFor = `was ended: ${why}`;
      launch.terminate(pid);
    },
    kill(why) {
      killedFor = `was ended: ${why}`;
      signalGroup(pid, 'SIGKILL');
    },
    heard: launch.heard,
  };
}

/** Rejects where there is no such program, or its arguments can be given to none. */
async function spawned(
  start: () => ChildProcessWithoutNullStreams,
): Promise<ChildProcessWithoutNullStreams & { pid: number }> {
  const child = start();
  if (child.pid === undefined) throw (await once(child, 'error'))[0];
  return child as typeof child & { pid: number };
}

/** A grandchild that has left the group may hold the pipes for ever. */
async function readToTheEnd(streams: readonly Readable[], clock: Clock): Promise<void> {
  const over = new AbortController();
  const read = Promise.allSettled(streams.map((stream) => finished(stream))).then(() => over.abort());
  await Promise.race([read, sleep(clock, LAST_OUTPUT_MS, over.signal)]);
}

/** Node's pipes are sockets, and sockets count. */
function bytesOf(stream: object, count: 'bytesWritten' | 'bytesRead'): number {
  return count in stream ? Number((stream as Record<string, unknown>)[count]) : 0;
}
