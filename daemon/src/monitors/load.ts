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

/** The first number of /proc/loadavg (proc_loadavg(5)). */
export function parseLoad(text: string): number {
  const value = Number(text.split(' ', 1)[0]);
  if (text.trim() === '' || !Number.isFinite(value) || value < 0)
    throw new Error('/proc/loadavg does not begin with a number');
  return value;
}
