import { defineMonitor } from './monitor.ts';

/** Jiffies since boot, all processors together. */
export type CpuTimes = { busy: number; idle: number };

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
        const before = previous;
        const now = parseStat(files.proc('stat'));
        previous = now;
        if (before === undefined) return { status: 'pending', reason: 'CPU use needs a second sample' };
        const percent = cpuPercent(before, now);
        if (percent === undefined)
          return {
            status: 'pending',
            reason: 'CPU use needs one sample more: the counters of the processors stood still or went back',
          };
        return { status: 'measured', value: percent };
      },
    };
  },
});

/**
 * The first line of /proc/stat (proc_stat(5)): user nice system idle iowait irq softirq steal guest guest_nice.
 * Waiting for a disk is not work. Stolen time counts as busy: somebody wanted to run. Guest time is in user already.
 * @throws where the line is cut short or holds something else.
 */
export function parseStat(text: string): CpuTimes {
  const line = text.slice(0, text.indexOf('\n') + 1);
  if (!/^cpu +\d+( \d+){3,} *\n$/.test(line))
    throw new Error('/proc/stat does not begin with a whole line of all processors');
  const [user = 0, nice = 0, system = 0, idle = 0, wait = 0, irq = 0, softIrq = 0, steal = 0] = line
    .trim()
    .split(/ +/)
    .slice(1)
    .map(Number);
  return { busy: user + nice + system + irq + softIrq + steal, idle: idle + wait };
}

/**
 * Percent busy between two samples; undefined where the counters stood still or went back, as they do when the host
 * was suspended or a processor was taken away. Idle and iowait are taken together: the kernel moves time between them.
 */
export function cpuPercent(before: CpuTimes, after: CpuTimes): number | undefined {
  const busy = after.busy - before.busy;
  const idle = after.idle - before.idle;
  if (busy < 0 || idle < 0 || busy + idle === 0) return undefined;
  return (busy / (busy + idle)) * 100;
}
