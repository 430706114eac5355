import type { Clock } from '../../clock.ts';

/** A signal that aborts when the time is over or `signal` aborts; `end` takes its timer and its listener back. */
export function timeLimit(
  clock: Clock,
  timeoutMs: number,
  signal: AbortSignal | undefined,
): { signal: AbortSignal; end(): void } {
  const controller = new AbortController();
  const abort = () => controller.abort();
  const cancelTimer = clock.after(timeoutMs, abort);
  signal?.addEventListener('abort', abort, { once: true });
  if (signal?.aborted) abort();
  return {
    signal: controller.signal,
    end() {
      cancelTimer();
      signal?.removeEventListener('abort', abort);
    },
  };
}
