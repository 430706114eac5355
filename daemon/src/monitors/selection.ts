import type { Clock } from '../clock.ts';

/** A card that has just come is taken into another one within seconds, and nobody is told. */
const ASK_AGAIN_AFTER_MS = 60_000;

/**
 * Remembers which devices count. `choose` asks /sys, which costs more than a whole sample: when a device has come or
 * gone, a minute later, and from then on whenever twice as much time has passed, for what is changed by hand.
 */
export function createSelection(
  clock: Clock,
  choose: (names: readonly string[]) => ReadonlySet<string>,
): (names: readonly string[]) => ReadonlySet<string> {
  let known: ReadonlySet<string> | undefined;
  let knownNames: readonly string[] = [];
  let changedBootMs = 0;
  let askedBootMs = 0;
  return (names) => {
    const bootMs = clock.bootMs();
    const same = names.length === knownNames.length && names.every((name, index) => knownNames[index] === name);
    const oldMs = bootMs - askedBootMs;
    if (known !== undefined && same && oldMs < Math.max(ASK_AGAIN_AFTER_MS, askedBootMs - changedBootMs)) return known;
    known = choose(names);
    if (!same) changedBootMs = bootMs;
    knownNames = names;
    askedBootMs = bootMs;
    return known;
  };
}
