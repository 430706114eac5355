/** What one instance is at work on that must not be cut short: an event, a command. */
export type Work = {
  /** `what` it does, as a verb for people: `handles cloud.spot.interrupt`. */
  during<T>(what: string, act: () => Promise<T>): Promise<T>;
  inHand(): string[];
  /** Resolves when there is none. */
  drained(): Promise<void>;
};

export function createWork(): Work {
  const inHand = new Set<{ what: string }>();
  let drained = Promise.withResolvers<void>();
  drained.resolve();
  return {
    async during(what, act) {
      const piece = { what };
      if (inHand.size === 0) drained = Promise.withResolvers();
      inHand.add(piece);
      try {
        return await act();
      } finally {
        inHand.delete(piece);
        if (inHand.size === 0) drained.resolve();
      }
    },
    inHand: () => [...inHand].map(({ what }) => what),
    drained: () => drained.promise,
  };
}
