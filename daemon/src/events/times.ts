import type { Clock } from '../clock.ts';
import { knownEntry } from './catalog.ts';
import type { SnoozeEvent } from './event.ts';
import { reserveOf } from './plan.ts';

/** When an event is to be dispatched, in milliseconds since boot, so that a wall clock that jumps moves nothing. */
export type EventTimes = {
  /** When its first handler is called; not before. */
  dueBootMs: number;
  /** When its handlers must have ended; Infinity where it has no deadline. */
  endBootMs: number;
  /** Whether its deadline has passed: what time may be left is not known. */
  overdue: boolean;
};

export type TimesOptions = { clock: Clock; reserveSeconds: number; leadMinutes: number | undefined };

/**
 * The times of an event by what the two clocks say now.
 * @param deadlineBootMs its deadline in milliseconds since boot, where it was told so long ago that the wall clock may have jumped.
 */
export function timesOf(
  { type, deadline }: SnoozeEvent,
  { clock, reserveSeconds, leadMinutes }: TimesOptions,
  deadlineBootMs?: number,
): EventTimes {
  const nowMs = clock.bootMs();
  if (deadline === null) return { dueBootMs: nowMs, endBootMs: Number.POSITIVE_INFINITY, overdue: false };
  const byWallMs = Date.parse(deadline) - clock.wallMs();
  const byBootMs = deadlineBootMs === undefined ? byWallMs : deadlineBootMs - nowMs;
  // The wall clock was wrong when it was told, or is now: the nearer of what is still to come.
  const leftMs = byWallMs > 0 && byBootMs > 0 ? Math.min(byWallMs, byBootMs) : Math.max(byWallMs, byBootMs);
  // A notice that came too late, or a wrong clock: the handlers are given what such a notice usually has.
  if (leftMs <= 0) return { dueBootMs: nowMs, endBootMs: nowMs + usualMs(type), overdue: true };
  const aheadMs = leadMinutes === undefined ? 0 : Math.max(0, leftMs - leadMinutes * 60_000);
  const endBootMs = nowMs + leftMs - reserveOf(leftMs - aheadMs, reserveSeconds * 1000);
  return { dueBootMs: nowMs + aheadMs, endBootMs, overdue: false };
}

function usualMs(type: string): number {
  return (knownEntry(type)?.deadlineSeconds ?? 120) * 1000;
}
