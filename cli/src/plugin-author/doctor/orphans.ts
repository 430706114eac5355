import { readdirSync, readFileSync } from 'node:fs';
import { stateDirectoryOf } from '@cloudsnooze/daemon/plugins/load-plugin';

/** A process that a plugin has started, or is, and that nobody owns any more. */
export type Orphan = { pid: number; name: string; instance: string };

/**
 * Processes of plugins whose parents are gone: the daemon that started them is no more, or they have run away.
 * Those of a daemon with another state folder are that one's.
 */
export function findOrphans(stateDirectory: string, procRoot = '/proc'): Orphan[] {
  return pidsIn(procRoot).flatMap((pid) => {
    const environment = read(`${procRoot}/${pid}/environ`).split('\0');
    const instance = environment.find((entry) => entry.startsWith('SNOOZE_PLUGIN='))?.slice('SNOOZE_PLUGIN='.length);
    if (!instance || !environment.includes(`HOME=${stateDirectoryOf(instance, stateDirectory)}`)) return [];
    if (parentOf(read(`${procRoot}/${pid}/stat`)) !== 1 || ownsPlugins(procRoot)) return [];
    return [{ pid, name: read(`${procRoot}/${pid}/comm`).trim(), instance }];
  });
}

/** In a container the daemon may be process 1 itself, and owns what it has started. */
function ownsPlugins(procRoot: string): boolean {
  return read(`${procRoot}/1/cmdline`).includes('snoozed');
}

/** The fourth field; the second one, in brackets, may hold anything. */
function parentOf(stat: string): number {
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
}

function pidsIn(procRoot: string): number[] {
  try {
    return readdirSync(procRoot).map(Number).filter(Number.isInteger);
  } catch {
    return []; // no such thing on this platform
  }
}

function read(file: string): string {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return ''; // it has gone, or is another user's
  }
}
