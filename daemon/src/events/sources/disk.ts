import { type StatsFs, statfsSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import type { SourcesConfig } from '../../config/config.ts';
import { messageOf, systemCodeOf } from '../../errors.ts';
import { type Condition, watchConditions } from './conditions.ts';
import { levelOver, worst } from './hysteresis.ts';
import { defineSource, type SourceContext } from './source.ts';

const MIB = 1024 * 1024;
/** Over so much more than the threshold there is room again. */
const CLEAR_FACTOR = 1.2;
/** Kinds of file system that lie on a disk of this host; a stat of any other may wait for another host. */
const LOCAL_KINDS = ['ext2', 'ext3', 'ext4', 'xfs', 'btrfs', 'zfs', 'f2fs', 'jfs', 'bcachefs', 'vfat', 'overlay'];
/** How the system says that a path is not there. */
const GONE = ['ENOENT', 'ENOTDIR'];

/** Little disk space, per mount. */
export const disk = defineSource({
  name: 'disk',
  title: 'disk space',
  applies: ({ config }) => config().sources.disk.enabled,
  watch(context) {
    const settings = () => context.config().sources.disk;
    let known = context.open('disk').map(({ event }) => String(event.data['key']));
    return watchConditions(context, {
      name: 'disk',
      type: 'system.disk.low',
      holdSeconds: () => settings().hold_seconds,
      isWanted: () => settings().enabled,
      isGone: (mount) => hasThreshold(settings()) && isNamed(mount, settings()),
      async look() {
        const found = await lookAtAll(context, settings(), known);
        known = found.flatMap(({ key, level }) => (level !== 'unknown' || known.includes(key) ? [key] : []));
        return found;
      },
    });
  },
});

function hasThreshold({ free_percent: percent, free_mib: mib }: SourcesConfig['disk']): boolean {
  return percent !== null || mib !== null;
}

function isNamed(mount: string, { mounts }: SourcesConfig['disk']): boolean {
  return mounts.length === 0 || mounts.includes(mount);
}

/**
 * One that this user may not look at, or that is just being taken away, hides no other; one that is `known` and there,
 * and cannot be looked at any more, may be as it was. What the configuration names and was never there is no disk that
 * is gone: nobody watches it, and its owner thinks that it is watched.
 */
async function lookAtAll(
  { files }: SourceContext,
  settings: SourcesConfig['disk'],
  known: readonly string[],
): Promise<Condition[]> {
  const { mounts } = settings;
  if (!hasThreshold(settings)) return [];
  // A local disk answers at once, and a thread that is woken for it costs more than the question; one that somebody
  // names may be another host's, which may never answer.
  const paths = mounts.length > 0 ? mounts : parseMounts(files.proc('self/mounts'));
  const looks = paths.map(async (mount): Promise<Condition> => {
    try {
      return spaceIn(mount, mounts.length > 0 ? await statfs(mount) : statfsSync(mount), settings);
    } catch (error) {
      const isGone = GONE.includes(systemCodeOf(error) ?? '');
      if (known.includes(mount) ? isGone : mounts.length === 0) throw error;
      const why = isGone ? 'there is nothing there' : messageOf(error);
      return { key: mount, level: 'unknown', message: `${mount} cannot be looked at: ${why}`, data: {} };
    }
  });
  const answers = await Promise.allSettled(looks);
  const found = answers.flatMap((look) => (look.status === 'fulfilled' ? [look.value] : []));
  const failed = answers.find((look) => look.status === 'rejected');
  if (found.length === 0 && failed !== undefined) throw failed.reason;
  return found;
}

function spaceIn(mount: string, { bavail, bfree, blocks, bsize }: StatsFs, settings: SourcesConfig['disk']): Condition {
  // What a user without privileges can have: `bavail`, as df(1) shows it.
  return spaceOf(mount, { freeBytes: bavail * bsize, totalBytes: (blocks - bfree + bavail) * bsize }, settings);
}

/** How a mount stands to the thresholds. Pure. */
export function spaceOf(
  mount: string,
  { freeBytes, totalBytes }: { freeBytes: number; totalBytes: number },
  { free_percent: percent, free_mib: mib }: Pick<SourcesConfig['disk'], 'free_percent' | 'free_mib'>,
): Condition {
  const freePercent = totalBytes === 0 ? 100 : (freeBytes / totalBytes) * 100;
  // Less is worse, so both are turned round.
  const under = (value: number, bad: number | null) =>
    bad === null ? [] : [levelOver(-value, { bad: -bad, good: -bad * CLEAR_FACTOR })];
  return {
    key: mount,
    level: worst([...under(freePercent, percent), ...under(freeBytes / MIB, mib)]),
    message: `${mount} has ${freePercent.toFixed(1)} % free (${Math.floor(freeBytes / MIB)} MiB)`,
    data: {
      mount,
      free_percent: Math.round(freePercent * 10) / 10,
      free_bytes: freeBytes,
      total_bytes: totalBytes,
    },
  };
}

/** The mount points of local disks in /proc/self/mounts (proc_pid_mounts(5)), each device once and none read-only. Pure. */
export function parseMounts(text: string): string[] {
  const byDevice = new Map<string, string>();
  for (const line of text.split('\n')) {
    const [device, path, kind, options] = line.split(' ');
    if (device === undefined || path === undefined || kind === undefined || options === undefined) continue;
    if (!LOCAL_KINDS.includes(kind) || options.split(',').includes('ro')) continue;
    const mount = path.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
    const known = byDevice.get(device);
    if (known === undefined || mount.length < known.length) byDevice.set(device, mount);
  }
  return [...byDevice.values()];
}
