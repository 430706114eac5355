import type { OnError } from '../idle/check.ts';
import type { Config } from './config.ts';

export type MonitorSetting = { enabled: boolean; threshold: number | null; onError: OnError };

/** Those of them that the configuration does not turn off. One without a threshold is read as well: plugins get it. */
export function enabledMonitors<Named extends { name: string }>(
  monitors: readonly Named[],
  config: Config,
): readonly Named[] {
  return monitors.filter(({ name }) => isEnabled(config, name));
}

/** What the configuration says of each monitor: `monitors.<name>` wins over the flat key. */
export function monitorSettings(config: Config): Record<string, MonitorSetting> {
  const flat: Record<string, number | null> = {
    cpu: config.cpu_threshold_percent,
    memory: config.memory_threshold_percent,
    network: config.network_threshold_kbps,
    disk: config.disk_io_threshold_kbps,
    load: config.load_threshold,
    input: config.input_idle_threshold_secs,
    gpu: config.gpu_threshold_percent,
  };
  return Object.fromEntries(
    Object.entries(flat).map(([name, threshold]) => {
      const own = config.monitors[name] ?? {};
      const setting: MonitorSetting = {
        enabled: isEnabled(config, name),
        threshold: own.threshold === undefined ? threshold : own.threshold,
        onError: own.on_error ?? 'busy',
      };
      return [name, setting];
    }),
  );
}

function isEnabled(config: Config, name: string): boolean {
  return config.monitors[name]?.enabled ?? (name === 'gpu' ? config.gpu_monitoring_enabled : true);
}
