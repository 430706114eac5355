/** A named lock that keeps the host awake until it is released, or its time is over: a holder that dies lets go. */
export type Lease = {
  id: string;
  name: string;
  reason: string;
  /** Who asked for it: `user alice`, `plugin backup` … */
  owner: string;
  /** Milliseconds since boot. */
  untilBootMs: number;
};

export type LeaseRequest = { name: string; reason: string; owner: string; ttlMs: number };

export type Leases = {
  /** Takes a lease from `bootMs` on for `ttlMs`; gives the id that releases it. Names may be taken more than once. */
  add(request: LeaseRequest, bootMs: number): string;
  /** False where there is no such lease: it was released, or its time was over. */
  release(id: string): boolean;
  /** Those that hold at `bootMs`, the oldest first; what has ended is forgotten. */
  active(bootMs: number): Lease[];
};

/** Leases in memory: after a restart nobody is known to wait for them any more. */
export function createLeases(): Leases {
  const held = new Map<string, Lease>();
  let count = 0;
  return {
    add({ name, reason, owner, ttlMs }, bootMs) {
      count += 1;
      const id = `lease-${count}`;
      held.set(id, { id, name, reason, owner, untilBootMs: bootMs + ttlMs });
      return id;
    },
    release: (id) => held.delete(id),
    active(bootMs) {
      for (const { id, untilBootMs } of held.values()) if (untilBootMs <= bootMs) held.delete(id);
      return [...held.values()];
    },
  };
}
