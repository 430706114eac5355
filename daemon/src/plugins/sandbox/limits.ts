import { readdirSync, statSync } from 'node:fs';
import { release } from 'node:os';
import type { Manifest } from '../manifest/manifest.ts';
import type { CgroupRoot } from './delegated-cgroup.ts';
import type { Engine, Launch } from './engine.ts';
import { hasOwnUser } from './own-user.ts';
import { findTool, probe } from './probe.ts';

/** What a plugin may use at most. */
export type Limits = {
  memoryBytes: number;
  /** Processes and threads together, as the kernel counts them. */
  tasks: number;
  /** Share of one core; null: as much as there is. */
  cpuPercent: number | null;
};

/** Node sets aside 600 MB before it uses any: with less a plugin in TypeScript would not even start. */
const DEFAULT_MEMORY_MB = 1024;
export const DEFAULT_PROCESSES = 32;
/** A Node or Go program has about ten threads, and the kernel counts threads. */
const TASKS_PER_PROCESS = 16;
/** Where the kernel counts a user's processes together: so many more than there are now. */
const TASKS_FOR_A_USER = 512;
/** Since this kernel each user namespace counts by itself. */
const COUNTS_NAMESPACES = [5, 14] as const;

/** A manifest's `resources`, with the defaults filled in. Pure. */
export function limitsOf({ resources = {} }: Partial<Manifest>): Limits {
  const { memory_mb = DEFAULT_MEMORY_MB, processes = DEFAULT_PROCESSES, cpu_percent = null } = resources;
  return { memoryBytes: memory_mb * 1024 * 1024, tasks: processes * TASKS_PER_PROCESS, cpuPercent: cpu_percent };
}

/** How well prlimit holds a number of processes: a user's are counted together, or in each user namespace. */
type TaskLimit = 'exact' | 'bounded' | 'none';

/** util-linux's prlimit, for what no control group holds a plugin to; memory is then each process's own. */
export type Prlimit = {
  tasks(engine: Engine, manifest: Manifest): TaskLimit;
  wrap(launch: Launch, parts: { manifest: Manifest; engine: Engine; cgroups: CgroupRoot | undefined }): Launch;
};

/** @throws Error with the reason, where it does not work. */
export async function findPrlimit(uid: number): Promise<Prlimit> {
  const prlimit = findTool('prlimit');
  await probe(prlimit, [`--data=${DEFAULT_MEMORY_MB * 1024 * 1024}`, '--core=0', 'true']);
  const countsNamespaces = isAtLeast(release(), COUNTS_NAMESPACES);
  const tasks = (engine: Engine, manifest: Manifest): TaskLimit => {
    if (uid === 0) return engine.ownUsers && hasOwnUser(manifest) ? 'exact' : 'none'; // the kernel never holds root to it
    return engine.name === 'bubblewrap' && countsNamespaces ? 'exact' : 'bounded';
  };
  return {
    tasks,
    wrap({ command, args, environment }, { manifest, engine, cgroups }) {
      const limits = limitsOf(manifest);
      const isExact = tasks(engine, manifest) === 'exact';
      const most = isExact ? limits.tasks : tasksOf(uid) + Math.max(limits.tasks, TASKS_FOR_A_USER);
      const flags = [
        ...(cgroups?.controllers.has('memory') ? [] : [`--data=${limits.memoryBytes}`]),
        ...(cgroups?.controllers.has('pids') ? [] : [`--nproc=${most}`]),
        '--core=0',
      ];
      return { command: prlimit, args: [...flags, command, ...args], environment };
    },
  };
}

/** All tasks of a user: each is a folder in its process's `task`. */
function tasksOf(uid: number): number {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.reduce((sum, pid) => {
    const folder = statSync(`/proc/${pid}/task`, { throwIfNoEntry: false });
    return folder?.uid === uid ? sum + folder.nlink - 2 : sum;
  }, 0);
}

function isAtLeast(version: string, [major, minor]: readonly [number, number]): boolean {
  const [ownMajor = 0, ownMinor = 0] = version.split('.').map(Number.parseFloat);
  return ownMajor > major || (ownMajor === major && ownMinor >= minor);
}
