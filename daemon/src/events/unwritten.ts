import { type Clock, rfc3339 } from '../clock.ts';
import { messageOf } from '../errors.ts';
import { isOwn } from '../event-kind.ts';
import type { Log } from '../log.ts';
import type { Journal } from '../store/store.ts';
import type { EventRecord, Remark } from './event.ts';

/** What the journal has not taken, and since when it takes nothing. */
export type Unwritten = {
  get(id: string): EventRecord | undefined;
  all(): EventRecord[];
  /** Why anything is kept, in words. */
  reason(): string;
  /** Keeps an event; `isNew` where the journal has nothing at all of it. False where there is no room for it. */
  keep(record: EventRecord, isNew: boolean): boolean;
  /** Writes what is kept, unless it failed a moment ago. */
  retry(): void;
  /** The journal could not be written or read: said once until it can be written again. */
  fail(error: unknown): void;
  /** Something was really written, which alone shows that there is room again: a full disk can be read, too. */
  succeed(): void;
};

/** As many as a source can go on telling of. */
export const KEPT_IN_MEMORY = 1_000;
const RETRY_MS = 5_000;

/** Memory for events while the disk is full: without it each would be new again at the next poll. */
export function createUnwritten(journal: Journal, { clock, log }: { clock: Clock; log: Log }): Unwritten {
  const unwritten = new Map<string, EventRecord>();
  /** Those of them of which the journal has nothing at all. */
  const unknown = new Set<string>();
  let failingSinceBootMs: number | undefined;
  let reason = '';

  const forget = (id: string) => {
    unwritten.delete(id);
    unknown.delete(id);
  };
  const fail = (error: unknown) => {
    reason = messageOf(error);
    if (failingSinceBootMs === undefined)
      log.error({}, `${reason}; events go on without, and are written down when it can be written again`);
    failingSinceBootMs = clock.bootMs();
  };
  const succeed = () => {
    if (failingSinceBootMs !== undefined) log.info({}, 'the journal of events can be written again');
    failingSinceBootMs = undefined;
  };

  return {
    get: (id) => unwritten.get(id),
    all: () => [...unwritten.values()],
    reason: () => reason,
    keep(record, isNew) {
      const { id, type } = record.event;
      const ended = unwritten.size >= KEPT_IN_MEMORY && [...unwritten.values()].find(({ endedAt }) => endedAt !== null);
      if (ended) forget(ended.event.id);
      if (isOwn(type) && unwritten.size >= KEPT_IN_MEMORY) return false;
      unwritten.set(id, record);
      if (isNew) unknown.add(id);
      return true;
    },
    retry() {
      if (unwritten.size === 0) return;
      if (failingSinceBootMs !== undefined && clock.bootMs() - failingSinceBootMs < RETRY_MS) return;
      for (const [id, record] of unwritten) {
        const written: Remark[] = unknown.has(id) ? [{ at: rfc3339(clock.wallMs()), kind: 'written', reason }] : [];
        try {
          journal.put({ ...record, remarks: [...record.remarks, ...written] }, isOwn(record.event.type));
        } catch (error) {
          return fail(error);
        }
        succeed();
        record.remarks.push(...written);
        forget(id);
      }
    },
    fail,
    succeed,
  };
}
