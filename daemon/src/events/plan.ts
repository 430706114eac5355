import type { EventTypeConfig } from '../config/config.ts';
import type { Handler } from './event.ts';

/** Handlers of one priority: they run at the same time. */
export type Band = { priority: number; handlers: Handler[] };

/** The handlers in the order of their turn: highest priority first. Pure. */
export function bandsOf(handlers: readonly Handler[]): Band[] {
  return [...Map.groupBy(handlers, ({ priority }) => priority)]
    .map(([priority, ofPriority]) => ({ priority, handlers: ofPriority }))
    .sort((a, b) => b.priority - a.priority);
}

/** The handlers as they are configured, by the name of their instance. Pure. */
export function withSettings(
  handlers: readonly Handler[],
  settings: NonNullable<EventTypeConfig['handlers']> = {},
): Handler[] {
  return handlers.flatMap((handler) => {
    const { enabled = true, priority = handler.priority, timeout_seconds: seconds } = settings[handler.name] ?? {};
    const timeoutMs = seconds === undefined ? handler.timeoutMs : seconds * 1000;
    return enabled ? [{ ...handler, priority, timeoutMs }] : [];
  });
}

/** One band of all, still in the order of priority: where no time is left for turns. Pure. */
export function atOnce(bands: readonly Band[]): Band[] {
  const [first] = bands;
  return first === undefined ? [] : [{ ...first, handlers: bands.flatMap(({ handlers }) => handlers) }];
}

/** Less than this is no use to a handler: rather than cut everybody down to it, the lowest bands go without. */
export const LEAST_SHARE_MS = 1_000;

/**
 * How much of what is left the handlers of the first band have, in milliseconds; 0 or less where no time is left, and
 * Infinity where there is no end. Pure.
 *
 * It is what is left before the end without the fair shares of the later bands.
 * Fair is one level for all: each band is sure of that level, or of its longest timeout where that is less, and the
 * level is as high as what is left allows. So bands that need little leave the rest to the others, and, as nobody
 * takes more than the level while time is short, a later band never gets less than it was sure of before. Where the
 * level would be too low to be of use, nothing is kept for the lowest bands: they run if the others need less.
 */
export function shareMs(bandsLeft: readonly Band[], leftMs: number): number {
  if (leftMs === Number.POSITIVE_INFINITY || leftMs <= 0) return leftMs;
  const needsMs = fittingNeedsMs(bandsLeft.map(longestTimeoutMs), leftMs);
  const levelMs = fairLevelMs(needsMs, leftMs);
  const keptMs = needsMs.slice(1).reduce((sum, needMs) => sum + Math.min(needMs, levelMs), 0);
  return leftMs - keptMs;
}

/**
 * Whether what is left is no use to a band: less than a share may be, and than its handlers ask for. A tenth less than
 * that is enough, because timers are late. Pure.
 */
export function isTooLittle(band: Band, leftMs: number): boolean {
  return leftMs < Math.min(LEAST_SHARE_MS, longestTimeoutMs(band) * 0.9);
}

/**
 * How much of what is left before the deadline is kept back, in milliseconds: what is configured, but never more than
 * a quarter, or a notice that comes late would find no time at all. Pure.
 */
export function reserveOf(leftMs: number, configuredMs: number): number {
  return Math.min(configuredMs, Math.max(0, leftMs / 4));
}

/** The needs of the highest bands that find room when each has a share that is of use; at least that of the first. */
function fittingNeedsMs(needsMs: readonly number[], leftMs: number): readonly number[] {
  let restMs = leftMs + 1; // shares are fractions, and their sum is a little more than the whole
  const tooMany = needsMs.findIndex((needMs) => {
    restMs -= Math.min(needMs, LEAST_SHARE_MS);
    return restMs < 0;
  });
  return tooMany === -1 ? needsMs : needsMs.slice(0, Math.max(1, tooMany));
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
