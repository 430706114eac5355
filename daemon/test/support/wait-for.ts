import { setTimeout as pause } from 'node:timers/promises';

/** Asks again and again until `condition` gives something truthy; fails with `what` after a generous limit. */
export async function waitFor<T>(
  what: string,
  condition: () => T | Promise<T>,
  limitMs = 60_000,
): Promise<Exclude<NonNullable<T>, false>> {
  const endMs = performance.now() + limitMs;
  for (;;) {
    const found = await condition();
    if (found) return found as Exclude<NonNullable<T>, false>;
    if (performance.now() > endMs) throw new Error(`waited ${limitMs} ms in vain for ${what}`);
    await pause(10);
  }
}
