import type { Clock } from '../clock.ts';

/** A network card can be taken into another one while it lives; nobody is told. */
const ASK_AGAIN_AFTER_MS = 10 * 60_000;

/**
 * Remembers which devices count. `choose` asks /sys, which costs more than a whole sample: only when a device has
 * come or gone, and every ten minutes.
 */
export function createSelection(
  clock: Clock,
  choose: (names: readonly string[]) => ReadonlySet<string>,
): (names: readonly string[]) => ReadonlySet<string> {
  let known: { names: readonly string[]; chosen: ReadonlySet<string>; askedBootMs: number } | undefined;
  return (names) => {
    const bootMs = clock.bootMs();
    const same =
      known !== undefined &&
      bootMs - known.askedBootMs < ASK_AGAIN_AFTER_MS &&
      known.names.length === names.length &&
      names.every((name, index) => known?.names[index] === name);
    if (known === undefined || !same) known = { names, chosen: choose(names), askedBootMs: bootMs };
    return known.chosen;
  };
}
