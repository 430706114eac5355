import { readFileSync } from 'node:fs';
import { descendantsOf } from '../sandbox/processes.ts';

/** What a plugin's processes use, its sandbox with them. */
export type Usage = { processes: number; rss_bytes: number; cpu_seconds: number };

/** proc_pid_stat(5): clock ticks a second, on every Linux of today. */
const TICKS_PER_SECOND = 100;

/** Reads /proc for a process and all that it has started; null where the system does not tell. */
export function usageOf(pid: number): Usage | null {
  const all = [pid, ...descendantsOf(pid)].flatMap((each) => readProcess(each) ?? []);
  if (all.length === 0) return null;
  return all.reduce((sum, one) => ({
    processes: sum.processes + 1,
    rss_bytes: sum.rss_bytes + one.rss_bytes,
    cpu_seconds: Math.round((sum.cpu_seconds + one.cpu_seconds) * 100) / 100,
  }));
}

function readProcess(pid: number): Usage | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name in parentheses may hold anything; utime and stime are the 14th and 15th field.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const rss = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    const ticks = Number(fields[11]) + Number(fields[12]);
    return { processes: 1, rss_bytes: Number(rss ?? 0) * 1024, cpu_seconds: ticks / TICKS_PER_SECOND };
  } catch {
    return undefined; // it has ended
  }
}
