/**
 * A moment in the reader's time zone: "14:32", with the day where it is not today's: "Nov 21 14:32".
 * `moment` is milliseconds since the epoch or RFC 3339; what is no moment is given back as it is.
 */
export function clockTime(
  moment: number | string,
  nowMs: number,
  precision: 'minutes' | 'seconds' = 'minutes',
): string {
  const date = new Date(moment);
  if (Number.isNaN(date.getTime())) return String(moment);
  const parts =
    precision === 'minutes'
      ? [date.getHours(), date.getMinutes()]
      : [date.getHours(), date.getMinutes(), date.getSeconds()];
  const time = parts.map(twoDigits).join(':');
  const today = new Date(nowMs);
  if (date.toDateString() === today.toDateString()) return time;
  const year = date.getFullYear() === today.getFullYear() ? '' : `${date.getFullYear()} `;
  return `${year}${MONTHS[date.getMonth()]} ${date.getDate()} ${time}`;
}

/** A moment for a table: "2026-11-20 14:32:05", in the reader's time zone. */
export function dateTime(moment: string): string {
  const date = new Date(moment);
  if (Number.isNaN(date.getTime())) return moment;
  const day = [date.getFullYear(), twoDigits(date.getMonth() + 1), twoDigits(date.getDate())].join('-');
  return `${day} ${[date.getHours(), date.getMinutes(), date.getSeconds()].map(twoDigits).join(':')}`;
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

function twoDigits(value: number): string {
  return String(value).padStart(2, '0');
}
