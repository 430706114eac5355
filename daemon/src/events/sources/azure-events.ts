import { createValidator } from '../../config/validator.ts';
import { notUnderstood, parseJson } from './answer.ts';

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

const text = { type: 'string' };
const validate = createValidator({
  type: 'object',
  required: ['Events'],
  properties: {
    Events: {
      type: 'array',
      items: {
        type: 'object',
        required: ['EventId', 'EventType', 'Resources'],
        properties: {
          EventId: { type: 'string', pattern: '^[A-Za-z0-9-]{1,128}$' },
          EventType: text,
          EventStatus: text,
          Resources: { type: 'array', items: text },
          NotBefore: text,
          Description: text,
          DurationInSeconds: { type: 'number' },
        },
      },
    },
  },
});

/**
 * The body of `scheduledevents`, version 2020-07-01 (Azure documentation, "Scheduled Events for Linux VMs").
 * @throws SnoozeError SNOOZE_E_METADATA when it is anything else.
 */
export function parseScheduledEvents(body: string): AzureEvent[] {
  const what = 'the list of scheduled events';
  const value = parseJson(body, what);
  if (validate(value).length > 0) throw notUnderstood(what, body);
  const { Events } = value as { Events: Said[] };
  return Events.map((said) => {
    const notBeforeMs = said.NotBefore ? Date.parse(said.NotBefore) : null;
    if (Number.isNaN(notBeforeMs)) throw notUnderstood(what, body);
    const seconds = said.DurationInSeconds ?? -1;
    return {
      id: said.EventId,
      type: said.EventType,
      started: said.EventStatus === 'Started',
      resources: said.Resources,
      notBeforeMs,
      description: said.Description ?? '',
      durationSeconds: seconds < 0 ? null : seconds,
    };
  });
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
  EventStatus: string;
  NotBefore: string;
  Description: string;
  DurationInSeconds: number;
}>;
