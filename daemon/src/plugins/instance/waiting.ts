/** Those who wait for the next of something that happens again and again. */
export type Waiting = {
  /** Resolves when it has happened, or `signal` aborts. */
  next(signal: AbortSignal): Promise<void>;
  /** It has happened. */
  wakeAll(): void;
};

export function createWaiting(): Waiting {
  const waiting = new Set<() => void>();
  return {
    next: (signal) =>
      new Promise((resolve) => {
        const wake = () => {
          waiting.delete(wake);
          signal.removeEventListener('abort', wake);
          resolve();
        };
        waiting.add(wake);
        signal.addEventListener('abort', wake, { once: true });
        if (signal.aborted) wake();
      }),
    wakeAll() {
      for (const wake of [...waiting]) wake();
    },
  };
}
