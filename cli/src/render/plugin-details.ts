import type { ControlMethods } from '@cloudsnooze/daemon/control/api';
import { latency } from './duration.ts';
import type { Style } from './style.ts';
import { fields, table } from './table.ts';

type Details = ControlMethods['plugin.details']['result'];

/** What a plugin in use costs: its processes, its traffic, its calls, and the numbers that it reports. */
export function pluginDetails(
  { statistics, usage, metrics }: Details,
  frame: { width: number; style: Style },
): string[] {
  const rows = Object.entries(statistics.methods).map(([method, counted]) => [
    method,
    String(counted.calls),
    counted.errors === 0 ? '' : String(counted.errors),
    counted.timeouts === 0 ? '' : String(counted.timeouts),
    ...[counted.p50_ms, counted.p99_ms, counted.max_ms].map((ms) => (ms === null ? '' : latency(ms))),
  ]);
  const right = (title: string) => ({ title, align: 'right' as const });
  const columns = [
    { title: 'CALL' },
    right('CALLS'),
    right('ERRORS'),
    right('TIMEOUTS'),
    right('P50'),
    right('P99'),
    right('MAX'),
  ];
  const traffic = `${bytes(statistics.bytes_to_plugin)} to it, ${bytes(statistics.bytes_from_plugin)} from it`;
  return [
    ...fields(
      [
        [
          'memory',
          usage === null ? '' : `${bytes(usage.rss_bytes)} in ${count(usage.processes, 'process', 'processes')}`,
        ],
        ['CPU', usage === null ? '' : `${usage.cpu_seconds} s`],
        ['traffic', traffic],
        [
          'faults',
          Object.entries(statistics.faults)
            .map(([kind, times]) => `${times} ${kind}`)
            .join(', '),
        ],
        ...metrics.map(({ name, labels, value }): [string, string] => [seriesOf(name, labels), String(value)]),
      ],
      frame.style,
    ),
    ...(rows.length === 0 ? [] : table(columns, rows, frame)),
  ];
}

function seriesOf(name: string, labels: Record<string, string>): string {
  const shown = Object.entries(labels).map(([label, value]) => `${label}=${JSON.stringify(value)}`);
  return shown.length === 0 ? name : `${name}{${shown.join(',')}}`;
}

function bytes(number: number): string {
  if (number < 1024) return `${number} B`;
  return number < 1024 * 1024 ? `${(number / 1024).toFixed(1)} KiB` : `${(number / 1024 / 1024).toFixed(1)} MiB`;
}

function count(number: number, one: string, many: string): string {
  return `${number} ${number === 1 ? one : many}`;
}
