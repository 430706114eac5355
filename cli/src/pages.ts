/** Asks for a long list piece by piece, until it has `limit` entries or there are no more. */
export async function allPages<T>(
  limit: number,
  ask: (limit: number, last: T | undefined) => Promise<readonly T[]>,
): Promise<T[]> {
  const found: T[] = [];
  while (found.length < limit) {
    const page = await ask(limit - found.length, found.at(-1));
    if (page.length === 0) break;
    found.push(...page);
  }
  return found;
}
