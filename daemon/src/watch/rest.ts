import { type Clock, sleep } from '../clock.ts';

/** The pauses between rounds. */
export type Rest = {
  /** Waits until `bootMs`, or until somebody wants a look soon, or the watch ends. */
  until(bootMs: number): Promise<void>;
  /** Ends this pause, or the next one, at once; no sooner than `SHORTEST_MS` after the last sample. */
  wake(): void;
};

/** The first rates need two samples so far apart; a person at the terminal should not wait a minute for them. */
export const SHORTEST_MS = 1_000;

/** `sampledBootMs` is when the last sample was taken. */
export function createRest(clock: Clock, ending: AbortSignal, sampledBootMs: () => number): Rest {
  let woken = new AbortController();
  ending.addEventListener('abort', () => woken.abort(), { once: true });
  return {
    async until(bootMs) {
      if (await sleep(clock, bootMs - clock.bootMs(), woken.signal)) return;
      if (ending.aborted) return;
      woken = new AbortController();
      // A rate over a moment is noise, and a busy moment would begin the count anew.
      await sleep(clock, sampledBootMs() + SHORTEST_MS - clock.bootMs(), ending);
    },
    wake: () => woken.abort(),
  };
}
