import { rfc3339 } from '../../clock.ts';
import { createValidator } from '../../config/validator.ts';
import type { EventRecord, Notice } from '../event.ts';
import { notUnderstood, parseJson } from './answer.ts';
import { CALM_INTERVAL_MS, EC2_SOURCE, instanceIdOf, QUEUE_SOURCE, retryAfter } from './ec2.ts';
import { isFinal, isSameMaintenance, MAINTENANCE, openMaintenance } from './maintenance-incident.ts';
import { watchByPolling } from './poll.ts';
import { defineSource, type SourceContext } from './source.ts';

const PATH = 'meta-data/events/maintenance/scheduled';
const ID_PREFIX = 'maintenance:';
const HISTORY_PATH = 'meta-data/events/maintenance/history';

/** One scheduled event; times in milliseconds since the Unix epoch. */
export type Maintenance = {
  id: string;
  code: string;
  description: string;
  state: 'active' | 'completed' | 'canceled';
  notBeforeMs: number;
  notAfterMs: number | null;
};

/** Asks the metadata service for maintenance that is planned for this host. */
export const ec2Maintenance = defineSource({
  name: 'ec2-maintenance',
  title: 'EC2 scheduled maintenance',
  applies: ({ identity, imds }) => imds !== null && identity !== null,
  watch(context) {
    const { imds, signal, emit } = context;
    let announced = announcedBefore(context);
    return watchByPolling(context, {
      what: 'scheduled maintenance',
      intervalMs: () => CALM_INTERVAL_MS,
      retryMs: retryAfter(() => CALM_INTERVAL_MS),
      async ask() {
        const listed = identify(parseMaintenance((await imds?.get(PATH, signal)) ?? '[]'), announced, context);
        const active = listed.filter(({ state }) => state === 'active');
        const gone = [...announced.values()].filter(({ id }) => !active.some((other) => other.id === id));
        // What AWS Health alone has told of may be listed here for the first time when it is over.
        const over = listed.filter(({ id, state }) => state !== 'active' && !announced.has(id));
        const said = gone.length === 0 ? listed : [...listed, ...(await history(context))];
        for (const one of active) emit(noticeOf(one, context));
        for (const one of [...gone, ...over])
          emit(endOf(one, said.findLast(({ id }) => id === one.id)?.state, context));
        announced = new Map(active.map((one) => [one.id, one]));
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
      return [id, { id, eventId, code, description, state: 'active', notBeforeMs, notAfterMs: null }];
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
    const ownId = `${ID_PREFIX}${one.id}`;
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
const validate = createValidator({
  type: 'array',
  items: {
    type: 'object',
    required: ['NotBefore', 'Code', 'EventId'],
    properties: { NotBefore: text, NotAfter: text, Code: text, Description: text, EventId: text, State: text },
  },
});

/**
 * The body of `events/maintenance/scheduled` and `…/history` (EC2 user guide, "Scheduled events for your instances"):
 * a list of objects with times such as `21 Jan 2019 09:00:43 GMT`; `NotAfter` may be missing or empty.
 * @throws SnoozeError SNOOZE_E_METADATA when it is anything else.
 */
export function parseMaintenance(body: string): Maintenance[] {
  const what = 'the list of scheduled maintenance';
  const value = parseJson(body, what);
  if (validate(value).length > 0) throw notUnderstood(what, body);
  return (value as Record<string, string>[]).map((one) => {
    const notBeforeMs = Date.parse(one['NotBefore'] ?? '');
    if (Number.isNaN(notBeforeMs)) throw notUnderstood(what, body);
    const notAfterMs = Date.parse(one['NotAfter'] ?? '');
    const state = one['State']?.toLowerCase();
    return {
      id: one['EventId'] ?? '',
      code: one['Code'] ?? '',
      description: one['Description'] ?? '',
      state: state === 'completed' || state === 'canceled' ? state : 'active',
      notBeforeMs,
      notAfterMs: Number.isNaN(notAfterMs) ? null : notAfterMs,
    };
  });
}
