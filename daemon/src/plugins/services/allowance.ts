import { setImmediate as nextTurn } from 'node:timers/promises';
import { type Clock, sleep } from '../../clock.ts';

/** So many calls may come at once, and so many each second after them. */
const BURST = 100;
const PER_SECOND = 50;

/**
 * Keeps a plugin from having the daemon write to the disk all day: each call waits here for its turn, which is at once
 * for one that calls now and then. Between two calls of a plugin everybody else is served.
 */
export function createAllowance(clock: Clock): (signal: AbortSignal) => Promise<void> {
  const gapMs = 1_000 / PER_SECOND;
  let spentUntilMs = Number.NEGATIVE_INFINITY;
  let before: Promise<void> = Promise.resolve();
  return async (signal) => {
    const nowMs = clock.bootMs();
    spentUntilMs = Math.max(spentUntilMs, nowMs - BURST * gapMs) + gapMs;
    if (spentUntilMs > nowMs) await sleep(clock, spentUntilMs - nowMs, signal);
    before = before.then(() => nextTurn());
    await before;
  };
}
