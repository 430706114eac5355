import type { ScheduleWindow, Weekday } from '../config/config.ts';

/** A moment of the week in local time. */
export type LocalTime = { weekday: Weekday; minutesOfDay: number };

const WEEKDAYS: readonly Weekday[] = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

/** The first window that is open now, if any. One whose `to` is not after `from` lasts into the next day. */
export function openWindow(schedule: readonly ScheduleWindow[], now: LocalTime): ScheduleWindow | undefined {
  return schedule.find((window) => isOpen(window, now));
}

/** Unix milliseconds as a moment of the host's local week. */
export function localTimeOf(wallMs: number): LocalTime {
  const date = new Date(wallMs);
  return { weekday: WEEKDAYS[date.getDay()] ?? 'sun', minutesOfDay: date.getHours() * 60 + date.getMinutes() };
}

function isOpen(window: ScheduleWindow, { weekday, minutesOfDay }: LocalTime): boolean {
  const from = minutesOf(window.from);
  const to = minutesOf(window.to);
  if (from < to) return window.days.includes(weekday) && minutesOfDay >= from && minutesOfDay < to;
  const yesterday = WEEKDAYS[(WEEKDAYS.indexOf(weekday) + 6) % 7] ?? weekday;
  return (
    (window.days.includes(weekday) && minutesOfDay >= from) || (window.days.includes(yesterday) && minutesOfDay < to)
  );
}

/** `HH:MM` as minutes since midnight; the schema has checked the form. */
function minutesOf(time: string): number {
  const [hours = 0, minutes = 0] = time.split(':').map(Number);
  return hours * 60 + minutes;
}
