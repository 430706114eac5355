import { defineMonitor } from './monitor.ts';

/** Memory that cannot be given to a program, as a share of all. */
export const memory = defineMonitor({
  name: 'memory',
  title: 'memory in use',
  unit: '%',
  idleWhen: 'below',
  open: ({ files }) => ({
    sample: () => ({ status: 'measured', value: memoryPercent(files.proc('meminfo')) }),
  }),
});

/**
 * Percent in use from /proc/meminfo (proc_meminfo(5)). Kernels before 3.14 have no MemAvailable: there, what is free
 * and what is cached stands for it.
 */
export function memoryPercent(text: string): number {
  const total = field(text, 'MemTotal');
  if (total === undefined || total <= 0) throw new Error('/proc/meminfo has no MemTotal');
  const available = field(text, 'MemAvailable') ?? estimate(text);
  return Math.min(100, Math.max(0, (1 - available / total) * 100));
}

function estimate(text: string): number {
  return ['MemFree', 'Buffers', 'Cached', 'SReclaimable'].reduce((sum, name) => sum + (field(text, name) ?? 0), 0);
}

/** A field's number of kibibytes; fields begin a line, and `Cached` must not find `SwapCached`. */
function field(text: string, name: string): number | undefined {
  const start = text.startsWith(`${name}:`) ? 0 : text.indexOf(`\n${name}:`) + 1;
  if (start === 0 && !text.startsWith(`${name}:`)) return undefined;
  return Number.parseInt(text.slice(start + name.length + 1), 10);
}
