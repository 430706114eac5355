import type { Answer, Talk } from './talk.ts';

/** Metrics of a host that does nothing. */
export const QUIET_METRICS = {
  timestamp: 1_780_000_000,
  cpu_usage: 1,
  memory_usage: 20,
  network_traffic: 0,
  disk_io: 0,
  gpu_usage: null,
  input_idle_seconds: null,
  load_1m: 0.1,
  idle_seconds: 0,
  gpus: [],
};

/** Sends `Initialize` as the daemon does. */
export function initialize(plugin: Talk, config: Record<string, unknown>, stateDirectory = ''): Promise<Answer> {
  return plugin.request('Initialize', {
    protocol_version: 1,
    host: { name: 'snoozed', version: '0.1.0' },
    plugin: { name: 'test', instance: 'test' },
    config,
    state_dir: stateDirectory,
    log_level: 'info',
    host_methods: [],
  });
}

/** Sends `CheckIdle` as the daemon does, with the patience of a test: a server on a busy machine takes its time. */
export function checkIdle(plugin: Talk): Promise<Answer> {
  const context = { check_interval_seconds: 60, naptime_seconds: 1800, state: 'active', deadline_ms: 60_000 };
  return plugin.request('CheckIdle', { metrics: QUIET_METRICS, context });
}
