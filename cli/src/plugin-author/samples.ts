import { CATALOG } from '@cloudsnooze/daemon/events/catalog';
import type { CheckContext, PluginMetrics } from '@cloudsnooze/daemon/plugins/host';
import { NO_METRICS } from '@cloudsnooze/daemon/plugins/not-running';

/** Metrics to try a plugin with, and what they stand for. */
export type MetricsSample = { name: string; metrics: PluginMetrics };

const IDLE: PluginMetrics = {
  timestamp: 1_800_000_000,
  cpu_usage: 1.5,
  memory_usage: 18.2,
  network_traffic: 0.4,
  disk_io: 0,
  gpu_usage: 0,
  input_idle_seconds: 5400,
  load_1m: 0.02,
  idle_seconds: 1200,
  gpus: [gpu(0, 0)],
};

const BUSY: PluginMetrics = {
  ...IDLE,
  cpu_usage: 97.5,
  memory_usage: 88,
  network_traffic: 51_200.25,
  disk_io: 20_480.5,
  gpu_usage: 99,
  input_idle_seconds: 0,
  load_1m: 16.4,
  idle_seconds: 0,
  gpus: [gpu(0, 99)],
};

const HUGE: PluginMetrics = {
  timestamp: 253_402_300_799,
  cpu_usage: 100,
  memory_usage: 100,
  network_traffic: 1e12,
  disk_io: 1e12,
  gpu_usage: 100,
  input_idle_seconds: 1e9,
  load_1m: 1e6,
  idle_seconds: 1e9,
  gpus: Array.from({ length: 64 }, (_, index) => gpu(index, 100)),
};

/** What every host may look like on some day. */
export const ORDINARY: readonly [MetricsSample, MetricsSample] = [
  { name: 'an idle host', metrics: IDLE },
  { name: 'a busy host', metrics: BUSY },
];

/** What few hosts look like, and one does. */
export const EXTREME: readonly MetricsSample[] = [
  // such as a container
  { name: 'a host that measures nothing', metrics: NO_METRICS },
  { name: 'a host with huge numbers', metrics: HUGE },
];

/** A call as a host of another version would send it: with members that this one does not know. */
export function fromAnotherVersion({ metrics }: MetricsSample): Record<string, unknown> {
  return { metrics: { ...metrics, tomorrow: { is: 'unknown' } }, context: { ...CONTEXT, tomorrow: 1 }, tomorrow: null };
}

/** What goes with the metrics. */
export const CONTEXT: CheckContext = { check_interval_seconds: 60, naptime_seconds: 1800, state: 'active' };

/** What the sources of events put into `data`. */
const DATA: Record<string, Record<string, unknown>> = {
  'cloud.spot.interrupt': { action: 'terminate' },
  'cloud.instance.maintenance': { code: 'system-reboot' },
  'system.disk.low': { path: '/', free_percent: 2 },
};

/** An event of a type as a source would send it now. */
export function sampleEvent(type: string, { id, wallMs }: { id: string; wallMs: number }): Record<string, unknown> {
  const entry = CATALOG.find((each) => each.type === type);
  const seconds = entry?.deadlineSeconds ?? null;
  return {
    type,
    source: 'test',
    timestamp: new Date(wallMs).toISOString(),
    id,
    data: DATA[type] ?? {},
    severity: entry?.severity ?? 0,
    deadline: seconds === null ? null : new Date(wallMs + seconds * 1000).toISOString(),
  };
}

function gpu(index: number, usage: number): Record<string, unknown> {
  return { id: `gpu${index}`, name: 'NVIDIA L4', usage, memory_used_mib: usage * 200, memory_total_mib: 23_034 };
}
