import type { Status } from '@cloudsnooze/daemon/control/api';
import { isOwn, isRehearsal, kindOf } from '@cloudsnooze/daemon/event-kind';
import { duration } from './duration.ts';
import { handledText, severityName } from './event.ts';
import { icon, type Paint, paint, type Style } from './style.ts';
import { clean, wrap } from './text.ts';
import { clockTime } from './time.ts';

type Frame = { width: number; style: Style; nowMs: number };

type Record = Status['events']['pending'][number];

/**
 * What is announced and what is on its way, each in a notice: what comes and when, and who is at work; and that a full
 * disk holds none of it.
 */
export function eventNotices(status: Status, frame: Frame): string[] {
  const records = comingEvents(status);
  const shown = records.slice(0, MOST_EVENTS);
  const more = records.length - shown.length;
  return [
    ...shown.flatMap((record) => {
      const { id, severity } = record.event;
      const text = `${eventSentence(record, frame.nowMs)} · snooze events show ${id}`;
      return notice('event', text, { ...frame, colour: severity >= 2 ? 'red' : 'yellow' });
    }),
    ...(more > 0 ? notice('event', `${more} more · snooze events list`, { ...frame, colour: 'yellow' }) : []),
    ...(status.events.unwritten === null
      ? []
      : notice('warning', status.events.unwritten, { ...frame, colour: 'red' })),
  ];
}

/** The events that are announced or on their way: what is real and urgent first, for a window may be low. */
export function comingEvents({ events }: Status): Record[] {
  return [...events.pending, ...events.ahead].toSorted(byNeed);
}

/** "cloud.spot.interrupt (critical): this host is taken away in 1 min 40 s (14:21:00); at work: save-work" */
export function eventSentence(record: Record, nowMs: number): string {
  const { event, closing } = record;
  const head = `${kindOf(event)} (${severityName(event.severity)})`;
  if (closing !== null)
    return `${head} is ${closing.stage === 'canceled' ? 'off' : 'over'}: ${closing.reason}; ${turnsText(record, nowMs)}`;
  return `${head}: ${comingText(record, nowMs)}; ${turnsText(record, nowMs)}`;
}

/** A storm must not push the rest off the screen. */
const MOST_EVENTS = 5;

function byNeed(one: Record, other: Record): number {
  return (
    Number(one.closing !== null) - Number(other.closing !== null) ||
    Number(isRehearsal(one.event)) - Number(isRehearsal(other.event)) ||
    other.event.severity - one.event.severity ||
    Number(isOwn(one.event.type)) - Number(isOwn(other.event.type)) ||
    deadlineMs(one) - deadlineMs(other)
  );
}

function deadlineMs({ event: { deadline } }: Record): number {
  return deadline === null ? Number.MAX_SAFE_INTEGER : Date.parse(deadline);
}

/** What comes, and when. */
function comingText({ event, endsAt }: Record, nowMs: number): string {
  const { type, severity, deadline, data, timestamp } = event;
  if (deadline === null) return 'no deadline';
  const clock = clockTime(deadline, nowMs, 'seconds');
  const isSet = endsAt !== undefined && isClockSet(Date.parse(deadline) - Date.parse(endsAt));
  const leftSeconds = (Date.parse(isSet ? endsAt : deadline) - nowMs) / 1000;
  if (leftSeconds <= 0) return `its deadline has passed (${clock})`;
  const taken = isRehearsal({ data }) ? 'this host would be taken away' : 'this host is taken away';
  const what = type.startsWith('cloud.') ? (severity === 3 ? taken : 'it comes') : 'its deadline is';
  if (!isSet && nowMs < Date.parse(timestamp)) return `${what} at ${clock} by the clock that was set back since`;
  return `${what} in ${duration(leftSeconds)} (${isSet ? 'the clock was set since this was told' : clock})`;
}

/** By how much handlers end before a deadline at most, and some time for what comes between two looks at a clock. */
const MOST_RESERVE_MS = 61_000;

/** Whether the clock was set since the daemon has learned of a deadline, by how much its handlers must end before that. */
function isClockSet(reserveMs: number): boolean {
  return reserveMs < -1000 || reserveMs > MOST_RESERVE_MS;
}

/** Who is at work on it, and how many were done with it. */
function turnsText({ state, endedAt, outcomes, atWork, closing, remarks, dueAt }: Record, nowMs: number): string {
  const last = remarks.findLast(({ kind }) => kind === 'acknowledged' || kind === 'back');
  if (last?.kind === 'acknowledged' && closing === null) return `acknowledged by ${last.who}`;
  // One that was taken back and has come again goes to those once more who were told.
  const lasts = new Map(outcomes.map(({ handler, stage }) => [handler, stage]));
  for (const { handler } of atWork) lasts.delete(handler);
  const done = [...lasts.values()].filter((stage) => stage === closing?.stage).length;
  if (endedAt !== null)
    return outcomes.length === 0 ? 'no plugin handles it' : `all handlers are done, ${handledText(outcomes)}`;
  if (state === 'announced') return `announced, its handlers are called ${dueText(dueAt, nowMs)}`;
  const names = atWork.map(({ handler }) => handler);
  const work = names.length === 0 ? state : `at work: ${names.join(', ')}`;
  if (done === 0) return work;
  return `${names.length === 0 ? '' : `${work}; `}${done} ${done === 1 ? 'handler' : 'handlers'} done`;
}

function dueText(dueAt: string | undefined, nowMs: number): string {
  if (dueAt === undefined) return 'before';
  return `in ${duration((Date.parse(dueAt) - nowMs) / 1000)} (${clockTime(dueAt, nowMs, 'seconds')})`;
}

/** What a person should look into, the worst first. */
export function warnings(status: Status, frame: Frame): string[] {
  const { safety, last_failure: failure, config_error: configError } = status;
  const blind = status.checks.filter(({ kind, verdict }) => kind === 'monitor' && verdict === 'unknown');
  return [
    ...safety
      .filter(({ effect }) => effect === 'forbids')
      .flatMap(({ message }) => notice('warning', message, { ...frame, colour: 'red' })),
    ...(failure === null ? [] : notice('warning', failureText(failure, frame.nowMs), { ...frame, colour: 'red' })),
    ...(configError === null
      ? []
      : notice('warning', `the configuration file is not the one in force: ${configError}`, {
          ...frame,
          colour: 'red',
        })),
    ...safety
      .filter(({ effect }) => effect === 'warns')
      .flatMap(({ message }) => notice('warning', message, { ...frame, colour: 'yellow' })),
    ...unconfined(status).flatMap((text) => notice('warning', text, { ...frame, colour: 'yellow' })),
    ...(status.events.warning === null ? [] : notice('warning', status.events.warning, { ...frame, colour: 'red' })),
    ...blind.flatMap(({ name, reason }) =>
      notice('warning', reason.startsWith(name) ? reason : `${name}: ${reason}`, { ...frame, colour: 'yellow' }),
    ),
    ...failingSources(status, frame.nowMs).flatMap((text) => notice('warning', text, { ...frame, colour: 'yellow' })),
  ];
}

/** Each reason for which event sources fail, with their names: a service that is away is one trouble, not one for each path. */
function failingSources({ events }: Status, nowMs: number): string[] {
  const failing = events.sources.filter(({ status }) => status === 'failing');
  return [...Map.groupBy(failing, ({ message }) => message)].map(([message, found]) => {
    const since = found.map((source) => source.since).toSorted()[0] ?? '';
    const names = found.map(({ name }) => name).join(', ');
    return `event ${found.length === 1 ? `source ${names} is` : `sources ${names} are`} failing since ${clockTime(since, nowMs)}: ${message}`;
  });
}

/** Each reason for which plugins have no sandbox, with their names. */
function unconfined({ plugins }: Status): string[] {
  const why = Map.groupBy(
    plugins.filter((plugin) => plugin.unconfined !== null),
    (plugin) => plugin.unconfined,
  );
  return [...why].map(
    ([reason, found]) =>
      `no sandbox keeps ${found.map(({ instance }) => instance).join(', ')} to the manifest: ${reason}`,
  );
}

/** What keeps the host awake while it is idle, but for what the other notices have said already. */
export function inhibitors(status: Status, frame: Frame): string[] {
  return freshInhibitors(status).flatMap(({ name, reason, until }) => {
    const end = until === null ? '' : ` (until ${clockTime(until, frame.nowMs)})`;
    const text = reason.includes(name) ? reason : `${name}: ${reason}`;
    return notice('awake', `${text}${end}`, { ...frame, colour: 'cyan' });
  });
}

/** The inhibitors that no pending event, safety finding or failure explains. */
export function freshInhibitors({
  inhibitors: all,
  events,
  safety,
  last_failure: failure,
}: Status): Status['inhibitors'] {
  return all.filter(({ kind, name, reason }) => {
    if (kind === 'event') return !events.pending.some(({ event }) => event.id === name);
    if (kind === 'safety') return !safety.some((finding) => finding.effect === 'forbids' && finding.message === reason);
    return kind !== 'backoff' || failure === null;
  });
}

function failureText({ at, message, retry_at: retryAt }: NonNullable<Status['last_failure']>, nowMs: number): string {
  const retry = retryAt === null ? '' : `; next attempt not before ${clockTime(retryAt, nowMs)}`;
  return `the snooze of ${clockTime(at, nowMs)} failed: ${message}${retry}`;
}

function notice(
  sign: 'event' | 'warning' | 'awake',
  text: string,
  { width, style, colour }: Frame & { colour: Paint },
): string[] {
  const head = icon(sign, style);
  const [first = '', ...rest] = wrap(`${head} ${clean(text)}`, width, 2);
  return [first.replace(head, () => paint(head, colour, style)), ...rest];
}
