import type { Status } from '@cloudsnooze/daemon/control/api';
import { duration } from './duration.ts';
import { colourOf, icon, paint, type Style } from './style.ts';
import { clean, wrap } from './text.ts';
import { clockTime } from './time.ts';

const INDENT = 2;

const ACTS: Record<string, string> = {
  stop: 'stop',
  hibernate: 'hibernate',
  terminate: 'be terminated',
  suspend: 'suspend',
  poweroff: 'power off',
  exec: 'run its command',
};

/** The first lines: state, what happens next and when, and why. Wrapped to `width`. */
export function headline(
  status: Status,
  { width, style, nowMs }: { width: number; style: Style; nowMs: number },
): string[] {
  const sign = icon('dot', style);
  const colour = colourOf(status.state);
  const dryRun = status.dry_run ? '[DRY RUN]' : '';
  const words = [sign, status.state, dryRun];
  const painted = [
    paint(sign, colour, style),
    paint(paint(status.state, colour, style), 'bold', style),
    paint(dryRun, 'inverse', style),
  ];
  const join = (parts: readonly string[]) => parts.filter((part) => part !== '').join(' ');
  const head = join(words);
  const [first = '', ...rest] = wrap(`${head} · ${nextInWords(status, nowMs)}`, width, INDENT);
  const why = wrap(whyInWords(status, nowMs), width - INDENT).map((line) => ' '.repeat(INDENT) + line);
  // A window narrower than the head has cut it, and then it stays as it is.
  const start = first.startsWith(head) ? join(painted) + first.slice(head.length) : first;
  return [start, ...rest, ...why.map((line) => paint(line, 'dim', style))];
}

/** What happens next, and when: "may stop in 12 min 40 s (14:32)". */
export function nextInWords(status: Status, nowMs: number): string {
  if (status.snooze_at === null || status.state === 'snoozing') return clean(status.next);
  const seconds = (Date.parse(status.snooze_at) - nowMs) / 1000;
  const when = seconds > 0 ? `in ${duration(seconds)} (${clockTime(status.snooze_at, nowMs)})` : 'any moment now';
  const act = ACTS[status.action];
  if (act === undefined) return `the naptime is over ${when}; then the action is ${clean(status.action)}`;
  const modal = status.dry_run ? 'would' : status.state === 'warning' ? 'will' : 'may';
  return `${modal} ${act} ${when}`;
}

/** Why it is in this state, with how long it has been idle. */
export function whyInWords(status: Status, nowMs: number): string {
  const reason = clean(status.reason);
  if (status.idle_since === null) return reason;
  const sinceSeconds = (nowMs - Date.parse(status.idle_since)) / 1000;
  const of = `${duration(sinceSeconds)} of ${duration(status.naptime_seconds)}`;
  return `${reason}; idle since ${clockTime(status.idle_since, nowMs)} (${of})`;
}
