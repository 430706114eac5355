import type { Clock } from '../clock.ts';
import type { Config } from '../config/config.ts';
import { nearest } from '../config/validator.ts';
import { SnoozeError } from '../errors.ts';
import type { CheckResult } from '../idle/check.ts';
import type { PluginMetrics, PluginSummary } from './host.ts';
import type { FoundPlugin } from './manifest/discover.ts';

/** An instance that the configuration wants and that cannot even be tried. */
export type Impossible = {
  instance: string;
  plugin: string;
  /** Of the plugin, as far as it was ever known; else empty. */
  version: string;
  directory: string;
  message: string;
  /** What to type, where that is known. */
  hint?: string | undefined;
};

/** Where nothing has been measured, as before the first round and on a host that has none of it. */
export const NO_METRICS: PluginMetrics = {
  timestamp: 0,
  cpu_usage: null,
  memory_usage: null,
  network_traffic: null,
  disk_io: null,
  gpu_usage: null,
  input_idle_seconds: null,
  load_1m: null,
  idle_seconds: 0,
  gpus: [],
};

/** The verdict of an instance that cannot even be tried: unknown, with the reason. */
export function impossibleCheck({ instance, message }: Impossible, config: Config, clock: Clock): CheckResult {
  const own = config.plugins.plugin_configs[instance] ?? {};
  return {
    name: instance,
    kind: 'plugin',
    verdict: 'unknown',
    value: null,
    threshold: null,
    unit: null,
    reason: message,
    weight: own.weight ?? 1,
    onError: own.on_error ?? 'busy',
    counts: own.role !== 'inform',
    bootMs: clock.bootMs(),
    tookMs: 0,
  };
}

const NOTHING_SAID = {
  pid: null,
  cause: null,
  since: null,
  degraded: null,
  unconfined: null,
  next_try: null,
  restarts: 0,
  timeouts: 0,
  verdict: null,
  reason: null,
  took_ms: null,
};

/** An instance that cannot even be tried, as lists show it. */
export function impossibleSummary({ instance, plugin, version, directory, message }: Impossible): PluginSummary {
  return {
    ...NOTHING_SAID,
    instance,
    plugin,
    version,
    directory,
    state: 'failed',
    enabled: true,
    last_error: message,
  };
}

/** A plugin that is there and not in use, or an instance of it that the configuration names and turns off. */
export function disabledSummary(
  { manifest: { name, version }, directory }: FoundPlugin,
  instance: string = name,
): PluginSummary {
  return {
    ...NOTHING_SAID,
    instance,
    plugin: name,
    version,
    directory,
    state: 'disabled',
    enabled: false,
    last_error: null,
  };
}

/** The error for a name that is neither an instance nor a plugin; `known` are those that there are. */
export function unknownPlugin(name: string, message: string | undefined, known: readonly PluginSummary[]): SnoozeError {
  const names = message === undefined ? known.map(({ instance }) => instance) : [];
  const meant = nearest(name, names);
  return new SnoozeError('SNOOZE_E_PLUGIN_UNKNOWN', message ?? `there is no plugin or instance ${name}`, {
    hint:
      meant === undefined
        ? `type: snooze plugin list; to use a plugin twice: snooze plugin configure ${name} plugin=NAME`
        : `did you mean ${meant}?`,
  });
}
