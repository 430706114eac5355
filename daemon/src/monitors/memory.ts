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
 * @throws where a field is missing or is no number of kB: a text that was cut short is no measurement.
 */
export function memoryPercent(text: string): number {
  const total = required(text, 'MemTotal');
  const available = field(text, 'MemAvailable') ?? estimate(text);
  if (available > total || total === 0)
    throw new Error(`/proc/meminfo says that ${available} of ${total} kB are available`);
  return (1 - available / total) * 100;
}

/** Shared memory and tmpfs stand in Cached too, and nothing but swapping frees them. */
function estimate(text: string): number {
  const cached = Math.max(0, required(text, 'Cached') - (field(text, 'Shmem') ?? 0));
  return required(text, 'MemFree') + required(text, 'Buffers') + cached + (field(text, 'SReclaimable') ?? 0);
}

function required(text: string, name: string): number {
  const found = field(text, name);
  if (found === undefined) throw new Error(`/proc/meminfo has no ${name}`);
  return found;
}

/** A field's number of kibibytes; fields begin a line, and `Cached` must not find `SwapCached`. */
function field(text: string, name: string): number | undefined {
  const start = text.startsWith(`${name}:`) ? 0 : text.indexOf(`\n${name}:`) + 1;
  if (start === 0 && !text.startsWith(`${name}:`)) return undefined;
  const end = text.indexOf('\n', start);
  const value = text.slice(start + name.length + 1, end < 0 ? text.length : end);
  const number = /^ *(\d+) kB$/.exec(value)?.[1];
  if (number === undefined) throw new Error(`/proc/meminfo: ${name} is "${value.trim()}", expected a number of kB`);
  return Number(number);
}
