import type { Clock } from '../../src/clock.ts';

/** A clock that stands still until told; callbacks run in order while it is moved. */
export type FakeClock = Clock & {
  /** Moves both times on and runs what has become due, letting promises settle in between. */
  advance(ms: number): Promise<void>;
  /** The wall clock jumps; the time since boot does not. */
  jumpWall(ms: number): void;
  /** Timers that are still waiting. */
  waiting(): number;
};

export function createFakeClock(startWallMs = Date.UTC(2026, 0, 1), startBootMs = 3_600_000): FakeClock {
  let wallMs = startWallMs;
  let bootMs = startBootMs;
  let timers: { dueMs: number; callback: () => void }[] = [];

  /** Long enough for what is written down together, and for what comes of it. */
  const settle = async () => {
    for (let turn = 0; turn < 5; turn++) await new Promise<void>((resolve) => setImmediate(resolve));
  };
  const moveTo = (targetMs: number) => {
    wallMs += targetMs - bootMs;
    bootMs = targetMs;
  };

  return {
    wallMs: () => wallMs,
    bootMs: () => bootMs,
    after(delayMs, callback) {
      const timer = { dueMs: bootMs + Math.max(0, delayMs), callback };
      timers.push(timer);
      return () => {
        timers = timers.filter((other) => other !== timer);
      };
    },
    async advance(ms) {
      const endMs = bootMs + ms;
      await settle();
      for (;;) {
        const next = timers.filter((timer) => timer.dueMs <= endMs).sort((a, b) => a.dueMs - b.dueMs)[0];
        if (!next) break;
        timers = timers.filter((timer) => timer !== next);
        moveTo(Math.max(bootMs, next.dueMs));
        next.callback();
        await settle();
      }
      moveTo(endMs);
      await settle();
    },
    jumpWall(ms) {
      wallMs += ms;
    },
    waiting: () => timers.length,
  };
}
