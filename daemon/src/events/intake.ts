import { rfc3339 } from '../clock.ts';
import { catalogEntry } from './catalog.ts';
import type { Announcement, Severity, SnoozeEvent } from './event.ts';
import { checkDeadlineSeconds, checkEvent } from './schema.ts';

/** An event of one's own, as a user or a plugin sends it. */
export type SentEvent = {
  /** What makes it the same event where it is sent twice; else each is another one. */
  id?: string;
  type: string;
  /** Who sends it: `user`, a plugin's instance … */
  source: string;
  data: Record<string, unknown>;
  severity?: Severity;
  /** Seconds from now. */
  deadlineSeconds?: number;
};

/** The id of an event that its sender has given one; it cannot be that of another source's event. */
export function ownId(source: string, given: string): string {
  return `${source}:${given}`;
}

/**
 * What became of an event that was sent: `durable` where it is on disk, not in memory alone, until there is room; `known`
 * where its id was seen in the last days, with the same content or another.
 */
export type Sent = { id: string; durable: boolean; known: 'same' | 'different' | null };

/**
 * The event that a source's notice tells of, filled up from the catalog. Pure.
 * @throws SnoozeError SNOOZE_E_EVENT_INVALID
 */
export function noticedEvent(notice: Announcement, nowWallMs: number): SnoozeEvent {
  const { id, type, source, data } = notice;
  const { severity, deadlineSeconds } = catalogEntry(type);
  const deadline = notice.deadline ?? deadlineIn(deadlineSeconds, nowWallMs);
  return checked({ id, type, source, data, severity: notice.severity ?? severity, deadline }, nowWallMs);
}

/**
 * The event that somebody sends. Pure.
 * @throws SnoozeError SNOOZE_E_EVENT_INVALID
 */
export function sentEvent(sent: SentEvent, { id, nowWallMs }: { id: string; nowWallMs: number }): SnoozeEvent {
  const { type, source, data } = sent;
  const { severity, deadlineSeconds } = catalogEntry(type);
  if (sent.deadlineSeconds !== undefined) checkDeadlineSeconds(type, sent.deadlineSeconds);
  const deadline = deadlineIn(sent.deadlineSeconds ?? deadlineSeconds, nowWallMs);
  return checked({ id, type, source, data, severity: sent.severity ?? severity, deadline }, nowWallMs);
}

function checked(event: Omit<SnoozeEvent, 'timestamp'>, nowWallMs: number): SnoozeEvent {
  checkEvent(event);
  const { deadline } = event;
  // Plugins get every time in UTC.
  const inUtc = deadline === null ? null : rfc3339(Date.parse(deadline));
  return { ...event, deadline: inUtc, timestamp: rfc3339(nowWallMs) };
}

function deadlineIn(seconds: number | null, nowWallMs: number): string | null {
  return seconds === null ? null : rfc3339(nowWallMs + seconds * 1000);
}
