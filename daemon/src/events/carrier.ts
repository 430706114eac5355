import { rfc3339 } from '../clock.ts';
import { messageOf } from '../errors.ts';
import { isOwn, kindOf } from '../event-kind.ts';
import { type Carried, type CarryParts, carry, endTurns } from './carry.ts';
import type { Closing, EventRecord, EventState, PendingEvent, Remark, SnoozeEvent } from './event.ts';
import { createLines } from './lines.ts';
import { type Said, takeNews } from './news.ts';
import { rankOf } from './rank.ts';
import { finish } from './record.ts';

/** The events that are on their way, each with what takes it there. */
export type Carrier = {
  /**
   * Takes an event to its handlers, or to those that must be told that it is off; one's own may have to wait.
   * @param deadlineBootMs its deadline in milliseconds since boot, where an earlier run has taken it up.
   */
  begin(record: EventRecord, deadlineBootMs?: number): void;
  find(id: string): Carried | undefined;
  /** Its source says something of a pending event again; gives what was new in it. */
  move(carried: Carried, said: Said): Remark[];
  /** The event is off or over, whether it is on its way or was done; `record.closing` says so already. */
  close(record: EventRecord, closing: Closing): void;
  /** No handler need begin any more, those at work are ended; also where it waits on disk. */
  acknowledge(record: EventRecord, who: string): void;
  /** Ends an event without any handler. */
  end(record: EventRecord, state: EventState): void;
  /** Takes up events of one's own that wait on disk. */
  refill(): void;
  pending(): PendingEvent[];
  idle(): Promise<void>;
  stop(): Promise<void>;
};

/** So many events of one's own are on their way at once: the rest waits on disk, and those of the cloud never wait. */
const OWN_AT_ONCE = 32;
/** So many more where one's own is as urgent as the cloud's, and as short of time: it waits for nothing less. */
const URGENT_BESIDES = 32;

export function createCarrier(parts: Omit<CarryParts, 'stopping' | 'lines'>): Carrier {
  const { ledger, log, clock } = parts;
  const running = new Map<string, Carried>();
  const stopping = new AbortController();
  const carryParts: CarryParts = { ...parts, lines: createLines(clock), stopping: stopping.signal };
  let own = 0;
  /** Whether some of one's own wait on disk. */
  let behind = false;

  const timeAt = (bootMs: number) => rfc3339(clock.wallMs() + bootMs - clock.bootMs());
  const start = (record: EventRecord, deadlineBootMs?: number, off = new AbortController()) => {
    const counts = isOwn(record.event.type) ? 1 : 0;
    own += counts;
    const carried: Carried = {
      ...parts.times(record.event, deadlineBootMs),
      record,
      moves: new Set(),
      off,
      turns: new Map(),
      again: new AbortController(),
      ended: Promise.resolve(),
    };
    // The more urgent begins first after a restart, whichever was seen first.
    for (const other of running.values())
      if (other.record.seenAt <= record.seenAt) supersede(other, carried);
      else supersede(carried, other);
    running.set(record.event.id, carried);
    carried.ended = carry(carried, carryParts)
      .catch((error: unknown) => log.error({ event: record.event.id }, `${kindOf(record.event)}: ${messageOf(error)}`))
      .finally(() => {
        running.delete(record.event.id);
        own -= counts;
        if (behind && own <= OWN_AT_ONCE / 2) refill();
      });
  };

  const begin: Carrier['begin'] = (record, deadlineBootMs) => {
    if (stopping.signal.aborted) return;
    if (isOwn(record.event.type) && own >= roomFor(record.event)) behind = true;
    else start(record, deadlineBootMs);
  };

  const refill = () => {
    if (stopping.signal.aborted) return;
    // Those on their way may not be marked so on disk yet.
    const found = ledger.waiting(OWN_AT_ONCE + running.size).filter(({ event }) => !running.has(event.id));
    const room = OWN_AT_ONCE - own;
    behind = found.length > room;
    for (const record of found.slice(0, room)) start(record);
  };

  /**
   * A later stage of the same incident takes the place of the earlier ones: what has not begun need not, and who can
   * do the later stage is free for it. Who only knows the earlier one goes on: it may be saving what counts.
   */
  const supersede = (earlier: Carried, { record: { event } }: Carried) => {
    const { incident } = event.data;
    const before = earlier.record.event;
    if (incident === undefined || before.data['incident'] !== incident || rankOf(before) >= rankOf(event)) return;
    const reason = `${kindOf(event)} has come`;
    earlier.off.abort(reason);
    endTurns(
      earlier,
      reason,
      parts.handlers(event.type).map(({ name }) => name),
    );
  };

  return {
    begin,
    refill,
    find: (id) => running.get(id),
    move(carried, said) {
      const before = carried.record.event;
      const news = takeNews(carried.record, said, parts);
      const { event } = carried.record;
      if (event.deadline !== before.deadline) {
        const { dueBootMs, endBootMs } = parts.times(event);
        Object.assign(carried, { dueBootMs, endBootMs });
        for (const onMove of [...carried.moves]) onMove();
      }
      return news;
    },
    close(record, { stage, reason }) {
      const carried = running.get(record.event.id);
      if (carried === undefined) return begin(record);
      carried.off.abort(reason);
      // What is over may be finished; what is off may not.
      if (stage === 'canceled') endTurns(carried, reason);
    },
    acknowledge(record, who) {
      const reason = `acknowledged by ${who}`;
      const carried = running.get(record.event.id);
      const off = carried?.off ?? new AbortController();
      off.abort(reason);
      if (carried === undefined) return start(record, undefined, off);
      endTurns(carried, reason);
    },
    end: (record, state) => finish(record, state, carryParts),
    pending: () =>
      [...running.values()].map(({ record, dueBootMs, endBootMs, overdue }) => ({
        ...record,
        ...(record.state === 'announced' && { dueAt: timeAt(dueBootMs) }),
        ...(Number.isFinite(endBootMs) && !overdue && { endsAt: timeAt(endBootMs) }),
      })),
    async idle() {
      while (running.size > 0) await Promise.all([...running.values()].map(({ ended }) => ended));
      ledger.flush();
    },
    async stop() {
      stopping.abort();
      ledger.flush(); // what has ended waits for nobody any more
      await Promise.all([...running.values()].map(({ ended }) => ended));
      ledger.flush();
    },
  };
}

function roomFor({ severity, deadline }: SnoozeEvent): number {
  return severity === 3 && deadline !== null ? OWN_AT_ONCE + URGENT_BESIDES : OWN_AT_ONCE;
}
