/** What the daemon may be asked for at once. */
export const MOST_AT_ONCE = 100_000;

/** Asks for a long list piece by piece, until it has `limit` entries or there are no more. */
export async function allPages<T>(
  limit: number,
  ask: (limit: number, last: T | undefined) => Promise<readonly T[]>,
): Promise<T[]> {
  const found: T[] = [];
  while (found.length < limit) {
    const page = await ask(Math.min(limit - found.length, MOST_AT_ONCE), found.at(-1));
    if (page.length === 0) break;
    found.push(...page);
  }
  return found;
}
