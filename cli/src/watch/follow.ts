import { sleep } from '@cloudsnooze/daemon/clock';
import type { ControlClient } from '@cloudsnooze/daemon/control/client';
import type { CommandContext } from '../context.ts';

/** What is known of the daemon at one moment. */
export type Sighting<T> = {
  found: T;
  /** When `found` was true: milliseconds since the epoch. */
  seenMs: number;
  /** What is wrong where the daemon does not answer now; `found` is then what it answered last. */
  problem: unknown;
};

/**
 * Asks the daemon again and again until `signal` aborts. A connection for each question: whatever has become of the
 * daemon since, the next question finds out.
 * @throws SnoozeError where the first question fails.
 */
export async function* follow<T>(
  ask: (client: ControlClient) => Promise<T>,
  { withDaemon, clock }: Pick<CommandContext, 'withDaemon' | 'clock'>,
  { intervalMs, signal }: { intervalMs: number; signal: AbortSignal },
): AsyncGenerator<Sighting<T>> {
  const aborted = new Promise<undefined>((resolve) =>
    signal.addEventListener('abort', () => resolve(undefined), { once: true }),
  );
  const look = async (last: Sighting<T> | undefined): Promise<Sighting<T>> => {
    try {
      const found = await withDaemon(ask);
      return { found, seenMs: clock.wallMs(), problem: undefined };
    } catch (problem) {
      if (last === undefined) throw problem;
      return { ...last, problem };
    }
  };
  let last: Sighting<T> | undefined;
  while (!signal.aborted) {
    last = await Promise.race([look(last), aborted]);
    if (last === undefined || signal.aborted) return;
    yield last;
    await sleep(clock, intervalMs, signal);
  }
}
