import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** A daemon that was started for a measurement. */
export type RunningDaemon = {
  child: ChildProcess & { pid: number };
  socket: string;
  /** From spawn to the line that says it is ready. */
  readyMs: number;
  /** Lines of its log so far. */
  lines: string[];
  stop(): Promise<void>;
};

const READY_WITHIN_MS = 60_000;
const running = new Set<RunningDaemon>();

/** Ends what a bench that failed has left. */
export async function endDaemons(): Promise<void> {
  await Promise.all([...running].map((daemon) => daemon.stop()));
}

/** How the daemon is run: as the packages ship it, or from its sources. */
export type Form = {
  name: 'bundle' | 'sources';
  program: string;
  flags: string[];
  environment: Record<string, string>;
};

/** Starts a daemon in a folder of its own with the examples on its plugin path, and waits until it is ready. */
export async function startDaemon(
  form: Form,
  config: object,
  environment: Record<string, string> = {},
): Promise<RunningDaemon> {
  const directory = mkdtempSync(join(tmpdir(), 'snooze-bench-'));
  const file = join(directory, 'snooze.json');
  writeFileSync(file, JSON.stringify(config));
  const startedMs = performance.now();
  const child = spawn(
    process.execPath,
    [
      ...form.flags,
      form.program,
      '--config',
      file,
      '--state-dir',
      directory,
      '--socket',
      join(directory, 's'),
      '--dry-run',
      '--log-format',
      'json',
    ],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: {
        ...process.env,
        ...form.environment,
        SNOOZE_PLUGIN_PATH: 'plugins-examples',
        AWS_EC2_METADATA_DISABLED: 'true',
        ...environment,
      },
    },
  );
  const lines: string[] = [];
  const readyMs = await new Promise<number>((resolve, reject) => {
    createInterface(child.stdout).on('line', (line) => {
      lines.push(line);
      if (line.includes('is ready')) {
        clearTimeout(tooLate);
        resolve(performance.now() - startedMs);
      }
    });
    child.once('exit', (code) => reject(new Error(`the daemon ended with ${code}: ${lines.join('\n')}`)));
    const tooLate = setTimeout(() => child.kill('SIGKILL'), READY_WITHIN_MS); // its exit says the rest
  });
  const daemon: RunningDaemon = {
    child: child as RunningDaemon['child'],
    socket: join(directory, 's'),
    readyMs,
    lines,
    async stop() {
      running.delete(daemon);
      const exited = child.exitCode === null && child.signalCode === null ? once(child, 'exit') : undefined;
      child.kill('SIGTERM');
      await exited;
      rmSync(directory, { recursive: true, force: true });
    },
  };
  running.add(daemon);
  return daemon;
}
