import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { systemClock } from './clock.ts';
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
  /** How much is kept of each output, 64 KiB where it is not said; what comes after it is read and dropped. */
  outputLimitBytes?: number;
  /** Stays in our process group: ^C at the terminal ends it, too, but nothing ends what it has started. */
  sharesGroup?: boolean;
};

/**
 * Runs a short-lived program to its end and gives its exit code and both outputs.
 * @throws SnoozeError SNOOZE_E_COMMAND when the program is missing, is ended by a signal, or takes too long.
 */
export type CommandRunner = (
  command: string,
  args: readonly string[],
  options: CommandOptions,
) => Promise<CommandResult>;

const DEFAULT_OUTPUT_LIMIT_BYTES = 64 * 1024;
const LINGER_MS = 500;

/** Runs a program; its process group ends whole, where it has its own, when the time is over or nobody waits any more. */
export const runCommand: CommandRunner = async (command, args, options) => {
  if (options.signal?.aborted) throw failure(command, 'it was not started: nobody waits for it any more');
  const child = start(command, args, options);
  const stdout = collect(child.stdout, options.outputLimitBytes);
  const stderr = collect(child.stderr, options.outputLimitBytes);
  let ended: string | undefined;
  const end = (why: string) => {
    ended ??= why;
    kill(child, options);
  };
  const onAbort = () => end('was not waited for any more');
  const cancelTimeout = systemClock.after(options.timeoutMs, () => end(`did not end within ${options.timeoutMs} ms`));
  options.signal?.addEventListener('abort', onAbort, { once: true });
  child.stdin?.on('error', () => {}); // a program need not read what it is given
  child.stdin?.end(options.input ?? '');
  try {
    await gone(child);
  } catch (error) {
    throw failure(command, whyNotStarted(error, options.cwd), error);
  } finally {
    cancelTimeout();
    options.signal?.removeEventListener('abort', onAbort);
    child.stdout?.destroy();
    child.stderr?.destroy();
  }
  const { exitCode, signalCode } = child;
  if (ended !== undefined || exitCode === null) throw failure(command, `it ${ended ?? `was ended by ${signalCode}`}`);
  return { exitCode, stdout: stdout(), stderr: stderr() };
};

/** The last line that a program wrote, which mostly says what went wrong. */
export function lastLine(output: string): string {
  return output.trim().split('\n').at(-1)?.trim() || 'it said nothing';
}

function start(
  command: string,
  args: readonly string[],
  { cwd, env = {}, sharesGroup = false }: CommandOptions,
): ChildProcess {
  try {
    return spawn(command, args, { cwd, env, stdio: 'pipe', detached: !sharesGroup });
  } catch (error) {
    // An empty name or a NUL in an argument is refused before anything is started.
    throw failure(command || 'an empty command', messageOf(error), error);
  }
}

/** Resolves when the program has ended and its output is read; rejects when it did not start. */
function gone(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let cancelLinger = () => {};
    const settle = () => {
      cancelLinger();
      resolve();
    };
    child.on('error', reject);
    child.on('close', settle);
    // A grandchild may hold the pipes open for ever: gone means exit, and the rest of the output has this long.
    child.on('exit', () => {
      cancelLinger = systemClock.after(LINGER_MS, settle);
    });
  });
}

function whyNotStarted(error: unknown, cwd: string | undefined): string {
  const code = systemCodeOf(error);
  if (code === 'ENOENT' && cwd !== undefined && !existsSync(cwd)) return `its working directory ${cwd} does not exist`;
  if (code === 'ENOENT') return 'there is no such program';
  if (code === 'EACCES') return 'it may not be executed';
  return messageOf(error);
}

function failure(command: string, what: string, cause?: unknown): SnoozeError {
  return new SnoozeError('SNOOZE_E_COMMAND', `${command}: ${what}`, { cause });
}

function collect(stream: ChildProcess['stdout'], limitBytes = DEFAULT_OUTPUT_LIMIT_BYTES): () => string {
  const chunks: Buffer[] = [];
  let bytes = 0;
  stream?.on('data', (chunk: Buffer) => {
    if (bytes < limitBytes) chunks.push(chunk.subarray(0, limitBytes - bytes));
    bytes += chunk.length;
  });
  return () => Buffer.concat(chunks).toString('utf8');
}

function kill({ pid }: ChildProcess, { sharesGroup = false }: CommandOptions): void {
  try {
    if (pid !== undefined) process.kill(sharesGroup ? pid : -pid, 'SIGKILL');
  } catch {
    // it has ended by itself
  }
}
