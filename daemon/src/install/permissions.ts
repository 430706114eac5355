import type { Config } from '../config/config.ts';
import type { Manifest } from '../plugins/manifest.ts';
import { hostFor } from '../plugins/sandbox/confine.ts';
import { limitsHeld } from '../plugins/sandbox/enforcement.ts';
import type { Kept } from '../plugins/sandbox/engine.ts';
import { hostEngine } from '../plugins/sandbox/host-engine.ts';

/** One thing that a plugin asks for or does without. */
export type Permission = {
  /** In plain words, such as "reads /var/log/jobs". */
  words: string;
  /** Whether this host keeps it to that, or the plugin only says so. */
  enforced: boolean;
};

/** What a host can enforce. */
export type Enforcement = { keeps: ReadonlySet<Kept>; memory: boolean; processes: boolean; cpu: boolean };

const HOST_METHODS: Record<string, string> = {
  'Host.Log': "writes to snoozed's log",
  'Host.EmitEvent': 'sends events of its own',
  'Host.ReportMetric': 'reports metrics',
  'Host.Inhibit': 'keeps the host awake',
  'Host.Release': 'lets go of what keeps the host awake',
};

/** What this host enforces under a `plugins.sandbox` of the configuration. */
export async function enforcementOf(policy: Config['plugins']['sandbox']): Promise<Enforcement> {
  const host = hostFor(await hostEngine(), policy);
  const { memory, processes, cpu } = limitsHeld(host);
  return { keeps: host.engine.keeps, memory: memory !== false, processes: processes === 'exact', cpu };
}

/** What a manifest asks for, and what it does without, in words. Pure. */
export function permissionsOf(manifest: Manifest, { keeps, memory, processes, cpu }: Enforcement): Permission[] {
  if (manifest.type === 'native')
    return [{ words: 'runs inside snoozed, and can do whatever snoozed can', enforced: false }];
  const { network = [], read = [], write = [], env = [], host = [] } = manifest.permissions ?? {};
  const { memory_mb: megabytes, cpu_percent: percent, processes: most } = manifest.resources ?? {};
  const files = keeps.has('files');
  return [
    network.length === 0
      ? { words: 'no network', enforced: keeps.has('network') }
      : // The network is given as a whole.
        { words: `connects to ${network.join(', ')}`, enforced: false },
    {
      words: read.length === 0 ? 'reads no files but its own and those of the system' : `reads ${read.join(', ')}`,
      enforced: files,
    },
    { words: write.length === 0 ? 'writes no files but its own state' : `writes ${write.join(', ')}`, enforced: files },
    ...(env.length === 0 ? [] : [{ words: `sees the variables ${env.join(', ')} of snoozed`, enforced: true }]),
    ...host.map((method) => ({ words: HOST_METHODS[method] ?? `calls ${method}`, enforced: true })),
    ...(megabytes === undefined ? [] : [{ words: `takes at most ${megabytes} MB of memory`, enforced: memory }]),
    ...(most === undefined ? [] : [{ words: `has at most ${most} processes`, enforced: processes }]),
    ...(percent === undefined ? [] : [{ words: `takes at most ${percent} % of a core`, enforced: cpu }]),
  ];
}

/** What a new version asks for that the one before did not, in words; nothing for what it gives up. Pure. */
export function addedPermissions(before: Manifest, after: Manifest): string[] {
  const added: string[] = [];
  if (after.type === 'native' && before.type !== 'native') added.push('runs inside snoozed');
  if (after.build !== undefined && JSON.stringify(after.build) !== JSON.stringify(before.build))
    added.push(`runs ${[after.build.command, ...(after.build.args ?? [])].join(' ')} when it is installed`);
  for (const kind of ['network', 'read', 'write', 'env', 'host'] as const) {
    const had = before.permissions?.[kind] ?? [];
    const more = (after.permissions?.[kind] ?? []).filter((item) => !had.includes(item));
    if (more.length > 0) added.push(`${kind} ${more.join(', ')}`);
  }
  for (const limit of ['memory_mb', 'cpu_percent', 'processes'] as const) {
    const [had, now] = [before.resources?.[limit], after.resources?.[limit]];
    if (had !== undefined && (now === undefined || now > had))
      added.push(`${limit} ${now ?? 'without a limit of its own'}`);
  }
  return added;
}
