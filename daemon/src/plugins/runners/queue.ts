import type { WayReason } from '../../events/event.ts';

/** Ends a call because an event needs the plugin; undefined for one that nothing may end. */
export type MakeWay = ((reason: WayReason) => void) | undefined;

/** Lets one call at a time through, or all where the plugin can do more; the most urgent of those that wait is next. */
export type CallQueue = {
  /** Lets this one through at once, where nobody is before it: gives the function that lets the next one through. */
  tryEnter(makeWay?: MakeWay): (() => void) | undefined;
  /** Resolves with that function when it is this one's turn; rejects with `signal`'s reason if that aborts first. */
  enter(urgency: number, signal: AbortSignal, makeWay?: MakeWay): Promise<() => void>;
  /** Has the one that is inside make way, where it may. */
  clear(reason: WayReason): void;
};

type Waiting = { urgency: number; makeWay: MakeWay; admit: () => void };

export function createCallQueue(concurrent: boolean): CallQueue {
  let waiting: Waiting[] = [];
  let busy = false;
  let holder: MakeWay;
  const leave = () => {
    const most = Math.max(...waiting.map(({ urgency }) => urgency));
    const next = waiting.find(({ urgency }) => urgency === most);
    waiting = waiting.filter((other) => other !== next);
    holder = next?.makeWay;
    if (next) next.admit();
    else busy = false;
  };
  const tryEnter = (makeWay?: MakeWay) => {
    if (concurrent) return () => {};
    if (busy) return undefined;
    busy = true;
    holder = makeWay;
    return leave;
  };
  return {
    tryEnter,
    clear: (reason) => holder?.(reason),
    enter(urgency, signal, makeWay) {
      const entered = tryEnter(makeWay);
      if (entered !== undefined) return Promise.resolve(entered);
      return new Promise((resolve, reject) => {
        const onAbort = () => {
          waiting = waiting.filter((other) => other !== place);
          reject(signal.reason);
        };
        const place: Waiting = {
          urgency,
          makeWay,
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
