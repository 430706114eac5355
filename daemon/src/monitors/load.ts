import { defineMonitor } from './monitor.ts';

/** The 1-minute load average, as the kernel gives it (not divided by processors). */
export const load = defineMonitor({
  name: 'load',
  title: '1-minute load',
  unit: 'load',
  idleWhen: 'below',
  open: ({ files }) => ({
    sample: () => ({ status: 'measured', value: parseLoad(files.proc('loadavg')) }),
  }),
});

/** The first number of /proc/loadavg (proc_loadavg(5)); the space behind it shows that it is whole. */
export function parseLoad(text: string): number {
  const value = /^(\d+\.\d+) /.exec(text)?.[1];
  if (value === undefined) throw new Error('/proc/loadavg does not begin with a number');
  return Number(value);
}
