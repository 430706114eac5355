import { mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { systemCodeOf } from '../../errors.ts';
import type { CgroupRoot } from './delegated-cgroup.ts';
import type { Launch } from './engine.ts';
import type { Limits } from './limits.ts';

/** One run of a plugin in a control group of its own: nothing that it starts gets out of it. */
export type Cgroup = {
  /** What starts inside of the group. */
  wrap(launch: Launch): Launch;
  /** Kills all that is in it and removes it; says which limits it ran into. */
  end(): Promise<{ memory: boolean; tasks: boolean }>;
};

const CPU_PERIOD_US = 100_000;
const PAUSE_MS = 5;
const TRIES = 200;
let made = 0;

/** Makes a group with a plugin's limits. @throws Error where the folder cannot be made. */
export function makeCgroup({ path: root, controllers }: CgroupRoot, instance: string, limits: Limits): Cgroup {
  const path = makeFolder(root, instance);
  const set = (file: string, value: string | number) => writeFileSync(join(path, file), String(value));
  if (controllers.has('memory')) {
    set('memory.max', limits.memoryBytes);
    set('memory.oom.group', 1);
    attempt(() => set('memory.swap.max', 0)); // a host without swap accounting does not have it
  }
  if (controllers.has('pids')) set('pids.max', limits.tasks);
  if (controllers.has('cpu') && limits.cpuPercent !== null)
    set('cpu.max', `${Math.round((limits.cpuPercent / 100) * CPU_PERIOD_US)} ${CPU_PERIOD_US}`);
  return {
    wrap: ({ command, args, environment }) => ({
      command: '/bin/sh',
      args: ['-c', 'echo 0 >"$0" && exec "$@"', join(path, 'cgroup.procs'), command, ...args],
      environment,
    }),
    async end() {
      const hit = {
        memory: count(path, 'memory.events', 'oom_kill') > 0,
        tasks: count(path, 'pids.events', 'max') > 0,
      };
      for (let tries = 0; tries < TRIES; tries++) {
        kill(path);
        if (attempt(() => rmdirSync(path))) break;
        await pause(PAUSE_MS); // what was killed needs a moment to be gone
      }
      return hit;
    },
  };
}

/** One that a daemon before this one has left has what it still runs killed, and its name is not used. */
function makeFolder(root: string, instance: string): string {
  for (;;) {
    made += 1;
    const path = join(root, `${instance}.${made}`);
    try {
      mkdirSync(path);
      return path;
    } catch (error) {
      if (systemCodeOf(error) !== 'EEXIST') throw error;
      kill(path);
      attempt(() => rmdirSync(path));
    }
  }
}

/** `cgroup.kill` is of Linux 5.14; before it each process by itself. */
function kill(path: string): void {
  if (attempt(() => writeFileSync(join(path, 'cgroup.kill'), '1'))) return;
  attempt(() => {
    for (const pid of readFileSync(join(path, 'cgroup.procs'), 'utf8').split('\n').filter(Boolean))
      process.kill(Number(pid), 'SIGKILL');
  });
}

function count(path: string, file: string, key: string): number {
  try {
    const found = new RegExp(`^${key} (\\d+)$`, 'm').exec(readFileSync(join(path, file), 'utf8'));
    return Number(found?.[1] ?? 0);
  } catch {
    return 0; // without that controller
  }
}

function attempt(act: () => void): boolean {
  try {
    act();
    return true;
  } catch {
    return false;
  }
}
