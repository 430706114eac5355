import type { HostFiles } from './host-files.ts';
import { defineMonitor } from './monitor.ts';
import { type Counters, createRate } from './rates.ts';
import { createSelection } from './selection.ts';

/** /proc/diskstats counts sectors of 512 bytes, whatever the disk's own are (Documentation/admin-guide/iostats.rst). */
const SECTORS_PER_KIB = 2;

/** What is read from and written to whole disks. */
export const disk = defineMonitor({
  name: 'disk',
  title: 'disk traffic, read and written',
  unit: 'KiB/s',
  idleWhen: 'below',
  open({ files, clock }) {
    const rate = createRate('disk traffic', SECTORS_PER_KIB);
    const select = createSelection(clock, (names) => wholeDisks(files, names));
    return {
      sample() {
        const all = parseDiskStats(files.proc('diskstats'));
        const chosen = select([...all.keys()]);
        if (chosen.size === 0) return { status: 'absent', reason: 'the host has no disk of its own' };
        return rate(new Map([...all].filter(([name]) => chosen.has(name))), clock.bootMs());
      },
    };
  },
});

/**
 * Sectors read and written by block device: major minor name, then reads merged sectors ms, writes merged sectors …
 * @throws where a line is cut short or holds something else.
 */
export function parseDiskStats(text: string): Counters {
  const sectors = new Map<string, number[]>();
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const [, name, read, written] = /^ *\d+ +\d+ (\S+) \d+ \d+ (\d+) \d+ \d+ \d+ (\d+) /.exec(line) ?? [];
    if (name === undefined) throw new Error(`/proc/diskstats: cannot read "${line.trim()}"`);
    sectors.set(name, [Number(read), Number(written)]);
  }
  return sectors;
}

/**
 * The whole disks among block devices: those with a device behind them. Partitions do not stand in /sys/block; dm,
 * md, loop, ram and zram have no device, and what they carry is counted on the disks below.
 */
function wholeDisks(files: HostFiles, names: readonly string[]): ReadonlySet<string> {
  const blocks = files.listSysOrThrow('block');
  // a sandbox can mount an empty folder over it
  if (blocks.length === 0 && names.length > 0)
    throw new Error(`/sys/block is empty, and /proc/diskstats tells of ${names.join(', ')}`);
  const disks = blocks
    .filter((block) => !/^(sr|fd)\d/.test(block) && files.listSysOrThrow(`block/${block}`).includes('device'))
    // a slash in a name (cciss/c0d0) cannot stand in the name of a folder
    .map((block) => block.replaceAll('!', '/'));
  if (disks.length > 0 && !disks.some((name) => names.includes(name)))
    throw new Error(`/proc/diskstats does not tell of ${disks.join(', ')}, which /sys/block has`);
  return new Set(disks.filter((name) => !isMultipathHead(name, names)));
}

/**
 * Whether an NVMe namespace is reached over hidden paths (`nvme0n1` over `nvme0c0n1`, `nvme0c1n1`). All its traffic
 * is counted on them by every kernel; on the namespace itself by newer ones only (6.1 does not, 6.12 does).
 */
function isMultipathHead(name: string, names: readonly string[]): boolean {
  const [, subsystem, namespace] = /^nvme(\d+)n(\d+)$/.exec(name) ?? [];
  const path = new RegExp(`^nvme${subsystem}c\\d+n${namespace}$`);
  return subsystem !== undefined && names.some((other) => path.test(other));
}
