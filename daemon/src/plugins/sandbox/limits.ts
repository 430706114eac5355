import { readFileSync } from 'node:fs';
import type { Manifest } from '../manifest.ts';
import type { Engine, Launch } from './engine.ts';
import { findTool, probe } from './probe.ts';

/** What a plugin may use at most. */
export type Limits = {
  memoryBytes: number;
  /** Processes and threads together, as the kernel counts them. */
  tasks: number;
  /** Share of one core; null: as much as there is. */
  cpuPercent: number | null;
};

const DEFAULT_MEMORY_MB = 512;
const DEFAULT_PROCESSES = 32;
/** A Node or Go program has about ten threads, and the kernel counts threads. */
const TASKS_PER_PROCESS = 16;
/** Where the kernel counts a user's processes together: so many more than there are now. */
const TASKS_FOR_A_USER = 512;

/** A manifest's `resources`, with the defaults filled in. Pure. */
export function limitsOf({ resources = {} }: Manifest): Limits {
  const { memory_mb = DEFAULT_MEMORY_MB, processes = DEFAULT_PROCESSES, cpu_percent = null } = resources;
  return { memoryBytes: memory_mb * 1024 * 1024, tasks: processes * TASKS_PER_PROCESS, cpuPercent: cpu_percent };
}

/** util-linux's prlimit: memory for each process, and a number of processes that root is not held to. */
export type Prlimit = { keepsTasks: boolean; wrap(launch: Launch, limits: Limits, engine: Engine): Launch };

/** @throws Error with the reason, where it does not work. */
export async function findPrlimit(): Promise<Prlimit> {
  const prlimit = findTool('prlimit');
  await probe(prlimit, [`--data=${DEFAULT_MEMORY_MB * 1024 * 1024}`, '--core=0', 'true']);
  return {
    keepsTasks: process.geteuid?.() !== 0,
    wrap({ command, args, environment }, { memoryBytes, tasks }, engine) {
      // Inside a user namespace only what is in it counts.
      const most = engine.name === 'bubblewrap' ? tasks : tasksOfHost() + Math.max(tasks, TASKS_FOR_A_USER);
      const limits = [`--data=${memoryBytes}`, `--nproc=${most}`, '--core=0'];
      return { command: prlimit, args: [...limits, command, ...args], environment };
    },
  };
}

/** All tasks of this host: at least as many as its user has. */
function tasksOfHost(): number {
  return Number(/\/(\d+)/.exec(readFileSync('/proc/loadavg', 'utf8'))?.[1] ?? 0);
}
