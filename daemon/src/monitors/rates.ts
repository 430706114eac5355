/** Counters by device since some beginning, each in the same unit. */
export type Counters = ReadonlyMap<string, number>;

const WRAP_32_BITS = 2 ** 32;
/** A wrapped counter of 32 bits was in its last quarter and is in its first one. */
const WRAP_FROM = WRAP_32_BITS * 0.75;
const WRAP_TO = WRAP_32_BITS * 0.25;

/**
 * How much all counters have grown together. A device that has appeared, vanished or begun again adds nothing for
 * this interval; one of 32 bits that wrapped adds what it really counted.
 */
export function growth(before: Counters, after: Counters): number {
  let sum = 0;
  for (const [device, now] of after) {
    const then = before.get(device);
    if (then === undefined) continue;
    if (now >= then) sum += now - then;
    else if (then >= WRAP_FROM && then < WRAP_32_BITS && now <= WRAP_TO) sum += now + WRAP_32_BITS - then;
  }
  return sum;
}

/** Remembers the last counters and gives the growth in a second, or undefined where two samples are not there yet. */
export function createRate(): (counters: Counters, bootMs: number) => number | undefined {
  let previous: { counters: Counters; bootMs: number } | undefined;
  return (counters, bootMs) => {
    const before = previous;
    previous = { counters, bootMs };
    if (before === undefined || bootMs <= before.bootMs) return undefined;
    return growth(before.counters, counters) / ((bootMs - before.bootMs) / 1000);
  };
}
