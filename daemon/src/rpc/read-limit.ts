import type { Clock } from '../clock.ts';

const SECOND_MS = 1_000;

/** Counts what is read of a stream, and has it wait where that is too much for one second. */
export type ReadLimit = { count(bytes: number): void; end(): void };

/** After more than `perSecondBytes` in a second, `pause` is called, and `resume` once that second is over. */
export function limitReading(perSecondBytes: number, clock: Clock, pause: () => void, resume: () => void): ReadLimit {
  let readBytes = 0;
  let sinceMs = clock.bootMs();
  let isPaused = false;
  let cancelRest = () => {};
  return {
    count(bytes) {
      const nowMs = clock.bootMs();
      if (nowMs - sinceMs >= SECOND_MS) [sinceMs, readBytes] = [nowMs, 0];
      readBytes += bytes;
      if (readBytes <= perSecondBytes || isPaused) return;
      isPaused = true;
      pause();
      cancelRest = clock.after(sinceMs + SECOND_MS - nowMs, () => {
        isPaused = false;
        resume();
      });
    },
    end: () => cancelRest(),
  };
}
