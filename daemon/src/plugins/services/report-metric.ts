import type { Clock } from '../../clock.ts';
import { rfc3339 } from '../../clock.ts';
import { type HostServices, paramsOf, refusal } from './service.ts';

/** A number that a plugin has reported last. */
export type ReportedMetric = { name: string; labels: Record<string, string>; value: number; at: string };

/** What plugins report, by instance. */
export type Metrics = {
  of(instance: string): ReportedMetric[];
  forget(instance: string): void;
  services: HostServices;
};

const MOST_SERIES = 100;

/** `Host.ReportMetric`: keeps the last value of each series, of a bounded number of them. */
export function createMetrics(clock: Clock): Metrics {
  const reported = new Map<string, Map<string, ReportedMetric>>();
  return {
    of: (instance) => [...(reported.get(instance)?.values() ?? [])],
    forget: (instance) => void reported.delete(instance),
    services: {
      'Host.ReportMetric': {
        schema: paramsOf(
          {
            name: { type: 'string', pattern: '^(?!cloudsnooze_)[a-zA-Z_:][a-zA-Z0-9_:]*$', maxLength: 200 },
            value: { type: 'number' },
            labels: {
              type: 'object',
              maxProperties: 10,
              // what Prometheus takes as a label
              propertyNames: { pattern: '^(?!__)[a-zA-Z_][a-zA-Z0-9_]*$' },
              additionalProperties: { type: 'string', maxLength: 200 },
            },
          },
          ['name', 'value'],
        ),
        serve({ name, value, labels = {} }, { instance }) {
          const series = reported.getOrInsertComputed(instance, () => new Map());
          const sorted = Object.entries(labels as Record<string, string>).toSorted(([a], [b]) => (a < b ? -1 : 1));
          const key = JSON.stringify([name, sorted]);
          if (!series.has(key) && series.size >= MOST_SERIES)
            throw refusal('refused', `at most ${MOST_SERIES} series are kept for an instance`);
          const at = rfc3339(clock.wallMs());
          series.set(key, { name: String(name), labels: Object.fromEntries(sorted), value: Number(value), at });
          return {};
        },
      },
    },
  };
}
