import { uptime } from 'node:os';

/** Where all time comes from. Everything that waits or measures takes one of these. */
export type Clock = {
  /** Milliseconds since the Unix epoch: for what people and clouds read. May jump. */
  wallMs(): number;
  /**
   * Milliseconds since the host booted, sleep included: for every duration that decides something.
   * Never jumps with the wall clock, and a laptop that slept shows as a gap.
   */
  bootMs(): number;
  /** Calls back once after `delayMs`; the function it returns takes the call back. */
  after(delayMs: number, callback: () => void): () => void;
};

/** Node clamps longer timers to one millisecond. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Node asks the kernel for the uptime by opening a file: too dear for every look at a clock. */
const UPTIME_TRUSTED_MS = 1_000;
/** `/proc/uptime` counts in steps of 10 ms; anything well above that was a sleep, which the fine clock leaves out. */
const SHORTEST_SLEEP_MS = 100;

/** The host's own time. */
export const systemClock: Clock = {
  wallMs: () => Date.now(),
  bootMs: bootClock(),
  after(delayMs, callback) {
    const timer = setTimeout(callback, Math.min(Math.max(0, delayMs), LONGEST_TIMER_MS));
    return () => clearTimeout(timer);
  },
};

/** The fine clock since boot, moved on by each sleep of the host within a second after it. */
function bootClock(): () => number {
  // The uptime first: a process that is put aside between the two takes that for nothing, and not for a sleep.
  const aheadNowMs = () => uptime() * 1000 - performance.now();
  let aheadMs = aheadNowMs();
  let askedMs = performance.now();
  return () => {
    if (performance.now() - askedMs > UPTIME_TRUSTED_MS) {
      const foundMs = aheadNowMs();
      if (foundMs - aheadMs > SHORTEST_SLEEP_MS) aheadMs = foundMs;
      askedMs = performance.now();
    }
    return performance.now() + aheadMs;
  };
}

/**
 * Resolves after `delayMs`, or as soon as `signal` aborts; it never rejects.
 * @returns true when the time passed, false when it was cut short.
 */
export function sleep(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<boolean> {
  if (signal?.aborted) return Promise.resolve(false);
  return new Promise((resolve) => {
    const finish = (whole: boolean) => {
      cancel();
      signal?.removeEventListener('abort', abort);
      resolve(whole);
    };
    const abort = () => finish(false);
    const cancel = clock.after(delayMs, () => finish(true));
    signal?.addEventListener('abort', abort, { once: true });
  });
}

/** Wall-clock milliseconds as RFC 3339 UTC with whole milliseconds, the form of every file and message. */
export function rfc3339(wallMs: number): string {
  return new Date(wallMs).toISOString();
}
