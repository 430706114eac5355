/** Lets one call at a time through, or all where the plugin can do more; events go before checks that wait. */
export type CallQueue = {
  /** Lets this one through at once, where nobody is before it: gives the function that lets the next one through. */
  tryEnter(): (() => void) | undefined;
  /** Resolves with that function when it is this one's turn; rejects with `signal`'s reason if that aborts first. */
  enter(urgent: boolean, signal: AbortSignal): Promise<() => void>;
};

type Waiting = { urgent: boolean; admit: () => void };

export function createCallQueue(concurrent: boolean): CallQueue {
  let waiting: Waiting[] = [];
  let busy = false;
  const leave = () => {
    const next = waiting.find(({ urgent }) => urgent) ?? waiting[0];
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
    enter(urgent, signal) {
      const entered = tryEnter();
      if (entered !== undefined) return Promise.resolve(entered);
      return new Promise((resolve, reject) => {
        const onAbort = () => {
          waiting = waiting.filter((other) => other !== place);
          reject(signal.reason);
        };
        const place: Waiting = {
          urgent,
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
