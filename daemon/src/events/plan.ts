import type { Handler } from './event.ts';

/** Handlers of one priority: they run at the same time. */
export type Band = { priority: number; handlers: Handler[] };

/** The handlers in the order of their turn: highest priority first. Pure. */
export function bandsOf(handlers: readonly Handler[]): Band[] {
  return [...Map.groupBy(handlers, ({ priority }) => priority)]
    .map(([priority, ofPriority]) => ({ priority, handlers: ofPriority }))
    .sort((a, b) => b.priority - a.priority);
}

export type BudgetQuestion = {
  /** Now and the deadline, on the same clock; a deadline of Infinity is none. */
  nowMs: number;
  deadlineMs: number;
  /** Kept back of the time before the deadline. */
  reserveMs: number;
  /** The handler's own timeout. */
  handlerTimeoutMs: number;
  /** The bands that have not ended, the handler's own first. */
  bandsLeft: readonly Band[];
};

/**
 * How long a handler of the first band may take, in milliseconds; 0 or less where no time is left. Pure.
 *
 * It is the least of its own timeout and what is left before the deadline without the fair shares of the later bands.
 * Fair is one level for all: each band is sure of that level, or of its longest timeout where that is less, and the
 * level is as high as what is left allows. So bands that need little leave the rest to the others, and, as nobody
 * takes more than the level while time is short, a later band never gets less than it was sure of before.
 */
export function budgetMs({ nowMs, deadlineMs, reserveMs, handlerTimeoutMs, bandsLeft }: BudgetQuestion): number {
  const leftMs = deadlineMs - reserveMs - nowMs;
  if (leftMs === Number.POSITIVE_INFINITY || leftMs <= 0) return Math.min(handlerTimeoutMs, leftMs);
  const needsMs = bandsLeft.map(longestTimeoutMs);
  const levelMs = fairLevelMs(needsMs, leftMs);
  const keptMs = needsMs.slice(1).reduce((sum, needMs) => sum + Math.min(needMs, levelMs), 0);
  return Math.min(handlerTimeoutMs, leftMs - keptMs);
}

/** The highest level at which all needs, cut off at it, fit into what is left; Infinity where they fit uncut. */
function fairLevelMs(needsMs: readonly number[], leftMs: number): number {
  let restMs = leftMs;
  const ascending = needsMs.toSorted((a, b) => a - b);
  for (const [index, needMs] of ascending.entries()) {
    const shareMs = restMs / (ascending.length - index);
    if (needMs > shareMs) return shareMs;
    restMs -= needMs;
  }
  return Number.POSITIVE_INFINITY;
}

function longestTimeoutMs({ handlers }: Band): number {
  return Math.max(...handlers.map(({ timeoutMs }) => timeoutMs));
}
