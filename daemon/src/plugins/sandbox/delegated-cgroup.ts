import { accessSync, constants, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The folder that plugins' control groups are made in, and what it can hold them to. */
export type CgroupRoot = { path: string; controllers: ReadonlySet<string> };

const WANTED = ['memory', 'cpu', 'pids'];
/** The most that the kernel takes; all plugins together have 100. */
const DAEMON_CPU_WEIGHT = '10000';

/**
 * The part of the control group tree (version 2) that the service manager has handed to this daemon (`Delegate=yes`).
 * The daemon itself moves into `daemon/`, because a group with limits below it may have no process of its own.
 * @throws Error with the reason, where there is none.
 */
export function takeDelegatedCgroup(): CgroupRoot {
  const path = ownCgroup(readFileSync('/proc/self/cgroup', 'utf8'), readFileSync('/proc/self/mountinfo', 'utf8'));
  if (path === undefined) throw new Error('the daemon does not run as a service with a control group of its own');
  accessSync(join(path, 'cgroup.procs'), constants.W_OK);
  accessSync(path, constants.W_OK);
  const leaf = join(path, 'daemon');
  mkdirSync(leaf, { recursive: true });
  for (const pid of lines(join(path, 'cgroup.procs'))) writeFileSync(join(leaf, 'cgroup.procs'), pid);
  const root = makeCgroupRoot(path);
  // a storm of plugins must not keep the daemon from answering
  if (root.controllers.has('cpu')) writeFileSync(join(leaf, 'cpu.weight'), DAEMON_CPU_WEIGHT);
  return root;
}

/** Makes `plugins/` with the controllers that can be had below a group without processes. */
export function makeCgroupRoot(parent: string): CgroupRoot {
  const path = join(parent, 'plugins');
  mkdirSync(path, { recursive: true });
  const controllers = WANTED.filter((name) => enable(parent, name) && enable(path, name));
  return { path, controllers: new Set(controllers) };
}

/** The folder of this process's own group when it is a service's; else undefined. Pure. */
export function ownCgroup(cgroups: string, mounts: string): string | undefined {
  const group = /^0::(\/.+\.service)(?:\/daemon)?$/m.exec(cgroups)?.[1];
  const mount = mounts.split('\n').find((line) => line.includes(' - cgroup2 '));
  const [, , , root = '/', at] = mount?.split(' ') ?? [];
  if (group === undefined || at === undefined) return undefined;
  return join(at, root === '/' || !group.startsWith(`${root}/`) ? group : group.slice(root.length));
}

function enable(group: string, controller: string): boolean {
  try {
    writeFileSync(join(group, 'cgroup.subtree_control'), `+${controller}`);
    return true;
  } catch {
    return false; // the manager above does not give it
  }
}

function lines(file: string): string[] {
  return readFileSync(file, 'utf8').split('\n').filter(Boolean);
}
