import type { Reading } from './monitor.ts';

/** Counters by device, each of them since some beginning of its own and all in the same unit. */
export type Counters = ReadonlyMap<string, readonly number[]>;

const WRAP_32_BITS = 2 ** 32;
/** A wrapped counter of 32 bits was in its last quarter and is in its first one. */
const WRAP_FROM = WRAP_32_BITS * 0.75;
const WRAP_TO = WRAP_32_BITS * 0.25;

/**
 * Turns counters into KiB a second since the last sample. `unitsPerKib`: how much a counter grows with one KiB.
 * Where they cannot be compared the reading is `pending`, never 0: nobody knows what passed.
 */
export function createRate(what: string, unitsPerKib: number): (counters: Counters, bootMs: number) => Reading {
  let previous: { counters: Counters; bootMs: number } | undefined;
  return (counters, bootMs) => {
    const before = previous;
    // two samples of one instant tell nothing: the first of them stays the one to compare with
    if (before === undefined || bootMs !== before.bootMs) previous = { counters, bootMs };
    if (before === undefined || bootMs <= before.bootMs)
      return { status: 'pending', reason: `${what} needs a second sample` };
    const grown = growth(before.counters, counters);
    if (typeof grown === 'string') return { status: 'pending', reason: `${what} needs one sample more: ${grown}` };
    return { status: 'measured', value: grown / unitsPerKib / ((bootMs - before.bootMs) / 1000) };
  };
}

/**
 * How much all counters have grown together, or in words why that cannot be told. A device that has appeared or
 * vanished adds nothing for this interval; a counter of 32 bits that wrapped adds what it really counted.
 */
export function growth(before: Counters, after: Counters): number | string {
  let sum = 0;
  let compared = 0;
  for (const [device, counters] of after) {
    const then = before.get(device);
    if (then === undefined) continue;
    compared++;
    for (const [index, now] of counters.entries()) {
      const grown = growthOfOne(then[index] ?? 0, now);
      if (grown === undefined) return `the counters of ${device} began again`;
      sum += grown;
    }
  }
  return compared > 0 ? sum : 'no device is there that was there before';
}

/** Undefined where the counter went back and did not wrap. */
function growthOfOne(then: number, now: number): number | undefined {
  if (now >= then) return now - then;
  const wrapped = then >= WRAP_FROM && then < WRAP_32_BITS && now <= WRAP_TO;
  return wrapped ? now + WRAP_32_BITS - then : undefined;
}
