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

/** Samples the host, asks every plugin at the same time, and applies the policy. */
export async function lookOnce(parts: RoundParts, context: RoundContext, signal: AbortSignal): Promise<Round> {
  const config = parts.config();
  // the look before the act decides on nothing that was found before it
  const sample = await parts.sampler.sample({ fresh: context.state === 'snoozing' });
  const answers = await parts.plugins.checkAll(
    pluginMetrics(sample, context.idleSeconds),
    {
      check_interval_seconds: config.check_interval_seconds,
      naptime_seconds: config.naptime_minutes * 60,
      state: context.state,
    },
    signal,
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
