import type { Clock } from '../clock.ts';
import type { SnoozeEvent } from '../events/event.ts';
import { eventAnswer } from './answers.ts';
import type { Runner } from './runner.ts';
import type { Supervisor } from './supervisor.ts';
import { timeLimit } from './time-limit.ts';
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

/** Gives an event to one instance; `SNOOZE_E_PLUGIN_START` where it never got it, else what became of the call. */
export async function handleEvent(
  parts: HandlingParts,
  event: SnoozeEvent,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<{ handled: boolean; result: unknown }> {
  const how = { what: `handles ${event.type}`, cause: `${event.type} waits for it`, timeoutMs, signal };
  const answer = await send(parts, how, (runner, leftMs) =>
    runner.call('HandleEvent', { event }, { timeoutMs: leftMs, urgency: 1 + event.severity, signal }),
  );
  return eventAnswer(parts.instance, answer);
}
