import { runCommand } from '../../command.ts';
import { findOnPath } from './find-program.ts';

/** Where the tools of the engines are looked for, whatever the daemon's PATH is. */
const SYSTEM_PATH = '/usr/bin:/bin:/usr/sbin:/sbin:/usr/local/bin';
const PROBE_TIMEOUT_MS = 10_000;

/** The path of a tool. @throws Error when this host does not have it. */
export function findTool(name: string): string {
  const path = findOnPath(name, SYSTEM_PATH);
  if (path === undefined) throw new Error(`${name} is not installed`);
  return path;
}

/**
 * Runs an engine once and gives what it printed.
 * @throws Error with what it said, when it does not work here.
 */
export async function probe(command: string, args: readonly string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await runCommand(command, args, {
    timeoutMs: PROBE_TIMEOUT_MS,
    env: { PATH: SYSTEM_PATH },
  });
  if (exitCode === 0) return stdout;
  throw new Error(stderr.trim().split('\n').at(-1) || `${command} ended with exit code ${exitCode}`);
}
