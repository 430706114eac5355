/** Lets one call at a time through, or all where the plugin can do more; the most urgent of those that wait is next. */
export type CallQueue = {
  /** Lets this one through at once, where nobody is before it: gives the function that lets the next one through. */
  tryEnter(): (() => void) | undefined;
  /** Resolves with that function when it is this one's turn; rejects with `signal`'s reason if that aborts first. */
  enter(urgency: number, signal: AbortSignal): Promise<() => void>;
};

type Waiting = { urgency: number; admit: () => void };

export function createCallQueue(concurrent: boolean): CallQueue {
  let waiting: Waiting[] = [];
  let busy = false;
  const leave = () => {
    const most = Math.max(...waiting.map(({ urgency }) => urgency));
    const next = waiting.find(({ urgency }) => urgency === most);
    waiting = waiting.filter((other) => other !== next);
    if (next) next.admit();
    else busy = false;
  };
  const tryEnter = () => {
    if (concurrent) return () => {};
    if (busy) return undefined;
    busy = true;
    return leave;
  };
  return {
    tryEnter,
    enter(urgency, signal) {
      const entered = tryEnter();
      if (entered !== undefined) return Promise.resolve(entered);
      return new Promise((resolve, reject) => {
        const onAbort = () => {
          waiting = waiting.filter((other) => other !== place);
          reject(signal.reason);
        };
        const place: Waiting = {
          urgency,
          admit() {
            signal.removeEventListener('abort', onAbort);
            resolve(leave);
          },
        };
        waiting.push(place);
        signal.addEventListener('abort', onAbort, { once: true });
        if (signal.aborted) onAbort();
      });
    },
  };
}
