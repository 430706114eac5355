import type { Config } from '../config/config.ts';
import { monitorSettings } from '../config/thresholds.ts';

/** What is watched, and what it leads to, in a sentence. */
export function describeWatch(config: Config): string {
  const on = Object.entries(monitorSettings(config)).filter(
    ([, { enabled, threshold }]) => enabled && threshold !== null,
  );
  const checks = on.map(([name, { threshold }]) => `${name} ${threshold}`).join(', ');
  const act = config.dry_run ? `dry run of "${config.action}"` : `"${config.action}"`;
  return `watching ${checks || 'nothing'} every ${config.check_interval_seconds} s; ${act} after ${config.naptime_minutes} idle minutes`;
}
