import { type ChildProcess, spawn } from 'node:child_process';
import { messageOf, SnoozeError, systemCodeOf } from './errors.ts';

/** A program that ran to its end. */
export type CommandResult = {
  exitCode: number;
  stdout: string;
  stderr: string;
};

export type CommandOptions = {
  timeoutMs: number;
  /** The whole environment of the program; nothing is inherited but what stands here. */
  env?: Record<string, string>;
  cwd?: string;
  /** What the program reads on its standard input. */
  input?: string;
  signal?: AbortSignal;
};

/**
 * Runs a short-lived program to its end and gives its exit code and output (each capped).
 * @throws SnoozeError SNOOZE_E_COMMAND when the program is missing, is ended by a signal, or takes too long.
 */
export type CommandRunner = (
  command: string,
  args: readonly string[],
  options: CommandOptions,
) => Promise<CommandResult>;

const OUTPUT_LIMIT_BYTES = 64 * 1024;
const LINGER_MS = 500;

/** Runs a program in a process group of its own, which ends whole when the time is over or nobody waits any more. */
export const runCommand: CommandRunner = (command, args, options) =>
  new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: options.env ?? {},
      stdio: 'pipe',
      detached: true,
    });
    const stdout = collect(child.stdout);
    const stderr = collect(child.stderr);
    let ended: string | undefined;
    const end = (why: string) => {
      ended ??= why;
      killGroup(child);
    };
    const onAbort = () => end('was not waited for any more');
    const timer = setTimeout(() => end(`did not end within ${options.timeoutMs} ms`), options.timeoutMs);
    const finish = () => {
      clearTimeout(timer);
      options.signal?.removeEventListener('abort', onAbort);
    };
    options.signal?.addEventListener('abort', onAbort, { once: true });
    if (options.signal?.aborted) onAbort();

    child.on('error', (error) => {
      finish();
      const missing = systemCodeOf(error) === 'ENOENT';
      const what = missing ? 'there is no such program' : messageOf(error);
      reject(new SnoozeError('SNOOZE_E_COMMAND', `${command}: ${what}`, { cause: error }));
    });
    let linger: NodeJS.Timeout | undefined;
    const settle = () => {
      clearTimeout(linger);
      child.stdout?.destroy();
      child.stderr?.destroy();
      const { exitCode, signalCode } = child;
      if (exitCode !== null && ended === undefined) resolve({ exitCode, stdout: stdout(), stderr: stderr() });
      else reject(new SnoozeError('SNOOZE_E_COMMAND', `${command}: it ${ended ?? `was ended by ${signalCode}`}`));
    };
    child.on('close', settle);
    child.on('exit', () => {
      finish();
      // A grandchild may hold the pipes open for ever: gone means exit, and the rest of the output has this long.
      linger = setTimeout(settle, LINGER_MS);
    });
    child.stdin?.on('error', () => {}); // a program need not read what it is given
    child.stdin?.end(options.input ?? '');
  });

function collect(stream: ChildProcess['stdout']): () => string {
  const chunks: Buffer[] = [];
  let bytes = 0;
  stream?.on('data', (chunk: Buffer) => {
    if (bytes < OUTPUT_LIMIT_BYTES) chunks.push(chunk.subarray(0, OUTPUT_LIMIT_BYTES - bytes));
    bytes += chunk.length;
  });
  return () => Buffer.concat(chunks).toString('utf8');
}

function killGroup({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch {
    // it has ended by itself
  }
}
