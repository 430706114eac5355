import { sleep } from '../../clock.ts';
import { describeError } from '../../errors.ts';
import type { SourceContext, SourceHealth, Watching } from './source.ts';

export type Poll = {
  /** What is told of, for the log: "spot notices". */
  what: string;
  /** The client of the service that it asks, where others ask the same: that it is away is one line, whoever notices. */
  service?: object | null;
  intervalMs: () => number;
  /** How long to wait after the so-manieth failure in a row; as long as always where it is left out. */
  retryMs?: (error: unknown, failures: number) => number;
  /** Asks once; gives what to say in `snooze status`. */
  ask: () => Promise<string>;
};

/** The services of which somebody has said that they are away, and that have answered nobody since. */
const away = new WeakSet<object>();

/**
 * Asks on a steady beat, one poll at a time, for as long as the daemon runs. A service that is away for an hour is one
 * line in the log, not seven hundred, however many ways of being away it has.
 */
export function watchByPolling(context: SourceContext, poll: Poll): Watching {
  const { clock, log } = context;
  let health: SourceHealth = { status: 'starting', message: 'asked, and no answer yet', sinceWallMs: clock.wallMs() };
  const service = poll.service ?? {};
  let isSaid = false;
  const say = (status: 'ok' | 'failing', message: string) => {
    if (status === 'ok') {
      away.delete(service);
      if (isSaid) log.info({}, `${poll.what} can be seen again`);
      isSaid = false;
    } else if (!isSaid && !away.has(service)) {
      away.add(service);
      log.warn({}, `${poll.what} cannot be seen: ${message}`);
      isSaid = true;
    }
  };
  const tell = (status: 'ok' | 'failing', message: string) => {
    say(status, message);
    if (health.status === status && health.message === message) return;
    health = { status, message, sinceWallMs: health.status === status ? health.sinceWallMs : clock.wallMs() };
  };
  return { ended: pollUntilEnd(context, poll, tell), health: () => health };
}

async function pollUntilEnd(
  { clock, signal }: SourceContext,
  { intervalMs, retryMs = intervalMs, ask }: Poll,
  tell: (status: 'ok' | 'failing', message: string) => void,
): Promise<void> {
  let failures = 0;
  while (!signal.aborted) {
    const startedMs = clock.bootMs();
    let waitMs: number;
    try {
      tell('ok', await ask());
      waitMs = intervalMs();
      failures = 0;
    } catch (error) {
      if (!signal.aborted) tell('failing', describeError(error));
      failures += 1;
      waitMs = retryMs(error, failures);
    }
    // From the start of one poll to that of the next, so that a slow answer does not make a notice wait longer.
    await sleep(clock, Math.max(0, waitMs - (clock.bootMs() - startedMs)), signal);
  }
}
