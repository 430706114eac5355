import type { Clock } from '../clock.ts';
import type { SnoozeEvent } from '../events/event.ts';
import { eventAnswer } from './answers.ts';
import type { Supervisor } from './supervisor.ts';
import { timeLimit } from './time-limit.ts';

/** Gives events to one instance. */
export type EventHandling = {
  /**
   * Gives it the event; one that is not running is started for it.
   * @throws SnoozeError SNOOZE_E_PLUGIN_START where it never got the event, else what became of the call.
   */
  handle(event: SnoozeEvent, timeoutMs: number, signal: AbortSignal): Promise<{ handled: boolean; result: unknown }>;
  /** Types of the events that it has now. */
  inHand(): string[];
  /** Resolves when it has none. */
  drained(): Promise<void>;
};

export function createEventHandling(instance: string, supervisor: Supervisor, clock: Clock): EventHandling {
  const inHand = new Set<SnoozeEvent>();
  let drained = Promise.withResolvers<void>();
  drained.resolve();

  const give = async (event: SnoozeEvent, timeoutMs: number, signal: AbortSignal) => {
    const untilBootMs = clock.bootMs() + timeoutMs;
    const limit = timeLimit(clock, timeoutMs, signal);
    try {
      const runner = await supervisor.awaken(`${event.type} waits for it`, untilBootMs, limit.signal);
      const leftMs = Math.max(1, untilBootMs - clock.bootMs());
      if (inHand.size === 0) drained = Promise.withResolvers();
      inHand.add(event);
      return await runner.call('HandleEvent', { event }, { timeoutMs: leftMs, urgent: true, signal });
    } finally {
      limit.end();
      if (inHand.delete(event) && inHand.size === 0) drained.resolve();
    }
  };

  return {
    handle: async (event, timeoutMs, signal) => eventAnswer(instance, await give(event, timeoutMs, signal)),
    inHand: () => [...inHand].map(({ type }) => type),
    drained: () => drained.promise,
  };
}
