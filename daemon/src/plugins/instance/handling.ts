import { type Clock, sleep } from '../../clock.ts';
import { SnoozeError } from '../../errors.ts';
import { kindOf } from '../../event-kind.ts';
import type { SnoozeEvent } from '../../events/event.ts';
import { isAnswered } from '../../rpc/codes.ts';
import type { Runner } from '../runners/runner.ts';
import { timeLimit } from '../runners/time-limit.ts';
import { eventAnswer } from './answers.ts';
import type { Supervisor } from './supervisor.ts';
import type { Work } from './work.ts';

export type HandlingParts = { instance: string; supervisor: Supervisor; work: Work; clock: Clock };

/** What is done with a plugin once it runs, in what is left of the time. */
export type Errand<T> = (runner: Runner, leftMs: number) => Promise<T>;

/**
 * Sends one instance on an errand that must not be cut short; one that is not running is started for it.
 * @throws SnoozeError SNOOZE_E_PLUGIN_START where it never ran, else what the errand throws.
 */
export async function send<T>(
  { supervisor, work, clock }: HandlingParts,
  { what, cause, timeoutMs, signal }: { what: string; cause: string; timeoutMs: number; signal: AbortSignal },
  errand: Errand<T>,
): Promise<T> {
  const untilBootMs = clock.bootMs() + timeoutMs;
  const limit = timeLimit(clock, timeoutMs, signal);
  try {
    const runner = await supervisor.awaken(cause, untilBootMs, limit.signal);
    return await work.during(what, () => errand(runner, Math.max(1, untilBootMs - clock.bootMs())));
  } finally {
    limit.end();
  }
}

/** A plugin that says it is not ready for an event is asked again after so long, as long as there is time. */
const NOT_READY_PAUSE_MS = 1_000;

/** Gives an event to one instance; `SNOOZE_E_PLUGIN_START` where it never got it, else what became of the call. */
export async function handleEvent(
  parts: HandlingParts,
  event: SnoozeEvent,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<{ handled: boolean; result: unknown }> {
  const kind = kindOf(event);
  const how = { what: `handles ${kind}`, cause: `${kind} waits for it`, timeoutMs, signal };
  const { clock, instance } = parts;
  const endBootMs = clock.bootMs() + timeoutMs;
  let before: Runner | undefined;
  const give: Errand<unknown> = async (runner, leftMs) => {
    const untilBootMs = clock.bootMs() + leftMs;
    const hurry = event.deadline === null ? {} : { hurry: event.type };
    for (;;) {
      const options = {
        timeoutMs: Math.max(1, untilBootMs - clock.bootMs()),
        urgency: 1 + event.severity,
        ...hurry,
        signal,
      };
      try {
        return await runner.call('HandleEvent', { event }, options);
      } catch (error) {
        const hasEnded = error instanceof SnoozeError && error.code === 'SNOOZE_E_PLUGIN_START';
        const leftOverMs = endBootMs - clock.bootMs();
        // It ended in what it did before: the one that is started in its place gets the event.
        if (hasEnded && runner !== before && leftOverMs > 0 && !signal.aborted) {
          before = runner;
          return await send(parts, { ...how, timeoutMs: leftOverMs }, give);
        }
        const isTimeLeft = clock.bootMs() + NOT_READY_PAUSE_MS < untilBootMs;
        if (!isAnswered(error, 'notReady') || !isTimeLeft || signal.aborted) throw error;
        await sleep(clock, NOT_READY_PAUSE_MS, signal);
      }
    }
  };
  return eventAnswer(instance, await send(parts, how, give));
}
