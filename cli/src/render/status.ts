import type { Status } from '@cloudsnooze/daemon/control/api';
import { kindOf } from '@cloudsnooze/daemon/event-kind';
import { monitorTable, pluginTable } from './checks.ts';
import { duration } from './duration.ts';
import { headline } from './headline.ts';
import { eventNotices, inhibitors, warnings } from './notices.ts';
import { paint, type Style } from './style.ts';
import { clean, wrap } from './text.ts';
import { clockTime } from './time.ts';

const NAME_WIDTH = 8;

/** The one screen that answers: is it idle, why not, what happens next, when. No line is wider than `width`. */
export function statusScreen(status: Status, frame: { width: number; style: Style; nowMs: number }): string[] {
  const blocks = [
    eventNotices(status, frame),
    headline(status, frame),
    [...warnings(status, frame), ...inhibitors(status, frame)],
    monitorTable(status, frame),
    pluginTable(status, frame),
    footer(status, frame),
  ];
  return blocks.filter((block) => block.length > 0).flatMap((block, index) => (index === 0 ? block : ['', ...block]));
}

function footer(status: Status, { width, style, nowMs }: { width: number; style: Style; nowMs: number }): string[] {
  const { instance, events } = status;
  const place = instance?.availabilityZone ?? instance?.region;
  const line: Line = (name, parts) => {
    const text = parts.filter((part) => part !== null && part !== undefined && part !== '').join(' · ');
    if (text === '') return [];
    const [first = '', ...rest] = wrap(clean(text), width - NAME_WIDTH);
    const indent = ' '.repeat(NAME_WIDTH);
    return [`${paint(name.padEnd(NAME_WIDTH), 'dim', style)}${first}`, ...rest.map((more) => indent + more)];
  };
  const last = events.pending.length + events.ahead.length > 0 ? null : events.last;
  return [
    ...line(
      'absent',
      status.checks.filter(({ verdict }) => verdict === 'absent').map(({ reason }) => reason),
    ),
    ...sourceLines(status, line),
    ...(last === null ? [] : line('event', [kindOf(last.event), last.state, clockTime(last.seenAt, nowMs)])),
    ...line('host', [
      instance?.instanceId,
      instance?.instanceType,
      place ? `${status.provider} ${place}` : status.provider,
      instance?.lifecycle,
    ]),
    ...line('snoozed', [
      status.version,
      `up ${duration(status.uptime_seconds)}`,
      `policy ${status.idle_policy}`,
      `action ${status.action}`,
    ]),
    ...line('config', [status.config_file ?? 'no file, the defaults are in force']),
  ];
}

/** Those that are well in one line, the others with what they say; a failing one stands among the warnings. */
function sourceLines({ events }: Status, line: Line): string[] {
  const well = events.sources.filter(({ status }) => status === 'ok').map(({ name }) => name);
  return [
    ...line('events', well.length === 0 ? [] : [`watched for: ${well.join(', ')}`]),
    ...events.sources
      .filter(({ status }) => status !== 'ok' && status !== 'failing')
      .flatMap(({ name, status, message }) => line('events', [name, status, message])),
  ];
}

type Line = (name: string, parts: readonly (string | null | undefined)[]) => string[];
