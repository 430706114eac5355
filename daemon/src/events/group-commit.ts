/** Many small writes that reach the disk together: what counts there is how often, not how much. */
export type GroupCommit = {
  /** Does `write` with all others of this turn of the event loop; resolves when it is on disk, rejects as it failed. */
  soon(write: () => void): Promise<void>;
  settled(): Promise<void>;
};

type Waiting = { write: () => void; resolve: () => void; reject: (error: unknown) => void };

/** @param transaction does all of what it is given, durably, or nothing of it, and throws then. */
export function createGroupCommit(transaction: (write: () => void) => void): GroupCommit {
  let waiting: Waiting[] = [];
  let flushed: Promise<void> = Promise.resolve();

  const flush = () => {
    const together = waiting;
    waiting = [];
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
  return {
    soon(write) {
      if (waiting.length === 0) {
        flushed = new Promise((resolve) => {
          setImmediate(() => {
            flush();
            resolve();
          });
        });
      }
      return new Promise((resolve, reject) => void waiting.push({ write, resolve, reject }));
    },
    settled: () => flushed,
  };
}
