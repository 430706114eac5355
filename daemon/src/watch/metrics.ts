import type { Status } from '../control/api.ts';
import type { EventCounts } from '../events/counts.ts';
import type { PluginMeasurements } from '../plugins/host.ts';
import { exposition, type Family } from './exposition.ts';

/** Everything that `/metrics` is made of. */
export type MetricsInputs = {
  status: Status;
  events: ReturnType<EventCounts['counts']>;
  plugins: readonly PluginMeasurements[];
  /** Requests to the cloud's metadata service; null where there is none. */
  metadata: { requests: number; tokens?: number } | null;
};

type Series = Family['series'];

const STATES: readonly Status['state'][] = ['starting', 'active', 'idle', 'warning', 'inhibited', 'snoozing'];
const VERDICTS = ['idle', 'busy', 'unknown', 'absent'] as const;
const HEALTH = ['starting', 'ok', 'failing'];

/** The daemon's metrics in the Prometheus text format: one page, whatever has happened never a series for each. Pure. */
export function renderMetrics(inputs: MetricsInputs): string {
  return exposition([
    ...hostMetrics(inputs.status),
    ...pluginMetrics(inputs),
    ...eventMetrics(inputs),
    ...reportedMetrics(inputs.plugins),
  ]);
}

function hostMetrics({ checks, inhibitors, ...status }: Status): Family[] {
  const ofChecks = (value: (check: Status['checks'][number]) => number | null): Series =>
    checks.flatMap((check) => {
      const { name, kind, unit } = check;
      const number = value(check);
      return number === null ? [] : [{ labels: { check: name, kind, ...(unit && { unit }) }, value: number }];
    });
  return [
    gauge('build_info', 'The version of snoozed.', [
      { labels: { version: status.version, node: process.version }, value: 1 },
    ]),
    gauge('uptime_seconds', 'How long snoozed has been running.', [{ value: status.uptime_seconds }]),
    gauge('state', 'The state of the host: 1 for the one it is in.', oneOf('state', STATES, status.state)),
    gauge('idle_seconds', 'How long the host has been idle; 0 while it is busy.', [{ value: status.idle_seconds }]),
    gauge('naptime_seconds', 'How long the host must stay idle.', [{ value: status.naptime_seconds }]),
    gauge('inhibitors', 'What forbids a snooze now.', [{ value: inhibitors.length }]),
    gauge('dry_run', '1 where everything is decided and nothing done.', [{ value: Number(status.dry_run) }]),
    gauge(
      'check_value',
      'What a check has measured last.',
      ofChecks(({ value }) => value),
    ),
    gauge(
      'check_threshold',
      'The threshold of a check.',
      ofChecks(({ threshold }) => threshold),
    ),
    gauge(
      'check_verdict',
      'The verdict of a check: 1 for the one it gave last.',
      checks.flatMap(({ name, kind, verdict }) => oneOf('verdict', VERDICTS, verdict, { check: name, kind })),
    ),
  ];
}

function pluginMetrics({ status, plugins }: MetricsInputs): Family[] {
  const ofPlugins = (value: (plugin: Status['plugins'][number]) => number): Series =>
    status.plugins.map((plugin) => {
      const { instance, plugin: name, version } = plugin;
      return { labels: { plugin_instance: instance, plugin: name, version }, value: value(plugin) };
    });
  const ofMethods = (key: 'calls' | 'errors' | 'timeouts'): Series =>
    plugins.flatMap(({ instance, methods }) =>
      Object.entries(methods).map(([method, statistics]) => ({
        labels: { plugin_instance: instance, method },
        value: statistics[key],
      })),
    );
  return [
    gauge(
      'plugin_running',
      'Whether a plugin that is in use runs.',
      ofPlugins(({ state }) => Number(state === 'running')),
    ),
    counter(
      'plugin_restarts_total',
      'How often a plugin was started again.',
      plugins.map(({ instance, restarts }) => ({ labels: { plugin_instance: instance }, value: restarts })),
    ),
    counter('plugin_calls_total', 'Calls of a plugin that are over.', ofMethods('calls')),
    counter('plugin_errors_total', 'Calls answered with an error, or not at all.', ofMethods('errors')),
    counter('plugin_timeouts_total', 'Calls without an answer in time.', ofMethods('timeouts')),
  ];
}

function eventMetrics({ status, events, metadata }: MetricsInputs): Family[] {
  return [
    gauge('events_pending', 'Events on their way now.', [{ value: status.events.pending.length }]),
    counter('events_seen_total', 'New events since the start of snoozed.', events.seen),
    counter('events_ended_total', 'Events that have ended since the start, by how.', events.ended),
    counter('handler_outcomes_total', 'What became of the turns of handlers since the start.', events.outcomes),
    gauge(
      'source_health',
      'How a source of events is doing: 1 for what is so.',
      status.events.sources.flatMap(({ name, status: health }) => oneOf('status', HEALTH, health, { source: name })),
    ),
    ...(metadata === null
      ? []
      : [
          counter('metadata_requests_total', "Requests to the cloud's metadata service.", [
            { value: metadata.requests },
          ]),
        ]),
    ...(metadata?.tokens === undefined
      ? []
      : [
          counter('metadata_tokens_total', "Tokens fetched from EC2's metadata service.", [{ value: metadata.tokens }]),
        ]),
  ];
}

/** By the name that the plugin gave; several plugins may have the same one. */
function reportedMetrics(plugins: readonly PluginMeasurements[]): Family[] {
  const byName = new Map<string, Series>();
  for (const { instance, reported } of plugins)
    for (const { name, labels, value } of reported)
      byName.getOrInsertComputed(name, () => []).push({ labels: { ...labels, plugin_instance: instance }, value });
  return [...byName].map(([name, series]) => ({ name, help: 'Reported by a plugin.', type: 'untyped', series }));
}

function oneOf(label: string, names: readonly string[], is: string, labels: Record<string, string> = {}): Series {
  return names.map((name) => ({ labels: { ...labels, [label]: name }, value: Number(name === is) }));
}

function gauge(name: string, help: string, series: Series): Family {
  return { name: `cloudsnooze_${name}`, help, type: 'gauge', series };
}

function counter(name: string, help: string, series: Series): Family {
  return { name: `cloudsnooze_${name}`, help, type: 'counter', series };
}
