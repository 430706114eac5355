import type { Config } from '../config/config.ts';
import { snoozeAtBootMs, type TrackerSettings, type TrackerState } from '../idle/tracker.ts';

/** The times of the count, from the configuration. */
export function timesOf(config: Config): TrackerSettings {
  return {
    naptimeMs: config.naptime_minutes * 60_000,
    warningMs: config.warning_minutes * 60_000,
    intervalMs: config.check_interval_seconds * 1000,
  };
}

/** Whether the next but one round may be the one that ends in a snooze. */
export function isNear(tracker: TrackerState, times: TrackerSettings): boolean {
  if (tracker.phase !== 'idle' && tracker.phase !== 'warning') return false;
  const snoozeAt = snoozeAtBootMs(tracker, times) ?? Number.POSITIVE_INFINITY;
  return snoozeAt - tracker.lastBootMs <= 2 * times.intervalMs;
}
