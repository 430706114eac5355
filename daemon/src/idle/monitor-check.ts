import type { Monitor, Reading } from '../monitors/monitor.ts';
import type { CheckResult, OnError, Verdict } from './check.ts';

type Subject = Pick<Monitor, 'name' | 'unit' | 'idleWhen'>;

/** Turns one monitor's reading into its verdict. `bootMs` is when it was read, `tookMs` how long that took. */
export function checkMonitor(
  monitor: Subject,
  reading: Reading,
  { threshold, onError, bootMs, tookMs }: { threshold: number; onError: OnError; bootMs: number; tookMs: number },
): CheckResult {
  return {
    name: monitor.name,
    kind: 'monitor',
    ...judge(monitor, reading, threshold),
    threshold,
    unit: monitor.unit,
    weight: 1,
    onError,
    counts: true,
    bootMs,
    tookMs,
  };
}

function judge(
  monitor: Subject,
  reading: Reading,
  threshold: number,
): { verdict: Verdict; value: number | null; reason: string } {
  const { name, idleWhen } = monitor;
  switch (reading.status) {
    case 'absent':
      return { verdict: 'absent', value: null, reason: `${name}: ${reading.reason}` };
    case 'failed':
      return { verdict: 'unknown', value: null, reason: `${name}: ${reading.reason}` };
    case 'pending':
      return { verdict: 'unknown', value: null, reason: `${name} is not measured yet: ${reading.reason}` };
    case 'measured': {
      const { value } = reading;
      if (!Number.isFinite(value) || value < 0)
        return { verdict: 'unknown', value: null, reason: `${name}: what was read is no number` };
      if (reading.idle) return { verdict: 'idle', value, reason: `${name}: ${reading.detail}` };
      const idle = idleWhen === 'below' ? value <= threshold : value >= threshold;
      const detail = reading.detail === undefined ? '' : ` (${reading.detail})`;
      return { verdict: idle ? 'idle' : 'busy', value, reason: `${compare(monitor, value, threshold)}${detail}` };
    }
  }
}

/** The value and the threshold in words, each as exactly as it takes to tell them apart. */
function compare({ name, unit, idleWhen }: Subject, value: number, threshold: number): string {
  if (idleWhen === 'above') {
    const coarse = duration(value) === duration(threshold) && value !== threshold;
    const [found, needed] = coarse ? [`${value} s`, `${threshold} s`] : [duration(value), duration(threshold)];
    return `no ${name} for ${found}, ${value >= threshold ? 'at least' : 'less than'} ${needed}`;
  }
  const suffix = unit === 'load' ? '' : ` ${unit}`;
  const coarse = Number(rounded(value)) === Number(rounded(threshold)) && value !== threshold;
  const [found, limit] = coarse ? [value, threshold] : [rounded(value), rounded(threshold)];
  return `${name} ${found}${suffix}, ${value <= threshold ? 'not over' : 'over'} ${limit}${suffix}`;
}

function rounded(value: number): string {
  return Number.isInteger(value) ? String(value) : value.toFixed(value < 10 ? 2 : 1);
}

function duration(seconds: number): string {
  if (seconds < 60) return `${Math.floor(seconds)} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
}
