import { rfc3339 } from '../../clock.ts';
import { createValidator } from '../../config/validator.ts';
import type { Notice } from '../event.ts';
import { notUnderstood, parseJson } from './answer.ts';
import { CALM_INTERVAL_MS, EC2_SOURCE, instanceIdOf, retryAfter } from './ec2.ts';
import { watchByPolling } from './poll.ts';
import { defineSource, type SourceContext } from './source.ts';

const PATH = 'meta-data/events/maintenance/scheduled';
const ID_PREFIX = 'maintenance:';
const HISTORY_PATH = 'meta-data/events/maintenance/history';
/** The host is stopped or lost; the other codes bring it back by themselves. */
const FINAL_CODES = ['instance-stop', 'instance-retirement'];

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
        const listed = parseMaintenance((await imds?.get(PATH, signal)) ?? '[]');
        const active = listed.filter(({ state }) => state === 'active');
        const gone = [...announced.values()].filter(({ id }) => !active.some((other) => other.id === id));
        const said = gone.length === 0 ? [] : [...listed, ...(await history(context))];
        for (const one of active) emit(maintenanceNotice(one, context));
        for (const one of gone) emit(endOf(one, said.findLast(({ id }) => id === one.id)?.state, context));
        announced = new Map(active.map((one) => [one.id, one]));
        const [next] = active.toSorted((a, b) => a.notBeforeMs - b.notBeforeMs);
        return next === undefined ? 'nothing is planned' : `${next.code} is planned for ${rfc3339(next.notBeforeMs)}`;
      },
    });
  },
});

/** What an earlier daemon has announced, by its id: it may have been taken off the list meanwhile. */
function announcedBefore({ open }: SourceContext): Map<string, Maintenance> {
  const records = open(EC2_SOURCE).filter(({ event }) => event.id.startsWith(ID_PREFIX));
  return new Map(
    records.map(({ event: { data, deadline } }) => {
      const id = String(data['event_id']);
      const [code, description] = [String(data['code']), String(data['description'])];
      return [
        id,
        { id, code, description, state: 'active', notBeforeMs: Date.parse(deadline ?? ''), notAfterMs: null },
      ];
    }),
  );
}

/** Where it says what became of those that have left the list; without it that is a guess by their time. */
async function history({ imds, signal }: SourceContext): Promise<Maintenance[]> {
  try {
    return parseMaintenance((await imds?.get(HISTORY_PATH, signal)) ?? '[]');
  } catch {
    return []; // the list itself was there: the service works, and this is only to know better
  }
}

function maintenanceNotice(one: Maintenance, context: SourceContext): Notice {
  return {
    kind: 'notice',
    id: eventId(one),
    type: 'cloud.instance.maintenance',
    source: EC2_SOURCE,
    severity: FINAL_CODES.includes(one.code) ? 3 : 2,
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

function endOf(one: Maintenance, state: Maintenance['state'] | undefined, { clock }: SourceContext): Notice {
  const canceled = state === 'canceled' || (state !== 'completed' && one.notBeforeMs > clock.wallMs());
  return {
    kind: canceled ? 'canceled' : 'ended',
    id: eventId(one),
    reason: `EC2 has ${canceled ? 'canceled' : 'completed'} the maintenance`,
  };
}

function eventId({ id }: Maintenance): string {
  return `${ID_PREFIX}${id}`;
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
