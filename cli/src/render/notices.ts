import type { Status } from '@cloudsnooze/daemon/control/api';
import { duration } from './duration.ts';
import { handledText, severityName, typeText } from './event.ts';
import { icon, type Paint, paint, type Style } from './style.ts';
import { clean, wrap } from './text.ts';
import { clockTime } from './time.ts';

type Frame = { width: number; style: Style; nowMs: number };

/** The events that have no end yet, with the time that is left. */
export function pendingEvents({ events }: Status, frame: Frame): string[] {
  return events.pending.flatMap(({ event, state, outcomes }) => {
    const left = event.deadline === null ? undefined : (Date.parse(event.deadline) - frame.nowMs) / 1000;
    const time =
      event.deadline === null || left === undefined
        ? 'no deadline'
        : left > 0
          ? `${duration(left)} left (${clockTime(event.deadline, frame.nowMs, 'seconds')})`
          : `its deadline has passed (${clockTime(event.deadline, frame.nowMs, 'seconds')})`;
    const turns =
      outcomes.length === 0 ? '' : `, ${outcomes.length} ${outcomes.length === 1 ? 'handler' : 'handlers'} done`;
    const text = `${typeText(event)} (${severityName(event.severity)}) is ${state}: ${time}${turns} · snooze events show ${event.id}`;
    return notice('event', text, { ...frame, colour: event.severity >= 2 ? 'red' : 'yellow' });
  });
}

/** The events of the cloud that are still to come, and for which every handler is done: nothing more will be saved. */
export function aheadEvents({ events }: Status, frame: Frame): string[] {
  return events.ahead.flatMap(({ event, outcomes }) => {
    const left = (Date.parse(event.deadline ?? '') - frame.nowMs) / 1000;
    const taken = event.data['rehearsal'] === true ? 'this host would be taken away' : 'this host is taken away';
    const what = event.severity === 3 ? taken : 'it comes';
    const when = `${left > 0 ? `in ${duration(left)}` : 'now'} (${clockTime(event.deadline ?? '', frame.nowMs, 'seconds')})`;
    const names = new Set(outcomes.filter(({ stage }) => stage === undefined).map(({ handler }) => handler));
    const turns = names.size === 0 ? 'no plugin handles it' : `all handlers are done, ${handledText(outcomes)}`;
    const text = `${typeText(event)} (${severityName(event.severity)}): ${what} ${when}; ${turns} · snooze events show ${event.id}`;
    return notice('event', text, { ...frame, colour: event.severity === 3 ? 'red' : 'yellow' });
  });
}

/** What a person should look into, the worst first. */
export function warnings(status: Status, frame: Frame): string[] {
  const { safety, last_failure: failure, config_error: configError } = status;
  const failing = status.events.sources.filter((source) => source.status === 'failing');
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
    ...failing.flatMap(({ name, message, since }) =>
      notice('warning', `event source ${name} is failing since ${clockTime(since, frame.nowMs)}: ${message}`, {
        ...frame,
        colour: 'yellow',
      }),
    ),
  ];
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
