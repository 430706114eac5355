/** `absent`: the host has no such thing, so the check does not count. */
export type Verdict = 'idle' | 'busy' | 'unknown' | 'absent';

/** What an unknown verdict counts as: `busy` (never stop on a guess), or not at all. */
export type OnError = 'busy' | 'ignore';

/** One verdict with everything that explains it. */
export type CheckResult = {
  /** Monitor name, or plugin instance. */
  name: string;
  kind: 'monitor' | 'plugin';
  verdict: Verdict;
  value: number | null;
  threshold: number | null;
  unit: string | null;
  /** In words, with the value and the threshold: "cpu 62.0 % is over 10 %". */
  reason: string;
  /** Its say under `idle_policy: "quorum"`. */
  weight: number;
  onError: OnError;
  /** False where it is shown but has no say (`role: "inform"`). */
  counts: boolean;
  /** When it was found: milliseconds since boot. */
  bootMs: number;
  /** How long it took to find out, in milliseconds. */
  tookMs: number;
};

/** Something that forbids a snooze while the host is idle. */
export type Inhibition = {
  kind: 'boot-grace' | 'lease' | 'schedule' | 'event' | 'backoff' | 'safety';
  name: string;
  reason: string;
  /** When it ends by itself: milliseconds since boot, or null. */
  untilBootMs: number | null;
};
