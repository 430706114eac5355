import { defineMonitor } from './monitor.ts';

/** Jiffies since boot, all processors together. */
export type CpuTimes = { busy: number; total: number };

/** CPU use over the whole interval since the last sample, all processors together. */
export const cpu = defineMonitor({
  name: 'cpu',
  title: 'CPU use, all processors',
  unit: '%',
  idleWhen: 'below',
  open({ files }) {
    let previous: CpuTimes | undefined;
    return {
      sample() {
        const now = parseStat(files.proc('stat'));
        const percent = previous && cpuPercent(previous, now);
        previous = now;
        if (percent === undefined) return { status: 'pending', reason: 'CPU use needs a second sample' };
        return { status: 'measured', value: percent };
      },
    };
  },
});

/**
 * The first line of /proc/stat (proc_stat(5)): user nice system idle iowait irq softirq steal guest guest_nice.
 * Waiting for a disk is not work. Stolen time counts as busy: somebody wanted to run. Guest time is in user already.
 */
export function parseStat(text: string): CpuTimes {
  const end = text.indexOf('\n');
  const fields = text.slice(0, end < 0 ? text.length : end).split(/ +/);
  if (fields[0] !== 'cpu' || fields.length < 5)
    throw new Error('/proc/stat does not begin with a line of all processors');
  const [user = 0, nice = 0, system = 0, idle = 0, wait = 0, irq = 0, softIrq = 0, steal = 0] = fields
    .slice(1, 9)
    .map(Number);
  const busy = user + nice + system + irq + softIrq + steal;
  return { busy, total: busy + idle + wait };
}

/** Percent busy between two samples; undefined where the counters stood still or went back (a resumed host). */
export function cpuPercent(before: CpuTimes, after: CpuTimes): number | undefined {
  const total = after.total - before.total;
  const busy = after.busy - before.busy;
  // The kernel may take back some iowait or steal: a little less than before is no reset.
  if (total <= 0 || busy < -total || busy > total * 2) return undefined;
  return Math.min(100, Math.max(0, (busy / total) * 100));
}
