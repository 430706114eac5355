import type { Clock } from '../clock.ts';

/** Many small writes that reach the disk together: what counts there is how often, not how much. */
export type GroupCommit = {
  /** Does `write` with all others of this turn of the event loop; resolves when it is on disk, rejects as it failed. */
  soon(write: () => void): Promise<void>;
  /** The same, but nobody hurries: with all that comes within the next 5 ms. */
  later(write: () => void): Promise<void>;
  /** Does `write` with all that waits, now; throws as it failed. */
  now(write: () => void): void;
  /** Does all that waits, now. */
  flush(): void;
};

type Waiting = { write: () => void; resolve: () => void; reject: (error: unknown) => void };

const LATER_MS = 5;

/** @param transaction does all of what it is given, durably, or nothing of it, and throws then. */
export function createGroupCommit(transaction: (write: () => void) => void, clock: Clock): GroupCommit {
  let waiting: Waiting[] = [];
  let immediate: NodeJS.Immediate | undefined;
  let cancelTimer: (() => void) | undefined;

  const flush = () => {
    clearImmediate(immediate);
    cancelTimer?.();
    immediate = undefined;
    cancelTimer = undefined;
    const together = waiting;
    waiting = [];
    if (together.length === 0) return;
    try {
      transaction(() => {
        for (const { write } of together) write();
      });
    } catch {
      return oneByOne(together);
    }
    for (const { resolve } of together) resolve();
  };
  /** One that cannot be written must not take the others with it. */
  const oneByOne = (together: readonly Waiting[]) => {
    for (const { write, resolve, reject } of together) {
      try {
        transaction(write);
        resolve();
      } catch (error) {
        reject(error);
      }
    }
  };
  const add = (write: () => void) =>
    new Promise<void>((resolve, reject) => void waiting.push({ write, resolve, reject }));
  return {
    soon(write) {
      immediate ??= setImmediate(flush);
      return add(write);
    },
    later(write) {
      cancelTimer ??= clock.after(LATER_MS, flush);
      return add(write);
    },
    now(write) {
      let failed: { error: unknown } | undefined;
      waiting.push({
        write,
        resolve() {},
        reject(error) {
          failed = { error };
        },
      });
      flush();
      if (failed !== undefined) throw (failed as { error: unknown }).error;
    },
    flush,
  };
}
