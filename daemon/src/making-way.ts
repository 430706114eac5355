const MOST_GRACE_MS = 5_000;

/** How long, in milliseconds, one that makes way has to end: a part of what is left to the one that needs the plugin. */
export function graceOf(leftMs: number): number {
  return Math.min(MOST_GRACE_MS, leftMs / 8);
}
