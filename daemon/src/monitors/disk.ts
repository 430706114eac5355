import type { HostFiles } from './host-files.ts';
import { defineMonitor } from './monitor.ts';
import { createRate } from './rates.ts';

/** /proc/diskstats counts sectors of 512 bytes, whatever the disk's own are (Documentation/admin-guide/iostats.rst). */
const SECTORS_PER_KIB = 2;

/** What is read from and written to whole disks. */
export const disk = defineMonitor({
  name: 'disk',
  title: 'disk traffic, read and written',
  unit: 'KiB/s',
  idleWhen: 'below',
  open({ files, clock }) {
    const rate = createRate();
    const isDisk = createDiskFilter(files);
    return {
      sample() {
        const disks = new Map([...parseDiskStats(files.proc('diskstats'))].filter(([name]) => isDisk(name)));
        if (disks.size === 0) return { status: 'absent', reason: 'the host has no disk of its own' };
        const sectorsPerSecond = rate(disks, clock.bootMs());
        if (sectorsPerSecond === undefined) return { status: 'pending', reason: 'disk traffic needs a second sample' };
        return { status: 'measured', value: sectorsPerSecond / SECTORS_PER_KIB };
      },
    };
  },
});

/** Sectors read and written by block device: major minor name, then reads merged sectors ms, writes merged sectors … */
export function parseDiskStats(text: string): Map<string, number> {
  const sectors = new Map<string, number>();
  for (const line of text.split('\n')) {
    const fields = line.trim().split(/ +/);
    const [, , name, , , read, , , , written] = fields;
    if (name !== undefined && written !== undefined) sectors.set(name, Number(read) + Number(written));
  }
  return sectors;
}

/**
 * A whole disk stands in /sys/block with a device behind it. Partitions do not stand there; dm, md, loop, ram and
 * zram have no device, and what they carry is counted on the disks below. Asked once for each name.
 */
function createDiskFilter(files: HostFiles): (name: string) => boolean {
  const known = new Map<string, boolean>();
  return (name) => {
    const found = known.get(name) ?? (!/^(sr|fd)\d/.test(name) && files.listSys(`block/${name}`).includes('device'));
    known.set(name, found);
    return found;
  };
}
