import type { ControlMethods } from '@cloudsnooze/daemon/control/api';
import { latency } from './duration.ts';
import type { Style } from './style.ts';
import { table } from './table.ts';
import { dateTime } from './time.ts';

/** The slowest calls, the slowest first, and from when on a call is slow. */
export function slowCalls(
  { threshold_ms: thresholdMs, calls }: ControlMethods['plugin.slowlog']['result'],
  frame: { width: number; style: Style },
): string[] {
  if (calls.length === 0) return [`no call took ${latency(thresholdMs)} or longer`];
  const rows = calls.map(({ took_ms: tookMs, at, instance, method, about, error }) => [
    latency(tookMs),
    dateTime(at),
    instance,
    about === null ? method : `${method} ${about}`,
    error ?? '',
  ]);
  const columns = [
    { title: 'TOOK', align: 'right' as const },
    { title: 'AT' },
    { title: 'PLUGIN' },
    { title: 'CALL' },
    { title: 'ERROR' },
  ];
  return [...table(columns, rows, frame), `calls of ${latency(thresholdMs)} or longer are kept`];
}
