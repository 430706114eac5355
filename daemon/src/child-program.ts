import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { lastLine } from './command.ts';
import { messageOf } from './errors.ts';

/** A program that goes on beside the daemon and is talked to in lines. */
export type ChildProgram = {
  write(line: string): void;
  /** Resolves with why when it is gone; never rejects. */
  ended: Promise<string>;
  kill(): void;
};

const STDERR_LIMIT = 4_096;

/** Starts it; nothing is inherited but `env`. It must end when its standard input does, as it does when the daemon dies. */
export function startChildProgram(
  command: string,
  args: readonly string[],
  { env, onLine }: { env: Record<string, string>; onLine: (line: string) => void },
): ChildProgram {
  const child: ChildProcess = spawn(command, args, { env, stdio: 'pipe' });
  let stderr = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    stderr = (stderr + chunk.toString()).slice(-STDERR_LIMIT);
  });
  child.stdin?.on('error', () => {}); // told by its end
  if (child.stdout) createInterface({ input: child.stdout }).on('line', onLine);
  const ended = new Promise<string>((resolve) => {
    child.on('error', (error) => resolve(messageOf(error)));
    child.on('exit', (code, signal) => resolve(signal ? `ended by ${signal}` : `ended with ${code}: ${said(stderr)}`));
  });
  return { write: (line) => void child.stdin?.write(`${line}\n`), ended, kill: () => void child.kill('SIGKILL') };
}

function said(stderr: string): string {
  return (
    stderr
      .split('\n')
      .find((line) => /Error/.test(line))
      ?.trim() ?? lastLine(stderr)
  );
}
