import type { Clock } from '../clock.ts';
import type { Config } from '../config/config.ts';
import { monitorSettings } from '../config/thresholds.ts';
import type { CheckResult } from '../idle/check.ts';
import { checkMonitor } from '../idle/monitor-check.ts';
import { decide, type HostVerdict } from '../idle/policy.ts';
import { pluginMetrics } from '../monitors/metrics.ts';
import type { Monitor, Sample } from '../monitors/monitor.ts';
import type { Sampler } from '../monitors/sampler.ts';
import type { PluginHost } from '../plugins/host.ts';

/** What one look at the host found: all readings, every verdict, and what the policy makes of them. */
export type Round = { sample: Sample; checks: CheckResult[]; host: HostVerdict };

export type RoundParts = {
  sampler: Pick<Sampler, 'sample'>;
  monitors: readonly Monitor[];
  plugins: Pick<PluginHost, 'checkAll'>;
  config: () => Config;
  clock: Clock;
};

/** Where the count stands when the plugins are asked; they get it as `context`. */
export type RoundContext = { state: string; idleSeconds: number };

/** Nobody is slow who has had no more than this, on however busy a machine. */
const SHORTEST_WAIT_MS = 1_000;

/**
 * Samples the host, asks every plugin at the same time, and applies the policy. Plugins are waited for until the next
 * round is due, so that none of them is asked late because of another.
 */
export async function lookOnce(parts: RoundParts, context: RoundContext, signal: AbortSignal): Promise<Round> {
  const config = parts.config();
  // the look before the act decides on nothing that was found before it
  const sample = await parts.sampler.sample({ fresh: context.state === 'snoozing' });
  const sampledMs = parts.clock.bootMs() - sample.bootMs;
  const answers = await parts.plugins.checkAll(
    pluginMetrics(sample, context.idleSeconds),
    {
      check_interval_seconds: config.check_interval_seconds,
      naptime_seconds: config.naptime_minutes * 60,
      state: context.state,
    },
    { waitMs: Math.max(config.check_interval_seconds * 1000 - sampledMs, SHORTEST_WAIT_MS), signal },
  );
  const checks = [...monitorChecks(parts.monitors, sample, config), ...answers];
  return { sample, checks, host: decide({ kind: config.idle_policy, quorum: config.quorum }, checks) };
}

function monitorChecks(monitors: readonly Monitor[], sample: Sample, config: Config): CheckResult[] {
  const settings = monitorSettings(config);
  return monitors.flatMap((monitor) => {
    const setting = settings[monitor.name];
    const reading = sample.readings[monitor.name];
    if (setting?.enabled !== true || setting.threshold === null || reading === undefined) return [];
    return [
      checkMonitor(monitor, reading, {
        threshold: setting.threshold,
        onError: setting.onError,
        bootMs: sample.bootMs,
        tookMs: sample.tookMs[monitor.name] ?? 0,
      }),
    ];
  });
}
