import { readFileSync } from 'node:fs';
import { constants } from 'node:os';
import type { Engine } from './engine.ts';

/** All processes that a process has started and that have not left it, itself not among them. */
export function descendantsOf(pid: number): number[] {
  const children = childrenOf(pid);
  return [...children, ...children.flatMap(descendantsOf)];
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

function childrenOf(pid: number): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number);
  } catch {
    return []; // it has ended
  }
}
