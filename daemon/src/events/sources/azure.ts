import { rfc3339 } from '../../clock.ts';
import type { Notice } from '../event.ts';
import { createUnread, notUnderstood } from './answer.ts';
import {
  AZURE_ID_PREFIX,
  type AzureEvent,
  azureEventId,
  isSameMachine,
  LISTED,
  parseScheduledEvents,
  SCHEDULED_EVENTS_PATH,
} from './azure-events.ts';
import { createStartRequests } from './azure-start-requests.ts';
import { createDoubt } from './doubt.ts';
import { watchByPolling } from './poll.ts';
import { defineSource, type SourceContext } from './source.ts';

const AZURE_SOURCE = 'azure-metadata';
const NAME_PATH = '/metadata/instance/compute/name?api-version=2021-02-01&format=text';
const TIMEOUT_MS = 5_000;
/** The first call switches the service on, which may take two minutes; a day without any switches it off. */
const FIRST_TIMEOUT_MS = 130_000;
const SWITCHED_OFF_AFTER_MS = 24 * 3_600_000;
/** The shortest notice of all, for what has begun without one. */
const SHORTEST_NOTICE_MS = 30_000;

const TYPES: Record<string, string> = {
  Preempt: 'cloud.spot.interrupt',
  Terminate: 'cloud.instance.termination',
};

type Announced = { id: string; deadline: string | null; started: boolean };

/** Asks Azure's metadata service for scheduled events of this machine. */
export const azure = defineSource({
  name: 'azure',
  title: 'Azure scheduled events',
  applies: ({ identity, metadata }) => identity?.provider === 'azure' && metadata !== null,
  watch(context) {
    const { clock, metadata, signal, emit, log } = context;
    const settings = () => context.config().sources.azure;
    const startRequests = createStartRequests(context);
    const unreadIn = createUnread(log, LISTED);
    let announced = announcedBefore(context);
    const doubt = createDoubt(() => settings().poll_seconds * 1000);
    let name: string | undefined;
    let answeredBootMs = Number.NEGATIVE_INFINITY;
    return watchByPolling(context, {
      what: 'scheduled events',
      intervalMs: doubt.intervalMs,
      async ask() {
        name ??= parseName((await metadata?.ask(NAME_PATH, { timeoutMs: TIMEOUT_MS, signal }))?.body ?? '');
        const machine = name;
        const isOn = clock.bootMs() - answeredBootMs < SWITCHED_OFF_AFTER_MS;
        const timeoutMs = isOn ? TIMEOUT_MS : FIRST_TIMEOUT_MS;
        const answer = await metadata?.ask(SCHEDULED_EVENTS_PATH, { timeoutMs, signal });
        answeredBootMs = clock.bootMs();
        const odd: unknown[] = [];
        const listed = parseScheduledEvents(answer?.body ?? '', (entry) => odd.push(entry));
        const unread = unreadIn(odd);
        const mine = listed.filter(({ resources }) => resources.some((resource) => isSameMachine(resource, machine)));
        // A name that was garbled must not hide for ever what concerns this machine.
        if (mine.length === 0 && listed.length > 0) name = undefined;
        const now = new Map(mine.map((one) => [one.id, announcedNow(one, announced.get(one.id), clock.wallMs())]));
        for (const one of mine) emit(noticeOf(one, now.get(one.id)?.deadline ?? null, context));
        const away = [...announced.values()].filter(({ id }) => !now.has(id));
        const doubted = doubt.asksAgain(away.flatMap(({ id }) => (unread.has(id) ? [] : id)));
        for (const one of away) {
          if (unread.has(one.id) || doubted.has(one.id)) now.set(one.id, one);
          else emit(endOf(one, clock.wallMs()));
        }
        announced = now;
        const said = settings().start_requests ? await startRequests.send(mine, machine) : undefined;
        if (said !== undefined) return said;
        return doubted.size > 0 ? 'less is scheduled than before, and it is asked once more' : summary(mine, now);
      },
    });
  },
});

function parseName(text: string): string {
  const name = text.trim();
  if (!/^[\w.-]{1,128}$/.test(name)) throw notUnderstood('the name of the machine', text);
  return name;
}

/** What an earlier daemon has announced: it may have vanished meanwhile. */
function announcedBefore({ open, clock }: SourceContext): Map<string, Announced> {
  const bootedWallMs = clock.wallMs() - clock.bootMs();
  return new Map(
    open(AZURE_SOURCE).map(({ event: { id: eventId, timestamp, deadline } }) => {
      const id = eventId.slice(AZURE_ID_PREFIX.length);
      // A host that was booted since has most likely been through it.
      return [id, { id, deadline, started: Date.parse(timestamp) < bootedWallMs }];
    }),
  );
}

/** What has begun names no time any more; then the time that it named before stays. */
function announcedNow({ id, type, started, notBeforeMs }: AzureEvent, before: Announced | undefined, nowMs: number) {
  if (notBeforeMs !== null) return { id, started, deadline: rfc3339(notBeforeMs) };
  if (before !== undefined) return { id, started, deadline: before.deadline };
  return { id, started, deadline: type in TYPES ? rfc3339(nowMs + SHORTEST_NOTICE_MS) : null };
}

function noticeOf(one: AzureEvent, deadline: string | null, { identity }: SourceContext): Notice {
  return {
    kind: 'notice',
    id: azureEventId(one.id),
    type: TYPES[one.type] ?? 'cloud.instance.maintenance',
    source: AZURE_SOURCE,
    // Moved to another machine, this one loses its temporary disk.
    ...(one.type === 'Redeploy' && { severity: 3 }),
    deadline,
    data: {
      event_id: one.id,
      event_type: one.type,
      event_status: one.started ? 'Started' : 'Scheduled',
      description: one.description,
      not_before: deadline,
      duration_seconds: one.durationSeconds,
      resources: one.resources,
      instance_id: identity?.instanceId,
      stage: one.started ? 'started' : 'scheduled',
    },
  };
}

/** Nobody says how it went: what has begun, or whose time has come, is over; anything else does not come. */
function endOf({ id, started, deadline }: Announced, nowMs: number): Notice {
  const canceled = !started && deadline !== null && Date.parse(deadline) > nowMs;
  const reason = canceled ? 'Azure has taken the event back' : 'Azure lists the event no more';
  return { kind: canceled ? 'canceled' : 'ended', id: azureEventId(id), reason };
}

function summary(mine: readonly AzureEvent[], announced: ReadonlyMap<string, Announced>): string {
  const said = mine.map(({ id, type, started }) => {
    const deadline = announced.get(id)?.deadline;
    return `${type} ${started ? 'has begun' : deadline ? `is scheduled for ${deadline}` : 'is scheduled'}`;
  });
  return said.join(', ') || 'nothing is scheduled';
}
