import { messageOf } from '../../errors.ts';
import type { Log } from '../../log.ts';
import { vetoAnswer } from './answers.ts';
import type { Supervisor } from './supervisor.ts';

export type AroundSnoozeParts = { instance: string; supervisor: Supervisor; log: Log };

const TIMEOUT_MS = 5_000;

/** Asks an instance that runs whether a snooze may be; null where it allows it, or does not say in time. */
export async function askBeforeSnooze(
  { instance, supervisor, log }: AroundSnoozeParts,
  params: unknown,
  signal: AbortSignal,
): Promise<ReturnType<typeof vetoAnswer>> {
  try {
    const answer = await supervisor.running()?.call('BeforeSnooze', params, { timeoutMs: TIMEOUT_MS, signal });
    return vetoAnswer(answer);
  } catch (error) {
    log.debug({ plugin: instance }, `BeforeSnooze: ${messageOf(error)}`);
    return null;
  }
}

/** Tells an instance that runs of the snooze that is over. */
export async function tellAfterResume(
  { instance, supervisor, log }: AroundSnoozeParts,
  params: unknown,
): Promise<void> {
  try {
    await supervisor.running()?.call('AfterResume', params, { timeoutMs: TIMEOUT_MS });
  } catch (error) {
    log.debug({ plugin: instance }, `AfterResume: ${messageOf(error)}`);
  }
}
