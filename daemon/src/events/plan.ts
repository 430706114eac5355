import type { Handler } from './event.ts';

/** Handlers of one priority: they run at the same time. */
export type Band = { priority: number; handlers: Handler[] };

/** The handlers in the order of their turn: highest priority first. Pure. */
export function bandsOf(handlers: readonly Handler[]): Band[] {
  return [...Map.groupBy(handlers, ({ priority }) => priority)]
    .map(([priority, ofPriority]) => ({ priority, handlers: ofPriority }))
    .sort((a, b) => b.priority - a.priority);
}

/**
 * How long the handlers of the first of these bands may take, in milliseconds, each at most its own timeout: what is
 * left, less what the later bands are sure to get. A later band is sure of an equal share of what is left, or of its
 * longest timeout where that is less, so a quick band leaves the rest to the others. Pure.
 */
export function bandBudgetMs(bands: readonly Band[], leftMs: number): number {
  if (leftMs === Number.POSITIVE_INFINITY) return leftMs;
  const shareMs = leftMs / bands.length;
  const keptMs = bands.slice(1).reduce((sum, band) => sum + Math.min(shareMs, longestTimeoutMs(band)), 0);
  return Math.max(0, leftMs - keptMs);
}

function longestTimeoutMs({ handlers }: Band): number {
  return Math.max(...handlers.map(({ timeoutMs }) => timeoutMs));
}
