/** What is remembered of an instance's crashes: milliseconds since boot, oldest first. */
export type CrashRecord = readonly number[];

const FIRST_DELAY_MS = 1_000;
const LONGEST_DELAY_MS = 60_000;
const PARK_AFTER_CRASHES = 5;
const PARK_WITHIN_MS = 3 * 60_000;
const PARKED_DELAY_MS = 3_600_000;

/**
 * When a crashed plugin is started again: twice as long after each crash, with jitter so that many do not start at
 * once; five crashes in three minutes park it for an hour. `random` is 0 to 1. Pure.
 */
export function planRestart(
  crashes: CrashRecord,
  bootMs: number,
  random: number,
): { delayMs: number; parked: boolean; crashes: CrashRecord } {
  const recent = [...crashes, bootMs].filter((crashMs) => bootMs - crashMs <= PARK_WITHIN_MS);
  if (recent.length >= PARK_AFTER_CRASHES) return { delayMs: PARKED_DELAY_MS, parked: true, crashes: [] };
  const delayMs = Math.min(FIRST_DELAY_MS * 2 ** (recent.length - 1), LONGEST_DELAY_MS);
  return { delayMs: delayMs * (0.5 + random / 2), parked: false, crashes: recent };
}
