import { resolve } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { MessageChannel, Worker } from 'node:worker_threads';
import { sleep } from '../../clock.ts';
import { messageOf } from '../../errors.ts';
import { streamOfPort } from '../../rpc/port-stream.ts';
import { pluginEnvironment } from '../process/environment.ts';
import type { HostSide, ProcessOptions } from '../process/plugin-process.ts';
import { followStderr } from '../process/stderr.ts';
import { limitsOf } from '../sandbox/limits.ts';
import { callsOver } from './over-wire.ts';
import type { Runner, RunnerEnd } from './runner.ts';
import { stripTypes } from './strip-types.ts';
import { talkTo } from './talk.ts';

export type WorkerOptions = Omit<ProcessOptions, 'config' | 'sandbox' | 'guardian'> & HostSide;

/** Beside this file, as a source and as it is packaged. */
const ENTRY = new URL(import.meta.url.endsWith('.ts') ? './worker-entry.ts' : './worker-entry.js', import.meta.url);
const MIB = 1024 * 1024;
/** EX_CONFIG of sysexits.h, as for a process. */
const EXIT_CONFIGURATION_WRONG = 78;
/** A thread that waits for a program of its own cannot be ended before that one. */
const STUCK_MS = 2_000;

/** Runs a native plugin in a thread of its own, over the same protocol as a process; a hang can be ended there. */
export async function startWorker(options: WorkerOptions): Promise<Runner> {
  const { manifest, directory, instance, clock } = options;
  const file = resolve(directory, manifest.module ?? '');
  // V8's optimizing compiler (14.6) leaves loops that only allocate without a place at which they could be ended.
  setFlagsFromString('--no-opt');
  const { port1, port2 } = new MessageChannel();
  const { stream, traffic } = streamOfPort(port1);
  const stripped = /\.m?ts$/.test(file) ? await stripTypes(directory) : new Map();
  const worker = new Worker(ENTRY, {
    name: instance,
    workerData: { file, port: port2, stripped },
    transferList: [port2],
    env: pluginEnvironment(options.environment, options),
    resourceLimits: { maxOldGenerationSizeMb: limitsOf(manifest).memoryBytes / MIB },
    stdout: true,
    stderr: true,
  });
  const said = followStderr(worker.stderr, options);
  const printed = followStderr(worker.stdout, options); // what a `console.log` prints
  // A thread never waits: what is not read stays in its memory, which is the daemon's.
  for (const output of [said, printed]) output.readOn();
  let endedFor: string | undefined;
  const { promise: ended, resolve: announceEnd } = Promise.withResolvers<RunnerEnd>();
  const announce = (how: string, exitCode: number | null) => {
    const last = said.lastLines();
    announceEnd({
      message: `${file} ${how}${last.length > 0 ? `; it said last: ${last.join(' | ')}` : ''}`,
      configurationWrong: exitCode === EXIT_CONFIGURATION_WRONG,
      exitCode,
    });
  };
  const end = async (why: string) => {
    endedFor ??= why;
    const over = new AbortController();
    const gone = worker.terminate().finally(() => over.abort());
    const stuck = sleep(clock, STUCK_MS, over.signal).then((whole) => {
      if (whole) announce(`${why}, but its thread waits for a program`, null);
    });
    await Promise.race([gone, stuck]);
  };
  worker.on('error', (error: unknown) => void end(`failed in its thread: ${messageOf(error)}`));
  worker.on('exit', (code) => announce(endedFor ?? `ended its thread with exit code ${code}`, code));
  const kill = (why: string) => void end(`was ended: ${why}`);
  const connection = talkTo(
    { stdin: stream, stdout: stream, kill },
    {
      ...options,
      manifest: { ...manifest, framing: 'lines' },
      wire: 'over its port',
    },
  );
  stream.on('error', (error) => kill(messageOf(error)));
  ended.finally(() => connection.close());

  return {
    pid: null,
    ended,
    traffic: () => ({ toPlugin: traffic().sent, fromPlugin: traffic().received }),
    call: callsOver(connection, {
      ...options,
      ended,
      heard() {},
      dismiss: async (why) => kill(why),
    }),
    async stop(reason, graceMs) {
      await connection.request('Shutdown', { reason }, graceMs / 2).catch(() => {}); // it may hang
      await end(`stopped: ${reason}`);
      stream.destroy();
    },
  };
}
