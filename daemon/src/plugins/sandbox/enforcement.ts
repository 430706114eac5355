import type { Manifest } from '../manifest/manifest.ts';
import { hostFor, type SandboxPolicy } from './confine.ts';
import type { EngineName } from './engine.ts';
import { grantsOf } from './granted-paths.ts';
import { type HostEngine, hostEngine } from './host-engine.ts';
import { limitsOf } from './limits.ts';

const MIB = 1024 * 1024;

/** One thing that a manifest asks for or leaves out, and whether this host holds the plugin to it. */
export type Enforcement = {
  permission: string;
  /** `declared`: the manifest says so, and nothing on this host would stop the plugin. */
  level: 'enforced' | 'declared';
  /** What it may do, for a person. */
  words: string;
};

/** How a plugin is kept to its manifest on this host. */
export type SandboxReport = {
  /** `none`: it runs inside of the daemon. */
  engine: EngineName | 'none';
  /** Why no stronger engine is used; null with the strongest. */
  why: string | null;
  permissions: Enforcement[];
};

/** What a manifest asks for, permission by permission, and what of it is enforced here under `plugins.sandbox`. */
export async function describeSandbox(manifest: Manifest, policy: SandboxPolicy): Promise<SandboxReport> {
  if (manifest.type === 'native') {
    const where = manifest.isolation === 'worker' ? 'in a thread' : 'inside';
    return { engine: 'none', why: `it runs ${where} of snoozed, with all of its rights`, permissions: asked(manifest) };
  }
  const host = hostFor(await hostEngine(), policy);
  return {
    engine: host.engine.name,
    why: whyNotStronger(host, policy) || null,
    permissions: enforcement(manifest, host),
  };
}

/** Why a plugin's process would have all the rights of the daemon's user here; null where an engine holds it. */
export async function whyUnconfined({ type }: Manifest, policy: SandboxPolicy): Promise<string | null> {
  if (type === 'native' || policy === 'require') return null;
  const host = hostFor(await hostEngine(), policy);
  return host.engine.name === 'plain' ? whyNotStronger(host, policy) : null;
}

function whyNotStronger({ refused }: HostEngine, policy: SandboxPolicy): string {
  if (policy === 'off') return 'plugins.sandbox is "off"';
  return refused.map(({ name, reason }) => `${name}: ${reason}`).join('; ');
}

/** The same with given abilities. Pure. */
export function enforcement(manifest: Manifest, host: HostEngine): Enforcement[] {
  const { permissions = {} } = manifest;
  const limits = limitsOf(manifest);
  const held = limitsHeld(manifest, host);
  const grants = grantsOf({ manifest, config: {}, directory: '.' });
  const { keeps } = host.engine;
  const row = (permission: string, enforced: boolean, words: string): Enforcement => ({
    permission,
    level: enforced ? 'enforced' : 'declared',
    words,
  });
  const beside = (own: string, asked: readonly string[] = []) => [own, ...asked].join(', ');
  const all = grants.everything ? "all that the daemon's user may" : undefined;
  return [
    row('network', keeps.has('network') && !grants.network, networkWords(manifest, grants.network)),
    row('read', keeps.has('files'), all ?? beside("its own folder, the system's programs", permissions.read)),
    row('write', keeps.has('files'), all ?? beside('its state folder, a /tmp of its own', permissions.write)),
    row('other processes', keeps.has('processes'), grants.processes ? 'sees them all' : 'sees none'),
    row('privileges', keeps.has('privileges'), 'gains none (setuid programs, sudo)'),
    row('env', true, beside('PATH, language, time zone', permissions.env)),
    row('host', true, permissions.host?.join(', ') || 'asks the daemon for nothing'),
    row('memory_mb', held.memory !== false, `at most ${limits.memoryBytes / MIB} MB ${held.memory || ''}`.trim()),
    row('processes', held.processes === 'exact', `at most ${limits.tasks} processes and threads`),
    ...(limits.cpuPercent === null ? [] : [row('cpu_percent', held.cpu, `at most ${limits.cpuPercent} % of a core`)]),
  ];
}

/** What a native plugin asks for; nothing would stop it, but for the heap of one in a thread. */
function asked({ permissions = {}, resources = {}, isolation }: Manifest): Enforcement[] {
  const declared = (permission: string, words: string): Enforcement => ({ permission, level: 'declared', words });
  const limits = Object.entries(resources).map(([name, limit]) => declared(name, `at most ${limit}`));
  return [
    ...Object.entries(permissions).flatMap(([name, list]) =>
      list.length > 0 ? [declared(name, list.join(', '))] : [],
    ),
    ...limits.map((row) =>
      row.permission === 'memory_mb' && isolation === 'worker'
        ? { ...row, level: 'enforced' as const, words: `${row.words} MB of heap, buffers not counted` }
        : row,
    ),
  ];
}

/** Which limits a host holds a plugin to: those of control groups for all of it, memory else for each process. Pure. */
export function limitsHeld(
  manifest: Manifest,
  { engine, prlimit, cgroups }: HostEngine,
): {
  memory: 'in all' | 'for each of its processes' | false;
  processes: 'exact' | 'bounded' | false;
  cpu: boolean;
} {
  const has = (controller: string) => cgroups?.controllers.has(controller) === true;
  const tasks = has('pids') ? 'exact' : prlimit?.tasks(engine, manifest);
  return {
    memory: has('memory') ? 'in all' : prlimit !== undefined && 'for each of its processes',
    processes: tasks === undefined || tasks === 'none' ? false : tasks,
    cpu: has('cpu'),
  };
}

function networkWords({ permissions: { network = [] } = {} }: Manifest, granted: boolean): string {
  if (network.length > 0) return `all of it, to use ${network.join(', ')}`;
  return granted ? 'none by itself, but it reads /proc/net and so has all of it' : 'none';
}
