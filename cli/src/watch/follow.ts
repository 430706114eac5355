import { sleep } from '@cloudsnooze/daemon/clock';
import type { Status } from '@cloudsnooze/daemon/control/api';
import type { CommandContext } from '../context.ts';

/** What is known of the daemon at one moment. */
export type Sighting = {
  status: Status;
  /** When `status` was true: milliseconds since the epoch. */
  seenMs: number;
  /** What is wrong where the daemon does not answer now; `status` is then its last one. */
  problem: unknown;
};

const INTERVAL_MS = 1000;
const TIMEOUT_MS = 5000;

/**
 * Asks for the status each second until `signal` aborts. A connection for each question: whatever has become of the
 * daemon since, the next question finds out.
 * @throws SnoozeError where the first question fails.
 */
export async function* followStatus(
  { withDaemon, clock }: Pick<CommandContext, 'withDaemon' | 'clock'>,
  signal: AbortSignal,
): AsyncGenerator<Sighting> {
  const aborted = new Promise<undefined>((resolve) =>
    signal.addEventListener('abort', () => resolve(undefined), { once: true }),
  );
  const ask = async (last: Sighting | undefined): Promise<Sighting> => {
    try {
      const status = await withDaemon((client) => client.call('status', {}, TIMEOUT_MS));
      return { status, seenMs: clock.wallMs(), problem: undefined };
    } catch (problem) {
      if (last === undefined) throw problem;
      return { ...last, problem };
    }
  };
  let last: Sighting | undefined;
  while (!signal.aborted) {
    last = await Promise.race([ask(last), aborted]);
    if (last === undefined || signal.aborted) return;
    yield last;
    await sleep(clock, INTERVAL_MS, signal);
  }
}
