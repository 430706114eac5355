import { readdirSync, readFileSync } from 'node:fs';

/** What a process has cost so far, all its threads together. */
export type ProcessCost = { cpuMs: number; wakeUps: number };

/** CPU time from `schedstat` (nanoseconds, unlike `stat`'s ticks of 10 ms) and voluntary switches: each is a wake-up. */
export function processCost(pid: number): ProcessCost {
  let cpuMs = 0;
  let wakeUps = 0;
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    const folder = `/proc/${pid}/task/${thread}`;
    cpuMs += Number(readFileSync(`${folder}/schedstat`, 'utf8').split(' ')[0]) / 1e6;
    wakeUps += Number(/^voluntary_ctxt_switches:\s+(\d+)/m.exec(readFileSync(`${folder}/status`, 'utf8'))?.[1]);
  }
  return { cpuMs, wakeUps };
}

/** Resident and anonymous memory in MiB. */
export function processMemory(pid: number): { rssMib: number; anonymousMib: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const mib = (field: string) => Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(status)?.[1]) / 1024;
  return { rssMib: mib('VmRSS'), anonymousMib: mib('RssAnon') };
}

/** The value below which `share` (0 to 1) of the numbers lie. */
export function quantile(numbers: readonly number[], share: number): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
