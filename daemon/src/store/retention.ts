import type { Clock } from '../clock.ts';

const EVERY_MS = 86_400_000;

/**
 * Drops what is too old: now, and whenever the function it gives is called and a day has passed. A failure waits for
 * the next day: what is too old does no harm, and what is being written meanwhile must not suffer.
 */
export function purgeDaily(clock: Clock, purge: () => void): () => void {
  let purgedBootMs = Number.NEGATIVE_INFINITY;
  const purgeWhenDue = () => {
    if (clock.bootMs() - purgedBootMs < EVERY_MS) return;
    purgedBootMs = clock.bootMs();
    try {
      purge();
    } catch {
      // a full disk; the next day tries again
    }
  };
  purgeWhenDue();
  return purgeWhenDue;
}
