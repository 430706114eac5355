import type { Monitor, Reading } from '../monitors/monitor.ts';
import type { CheckResult, OnError } from './check.ts';

/** Turns one monitor's reading into its verdict. `bootMs` is when it was read. */
export function checkMonitor(
  monitor: Pick<Monitor, 'name' | 'unit' | 'idleWhen'>,
  reading: Reading,
  { threshold, onError, bootMs }: { threshold: number; onError: OnError; bootMs: number },
): CheckResult {
  const measured = reading.status === 'measured';
  return {
    name: monitor.name,
    kind: 'monitor',
    verdict: measured
      ? verdictOf(monitor, reading.value, threshold)
      : reading.status === 'absent'
        ? 'absent'
        : 'unknown',
    value: measured ? reading.value : null,
    threshold,
    unit: monitor.unit,
    reason: measured ? reasonOf(monitor, reading, threshold) : `${monitor.name}: ${reading.reason}`,
    weight: 1,
    onError,
    counts: true,
    bootMs,
    tookMs: 0,
  };
}

function verdictOf({ idleWhen }: Pick<Monitor, 'idleWhen'>, value: number, threshold: number): 'idle' | 'busy' {
  return (idleWhen === 'below' ? value <= threshold : value >= threshold) ? 'idle' : 'busy';
}

function reasonOf(
  monitor: Pick<Monitor, 'name' | 'unit' | 'idleWhen'>,
  reading: Extract<Reading, { status: 'measured' }>,
  threshold: number,
): string {
  const detail = reading.detail === undefined ? '' : ` (${reading.detail})`;
  if (monitor.idleWhen === 'above') {
    const side = reading.value >= threshold ? 'at least' : 'less than';
    return `no ${monitor.name} for ${duration(reading.value)}, ${side} ${duration(threshold)}${detail}`;
  }
  const side = reading.value <= threshold ? 'not over' : 'over';
  return `${monitor.name} ${amount(reading.value, monitor.unit)}, ${side} ${amount(threshold, monitor.unit)}${detail}`;
}

function amount(value: number, unit: Monitor['unit']): string {
  const text = Number.isInteger(value) ? String(value) : value.toFixed(value < 10 ? 2 : 1);
  return unit === 'load' ? text : `${text} ${unit}`;
}

function duration(seconds: number): string {
  if (seconds < 60) return `${Math.round(seconds)} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
}
