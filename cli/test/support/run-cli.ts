import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** The program as a user starts it. */
const SNOOZE = fileURLToPath(new URL('../../bin/snooze', import.meta.url));

export type Finished = { code: number | null; stdout: string; stderr: string };
export type RunOptions = {
  socket?: string;
  environment?: Record<string, string>;
  directory?: string;
  /** A program and its arguments that start it, such as `setpriv`. */
  through?: readonly string[];
};

/** The environment of a test: nothing of the machine's own settings but where programs are. */
function testEnvironment({ socket, environment }: RunOptions): Record<string, string> {
  return {
    PATH: process.env['PATH'] ?? '',
    TZ: 'UTC',
    SNOOZE_SOCKET: socket ?? '/nonexistent/snoozed.sock',
    ...environment,
  };
}

/** Runs `snooze` with pipes to its end. */
export async function runCli(typed: readonly string[], options: RunOptions = {}): Promise<Finished> {
  const child = startCli(typed, options);
  const [code, stdout, stderr] = await Promise.all([ended(child), allOf(child.stdout), allOf(child.stderr)]);
  return { code, stdout, stderr };
}

/** Starts `snooze` with pipes and leaves it running. */
export function startCli(typed: readonly string[], options: RunOptions = {}): ChildProcess {
  const [program = SNOOZE, ...first] = [...(options.through ?? []), SNOOZE];
  return spawn(program, [...first, ...typed], {
    env: testEnvironment(options),
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(options.directory !== undefined && { cwd: options.directory }),
  });
}

/** util-linux's program that gives another one a terminal: its standard output is what the terminal shows. */
export const TERMINAL_PROGRAM = 'script';

/** Starts `snooze` on a terminal of its own; what is written to its standard input is typed there. */
export function startOnTerminal(typed: string, options: RunOptions): ChildProcess {
  return spawn(TERMINAL_PROGRAM, ['-qefc', `exec ${SNOOZE} ${typed}`, '/dev/null'], {
    env: { ...testEnvironment(options), TERM: 'xterm' },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
}

/** The exit code, or null where a signal ended it, once all that it wrote has been read; to be asked for before it ends. */
export function ended(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve(code));
  });
}

async function allOf(stream: NodeJS.ReadableStream | null): Promise<string> {
  let text = '';
  for await (const chunk of stream ?? []) text += String(chunk);
  return text;
}
