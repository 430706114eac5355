import { rfc3339 } from '../../clock.ts';
import { parseJson, textOf } from '../../cloud/json-answer.ts';
import { createValidator } from '../../config/validator.ts';
import type { EventRecord, Notice } from '../event.ts';
import { createUnread, notUnderstood, readEach } from './answer.ts';
import { createDoubt } from './doubt.ts';
import { CALM_INTERVAL_MS, EC2_SOURCE, instanceIdOf, QUEUE_SOURCE, retryAfter } from './ec2.ts';
import {
  isFinal,
  isSameMaintenance,
  MAINTENANCE,
  MAINTENANCE_ID_PREFIX,
  openMaintenance,
} from './maintenance-incident.ts';
import { watchByPolling } from './poll.ts';
import { defineSource, type SourceContext } from './source.ts';

const PATH = 'meta-data/events/maintenance/scheduled';
const LIST = 'the list of scheduled maintenance';
const ENDS = ['completed', 'canceled'] as const;
const HISTORY_PATH = 'meta-data/events/maintenance/history';

/** One scheduled event; times in milliseconds since the Unix epoch. */
export type Maintenance = {
  id: string;
  code: string;
  description: string;
  state: 'active' | 'completed' | 'canceled';
  /** NaN where it is over and names none. */
  notBeforeMs: number;
  notAfterMs: number | null;
  /** Until when its owner may move it; null where it does not say. */
  notBeforeDeadlineMs: number | null;
};

/** Asks the metadata service for maintenance that is planned for this host. */
export const ec2Maintenance = defineSource({
  name: 'ec2-maintenance',
  title: 'EC2 scheduled maintenance',
  applies: ({ identity, imds }) => imds !== null && identity !== null,
  watch(context) {
    const { imds, signal, emit, log } = context;
    const unreadIn = createUnread(log, LIST);
    let announced = announcedBefore(context);
    const doubt = createDoubt(() => CALM_INTERVAL_MS);
    return watchByPolling(context, {
      what: 'scheduled maintenance',
      service: imds,
      intervalMs: doubt.intervalMs,
      retryMs: retryAfter(() => CALM_INTERVAL_MS),
      async ask() {
        const body = (await imds?.get(PATH, signal)) ?? '[]';
        const odd: unknown[] = [];
        const listed = identify(
          parseMaintenance(body, (entry) => odd.push(entry)),
          announced,
          context,
        );
        const unread = unreadIn(odd);
        const active = listed.filter(({ state }) => state === 'active');
        const away = [...announced.values()].filter(({ id }) => !active.some((other) => other.id === id));
        const gone = away.filter(({ id }) => !unread.has(id));
        // What AWS Health alone has told of may be listed here for the first time when it is over.
        const over = listed.filter(({ id, state }) => state !== 'active' && !announced.has(id));
        const said = gone.length === 0 ? listed : [...listed, ...(await history(context))];
        const ended = new Set(said.flatMap(({ id, state }) => (state === 'active' ? [] : id)));
        const doubted = doubt.asksAgain(gone.flatMap(({ id }) => (ended.has(id) ? [] : id)));
        for (const one of active) emit(noticeOf(one, context));
        for (const one of [...gone.filter(({ id }) => !doubted.has(id)), ...over])
          emit(endOf(one, said.findLast(({ id }) => id === one.id)?.state, context));
        const kept = away.filter(({ id }) => unread.has(id) || doubted.has(id));
        announced = new Map([...active, ...kept].map((one) => [one.id, one]));
        if (doubted.size > 0) return 'less is planned than before, and it is asked once more';
        const [next] = active.toSorted((a, b) => a.notBeforeMs - b.notBeforeMs);
        return next === undefined ? 'nothing is planned' : `${next.code} is planned for ${rfc3339(next.notBeforeMs)}`;
      },
    });
  },
});

/** A maintenance as an event that this source, or AWS Health before it, has begun. */
type Announced = Maintenance & { eventId: string };

/** What an earlier daemon has announced, by its id: it may have been taken off the list meanwhile. */
function announcedBefore(context: SourceContext): Map<string, Announced> {
  const records = openMaintenance(context).filter(({ event: { data } }) => data['event_id'] !== data['health_arn']);
  return new Map(
    records.map(({ event: { id: eventId, data, deadline } }) => {
      const id = String(data['event_id']);
      const [code, description] = [String(data['code']), String(data['description'])];
      const notBeforeMs = Date.parse(deadline ?? '');
      const times = { notBeforeMs, notAfterMs: null, notBeforeDeadlineMs: null };
      return [id, { id, eventId, code, description, state: 'active', ...times }];
    }),
  );
}

/** Finds the event of each: an own one, or one that AWS Health has begun and that is nobody else's. */
function identify(
  listed: readonly Maintenance[],
  announced: ReadonlyMap<string, Announced>,
  context: SourceContext,
): Announced[] {
  const taken = new Set([...announced.values()].map(({ eventId }) => eventId));
  return listed.map((one) => {
    const ownId = `${MAINTENANCE_ID_PREFIX}${one.id}`;
    const known = announced.get(one.id)?.eventId ?? (context.find(ownId) && ownId);
    const eventId = known ?? openMaintenance(context).find(isHealths(one, taken))?.event.id ?? ownId;
    taken.add(eventId);
    return { ...one, eventId };
  });
}

function isHealths(one: Maintenance, taken: ReadonlySet<string>): (record: EventRecord) => boolean {
  return (record) =>
    record.event.source === QUEUE_SOURCE && !taken.has(record.event.id) && isSameMaintenance(record, one);
}

/** Where it says what became of those that have left the list; without it that is a guess by their time. */
async function history({ imds, signal }: SourceContext): Promise<Maintenance[]> {
  try {
    return parseMaintenance((await imds?.get(HISTORY_PATH, signal)) ?? '[]');
  } catch {
    return []; // the list itself was there: the service works, and this is only to know better
  }
}

function noticeOf(one: Announced, context: SourceContext): Notice {
  return {
    kind: 'notice',
    id: one.eventId,
    type: MAINTENANCE,
    source: EC2_SOURCE,
    severity: isFinal(one.code) ? 3 : 2,
    deadline: rfc3339(one.notBeforeMs),
    data: {
      event_id: one.id,
      code: one.code,
      description: one.description,
      not_before: rfc3339(one.notBeforeMs),
      not_after: one.notAfterMs === null ? null : rfc3339(one.notAfterMs),
      not_before_deadline: one.notBeforeDeadlineMs === null ? null : rfc3339(one.notBeforeDeadlineMs),
      instance_id: instanceIdOf(context),
      stage: 'scheduled',
    },
  };
}

function endOf(one: Announced, state: Maintenance['state'] | undefined, { clock }: SourceContext): Notice {
  const canceled = state === 'canceled' || (state !== 'completed' && one.notBeforeMs > clock.wallMs());
  return {
    kind: canceled ? 'canceled' : 'ended',
    id: one.eventId,
    reason: `EC2 has ${canceled ? 'canceled' : 'completed'} the maintenance`,
    by: EC2_SOURCE,
  };
}

const text = { type: 'string' };
/** Of all else what is no text is as if it were not there. */
const validate = createValidator({
  type: 'object',
  required: ['Code', 'EventId'],
  properties: { Code: text, EventId: { ...text, minLength: 1 }, State: { type: ['string', 'null'] } },
});

/**
 * The body of `events/maintenance/scheduled` and `…/history` (EC2 user guide, "Scheduled events for your instances"):
 * a list of objects with times such as `21 Jan 2019 09:00:43 GMT`; `NotAfter` may be missing or empty.
 * @param unread is given the entries that are anything else.
 * @throws SnoozeError SNOOZE_E_METADATA when it is no list, or nothing of it can be read.
 */
export function parseMaintenance(body: string, unread: (entry: unknown) => void = () => {}): Maintenance[] {
  const value = parseJson(body);
  const read = Array.isArray(value) ? readEach(value, readMaintenance, unread) : undefined;
  if (read === undefined) throw notUnderstood(LIST, body);
  return read;
}

function readMaintenance(entry: unknown): Maintenance | undefined {
  if (validate(entry).length > 0) return undefined;
  const said = entry as { Code: string; EventId: string } & Record<string, unknown>;
  const field = (key: string) => textOf(said[key]) ?? '';
  const notBeforeMs = Date.parse(field('NotBefore'));
  const state = ENDS.find((end) => end === field('State').toLowerCase()) ?? 'active';
  // What is over needs no time to be told as over.
  if (state === 'active' && Number.isNaN(notBeforeMs)) return undefined;
  return {
    id: said.EventId,
    code: said.Code,
    description: field('Description'),
    state,
    notBeforeMs,
    notAfterMs: timeOf(field('NotAfter')),
    notBeforeDeadlineMs: timeOf(field('NotBeforeDeadline')),
  };
}

function timeOf(time: string): number | null {
  const timeMs = Date.parse(time);
  return Number.isNaN(timeMs) ? null : timeMs;
}
