const DOUBT_MS = 2_000;

/**
 * For items that one answer may lose: what two in a row do not have is gone, the second of which is asked for soon. A
 * single stray 404, or an empty list, must not cancel handlers that are at work.
 */
export function createDoubt(intervalMs: () => number): Doubt {
  let doubted: ReadonlySet<string> = new Set();
  return {
    asksAgain(missed) {
      doubted = new Set(missed.filter((id) => !doubted.has(id)));
      return doubted;
    },
    intervalMs: () => (doubted.size > 0 ? Math.min(DOUBT_MS, intervalMs()) : intervalMs()),
  };
}

type Doubt = {
  /** Takes the ids of what was told before and an answer did not have; gives those that are to be asked for once more. */
  asksAgain(missed: readonly string[]): ReadonlySet<string>;
  /** How long to wait for the next answer. */
  intervalMs(): number;
};
