import { messageOf } from '../../errors.ts';
import type { EventRecord } from '../event.ts';
import { type AzureEvent, azureEventId, isSameMachine, SCHEDULED_EVENTS_PATH } from './azure-events.ts';
import type { SourceContext } from './source.ts';

/** It must not keep the next notice waiting. */
const TIMEOUT_MS = 2_000;

/** Tells Azure that it need not wait with an event any more. */
export type StartRequests = {
  /** Sends what is due, until it is taken. Never rejects; gives what to say in `snooze status` where it was refused. */
  send(events: readonly AzureEvent[], machine: string): Promise<string | undefined>;
};

export function createStartRequests({ find, metadata, log, signal }: SourceContext): StartRequests {
  const taken = new Set<string>();
  const refused = new Set<string>();

  const sendOne = async ({ id, type }: AzureEvent): Promise<string | undefined> => {
    const post = JSON.stringify({ StartRequests: [{ EventId: id }] });
    try {
      await metadata?.ask(SCHEDULED_EVENTS_PATH, { post, timeoutMs: TIMEOUT_MS, signal });
      taken.add(id);
      log.info({}, `every handler is done: Azure was told to go ahead with the ${type}`);
      return undefined;
    } catch (error) {
      const message = `Azure was not told to go ahead with the ${type}: ${messageOf(error)}`;
      if (!refused.has(id) && !signal.aborted) log.warn({}, message);
      refused.add(id);
      return message;
    }
  };
  return {
    async send(events, machine) {
      const due = events.filter((one) => !taken.has(one.id) && mayStart(one, machine, find(azureEventId(one.id))));
      const messages = await Promise.all(due.map(sendOne));
      return messages.find((message) => message !== undefined);
    },
  };
}

/**
 * Whether Azure may be told to begin: it does so for every machine of the event at once, so that one speaks for all,
 * and only where nothing was left unsaved. Without the word it begins at its time. Pure.
 */
export function mayStart(
  { started, resources }: AzureEvent,
  machine: string,
  record: Pick<EventRecord, 'state' | 'closing' | 'outcomes'> | undefined,
): boolean {
  if (started || !isSameMachine(resources[0], machine)) return false;
  if (record?.state !== 'done' || record.closing !== null) return false;
  return record.outcomes.every(({ status }) => status !== 'failed' && status !== 'timed-out');
}
