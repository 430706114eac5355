import { readFileSync } from 'node:fs';
import { constants } from 'node:os';
import type { Engine } from './engine.ts';

/** All processes that a process has started and that have not left it, itself not among them. */
export function descendantsOf(pid: number): number[] {
  const children = childrenOf(pid);
  return [...children, ...children.flatMap(descendantsOf)];
}

/** The plugin's own process behind that of its sandbox, which is the one that was started. */
export function pluginPid(pid: number): number {
  const [child] = isBubblewrap(pid) ? childrenOf(pid) : [];
  return child === undefined ? pid : pluginPid(child);
}

/** How a plugin ended. bubblewrap tells a signal as an exit code above 128, as shells do. Pure. */
export function exitOf(
  engine: Engine,
  { code, signal }: { code: number | null; signal: string | null },
): { code: number | null; signal: string | null } {
  if (engine.name !== 'bubblewrap' || code === null || code <= 128) return { code, signal };
  const [name] = Object.entries(constants.signals).find(([, number]) => number === code - 128) ?? [];
  return name === undefined ? { code, signal } : { code: null, signal: name };
}

function isBubblewrap(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8') === 'bwrap\n';
  } catch {
    return false; // it has ended
  }
}

function childrenOf(pid: number): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number);
  } catch {
    return []; // it has ended
  }
}

/** Whether a process runs; one that has ended and that nobody has taken note of does not. */
export function isRunning(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return !['Z', 'X'].includes(stat.slice(stat.lastIndexOf(')') + 2).charAt(0));
  } catch {
    return false;
  }
}

/** Sends a signal to each; one that has ended is no error. */
export function signalEach(pids: readonly number[], signal: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, signal);
    } catch {
      // it has ended
    }
  }
}
