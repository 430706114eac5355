import { readdirSync, readFileSync } from 'node:fs';

/** Whether a process runs; a zombie does not (`kill(pid, 0)` would still find it). */
export function isRunning(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return !['Z', 'X'].includes(stat.slice(stat.lastIndexOf(')') + 2).charAt(0));
  } catch {
    return false; // no such process
  }
}

/** Process ids whose environment holds `entry` (`NAME=value`): finds what a test's daemon left behind. */
export function processesWithEnvironment(entry: string): number[] {
  return processesWith('environ', (entries) => entries.includes(entry));
}

/** Process ids of the programs that were started with just these arguments. */
export function processesWithArguments(...wanted: string[]): number[] {
  return processesWith('cmdline', ([, ...found]) => found.join('\0') === `${wanted.join('\0')}\0`);
}

function processesWith(file: 'environ' | 'cmdline', isMeant: (entries: string[]) => boolean): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        return isMeant(readFileSync(`/proc/${pid}/${file}`, 'utf8').split('\0')) && isRunning(pid);
      } catch {
        return false; // it ended, or it is another user's
      }
    });
}
