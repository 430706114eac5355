import { parseJson, textOf } from '../../cloud/json-answer.ts';
import { createValidator } from '../../config/validator.ts';
import { notUnderstood, readEach } from './answer.ts';

export const SCHEDULED_EVENTS_PATH = '/metadata/scheduledevents?api-version=2020-07-01';
export const AZURE_ID_PREFIX = 'azure:';

/** One scheduled event of Azure. */
export type AzureEvent = {
  id: string;
  /** `Freeze`, `Reboot`, `Redeploy`, `Preempt`, `Terminate`, or one that is newer than this program. */
  type: string;
  started: boolean;
  /** The names of the machines that it concerns, all of a set. */
  resources: string[];
  /** Null once it has begun. */
  notBeforeMs: number | null;
  description: string;
  /** How long the machine is interrupted; null where that is not known. */
  durationSeconds: number | null;
};

export const LISTED = 'the list of scheduled events';
const text = { type: 'string' };
const textOrNull = { type: ['string', 'null'] };
const isList = createValidator({
  type: 'object',
  required: ['Events'],
  properties: { Events: { type: 'array' } },
});
const isEvent = createValidator({
  type: 'object',
  required: ['EventId', 'EventType', 'Resources'],
  properties: {
    EventId: { type: 'string', pattern: '^[A-Za-z0-9-]{1,128}$' },
    EventType: text,
    EventStatus: textOrNull,
    Resources: { type: 'array', items: text },
    NotBefore: textOrNull,
  },
});

/**
 * The body of `scheduledevents`, version 2020-07-01 (Azure documentation, "Scheduled Events for Linux VMs").
 * @param unread is given the entries that are anything else.
 * @throws SnoozeError SNOOZE_E_METADATA when it is no list, or nothing of it can be read.
 */
export function parseScheduledEvents(body: string, unread: (entry: unknown) => void = () => {}): AzureEvent[] {
  const value = parseJson(body);
  const events =
    isList(value).length > 0 ? undefined : readEach((value as { Events: unknown[] }).Events, readEvent, unread);
  if (events === undefined) throw notUnderstood(LISTED, body);
  return events;
}

function readEvent(entry: unknown): AzureEvent | undefined {
  if (isEvent(entry).length > 0) return undefined;
  const said = entry as Said;
  const notBeforeMs = said.NotBefore ? Date.parse(said.NotBefore) : null;
  if (Number.isNaN(notBeforeMs)) return undefined;
  const { DurationInSeconds: seconds, Description: description } = said;
  return {
    id: said.EventId,
    type: said.EventType,
    started: said.EventStatus === 'Started',
    resources: said.Resources,
    notBeforeMs,
    description: textOf(description) ?? '',
    durationSeconds: typeof seconds === 'number' && seconds >= 0 ? seconds : null,
  };
}

/** Azure's names of machines are the same in small and capital letters. */
export function isSameMachine(one: string | undefined, other: string | undefined): boolean {
  return one !== undefined && one !== '' && one.toLowerCase() === other?.toLowerCase();
}

/** The id of a scheduled event among all events. */
export function azureEventId(id: string): string {
  return `${AZURE_ID_PREFIX}${id}`;
}

type Said = { EventId: string; EventType: string; Resources: string[] } & Partial<{
  EventStatus: string | null;
  NotBefore: string | null;
  Description: unknown;
  DurationInSeconds: unknown;
}>;
