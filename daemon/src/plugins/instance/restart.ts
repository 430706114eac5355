/** What is remembered of an instance's crashes. */
export type CrashRecord = {
  /** Milliseconds since boot, oldest first; only those that still count. */
  readonly crashesBootMs: readonly number[];
  /** It has been parked since it last ran for long enough to be trusted again. */
  readonly parked: boolean;
};

export const NO_CRASHES: CrashRecord = { crashesBootMs: [], parked: false };

const FIRST_DELAY_MS = 1_000;
const LONGEST_DELAY_MS = 60_000;
const PARK_AFTER_CRASHES = 5;
const PARK_WITHIN_MS = 3 * 60_000;
const PARKED_DELAY_MS = 3_600_000;

/** One crash: when, how long the plugin had run, and the jitter, 0 to 1. */
export type Crash = { bootMs: number; ranMs: number; random: number };

/**
 * When a crashed plugin is started again: twice as long after each crash, with jitter so that many do not start at
 * once; five crashes in three minutes park it, and a parked one is tried once an hour until it lasts. Pure.
 */
export function planRestart(record: CrashRecord, crash: Crash): { delayMs: number; record: CrashRecord } {
  const { bootMs, ranMs, random } = crash;
  const recent = [...record.crashesBootMs, bootMs].filter((crashMs) => bootMs - crashMs <= PARK_WITHIN_MS);
  const distrusted = record.parked && ranMs <= PARK_WITHIN_MS;
  if (distrusted || recent.length >= PARK_AFTER_CRASHES)
    return { delayMs: PARKED_DELAY_MS, record: { crashesBootMs: [], parked: true } };
  const delayMs = Math.min(FIRST_DELAY_MS * 2 ** (recent.length - 1), LONGEST_DELAY_MS);
  return { delayMs: delayMs * (0.5 + random / 2), record: { crashesBootMs: recent, parked: false } };
}
