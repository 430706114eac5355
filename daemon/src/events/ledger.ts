import type { Clock } from '../clock.ts';
import { SnoozeError } from '../errors.ts';
import { isOwn } from '../event-kind.ts';
import type { Log } from '../log.ts';
import type { Journal } from '../store/store.ts';
import type { EventRecord, HandlerOutcome, Remark, Turn } from './event.ts';
import { createGroupCommit } from './group-commit.ts';
import { rankOf } from './rank.ts';
import { createUnwritten, KEPT_IN_MEMORY } from './unwritten.ts';

/** The journal, behind which memory serves: a full disk must not keep a handler from saving what it can. */
export type Ledger = {
  /** Writes a new event down, and does `also` in the same breath; gives what is known where its id is not new. */
  add(record: EventRecord, also: () => void): EventRecord | undefined;
  /**
   * The same for an event that was sent; those of one's own are written together with others.
   * @throws SnoozeError SNOOZE_E_STATE where neither the journal nor memory can take it.
   */
  addOwn(record: EventRecord, also: () => void): Promise<EventRecord | undefined>;
  /** Writes down its deadline and data, and why it is off, as they are now; it has no end then. */
  update(record: EventRecord): void;
  /** Writes down that a handler has begun, together with what comes soon, unless it has ended by then. */
  addTurn(record: EventRecord, turn: Turn): void;
  /** Resolves when it is written; `together` with what is written next, at the latest a moment later. */
  addOutcome(record: EventRecord, outcome: HandlerOutcome, together: boolean): Promise<void>;
  /**
   * Writes down what happened to it, and its deadline and data as they are now, `together` as with outcomes; an end
   * stays its end.
   */
  remark(record: EventRecord, remarks: readonly Remark[], together: boolean): void;
  /** Writes down its state, with `also` in the same breath. */
  setState(record: EventRecord, also?: () => void): void;
  find(id: string): EventRecord | undefined;
  /** Its deadline in milliseconds since boot, as it was when it was told; undefined where that was another boot. */
  deadlineBootMs(id: string): number | undefined;
  /** The ids that `part` stands in, no more than `limit`. */
  idsWith(part: string, limit: number): string[];
  /** False while memory alone holds what is known of an event: who has told it must not forget it yet. */
  isWritten(id: string): boolean;
  /** How many events memory alone holds, and why, in words; null where there is none. */
  unwritten(): { events: number; reason: string } | null;
  /**
   * The newest first; with `before` those older than that one.
   * @throws SnoozeError SNOOZE_E_STATE where the journal cannot be read.
   */
  list(limit: number, before?: string): EventRecord[];
  unfinished(): EventRecord[];
  /** Events of a source that are neither off nor over. */
  open(source: string): EventRecord[];
  /** Events of the cloud whose time is still to come, and for which no handler has anything left to do. */
  ahead(): EventRecord[];
  /** Events of one's own that wait for their turn, the most urgent first. */
  waiting(limit: number): EventRecord[];
  /** Writes all that can be written. */
  flush(): void;
};

/** None of its functions throws where not said: what the journal refuses is logged as an error, once until it is over. */
export function openLedger(journal: Journal, { clock, log }: { clock: Clock; log: Log }): Ledger {
  const unwritten = createUnwritten(journal, { clock, log });
  const { keep, retry, fail, succeed } = unwritten;
  const group = createGroupCommit((write) => journal.group(write), clock);
  /** Those of one's own are many and in no hurry; of the others only what is soon followed by more waits for that. */
  const write = async (record: EventRecord, what: () => void, together = false): Promise<void> => {
    retry();
    if (unwritten.get(record.event.id)) return; // it is written as a whole
    try {
      if (together || isOwn(record.event.type)) await group.later(what);
      else group.now(what);
      succeed();
    } catch (error) {
      fail(error);
      keep(record, false);
    }
  };
  const read = <T>(ask: () => T, otherwise: T): T => {
    group.flush();
    try {
      return ask();
    } catch (error) {
      fail(error);
      return otherwise;
    }
  };

  /** What the journal finds, but as it is now where it has not taken all, and what is in memory alone. */
  const withMemory = (found: readonly EventRecord[], belongs: (record: EventRecord) => boolean): EventRecord[] => [
    ...found.filter(({ event }) => !unwritten.get(event.id)),
    ...unwritten.all().filter(belongs),
  ];

  /** Gives what is known where its id is not new. */
  const insert = (record: EventRecord, own: boolean, also: () => void): EventRecord | undefined => {
    const { event, state } = record;
    if (!journal.add(event, own)) return journal.get(event.id) ?? record;
    if (state !== 'pending') journal.setState(event.id, state);
    also();
    return undefined;
  };

  return {
    add(record, also) {
      retry();
      const { event } = record;
      const inMemory = unwritten.get(event.id);
      if (inMemory !== undefined) return inMemory;
      let known: EventRecord | undefined;
      try {
        group.now(() => {
          known = insert(record, isOwn(event.type), also);
        });
        if (known === undefined) succeed();
      } catch (error) {
        fail(error);
        keep(record, true);
        also();
      }
      return known;
    },
    async addOwn(record, also) {
      retry();
      const { id, type } = record.event;
      const inMemory = unwritten.get(id);
      if (inMemory !== undefined) return inMemory;
      let known: EventRecord | undefined;
      const what = () => {
        known = insert(record, true, also);
      };
      try {
        if (isOwn(type)) await group.soon(what);
        else group.now(what);
        if (known === undefined) succeed();
      } catch (error) {
        fail(error);
        known ??= unwritten.get(id);
        if (known !== undefined) return known;
        if (!keep(record, true)) throw tooMany(error);
        also();
      }
      return known;
    },
    update(record) {
      const { id, deadline, data } = record.event;
      void write(record, () => {
        journal.update(id, { deadline, data });
        journal.setClosing(id, record.closing);
      });
    },
    addTurn(record, turn) {
      const what = () => {
        if (record.atWork.includes(turn)) journal.addTurn(record.event.id, turn);
      };
      void write(record, what, true);
    },
    addOutcome: (record, outcome, together) =>
      write(record, () => journal.addOutcome(record.event.id, outcome), together),
    remark(record, remarks, together) {
      const { id, deadline, data } = record.event;
      const what = () => {
        journal.update(id, { deadline, data });
        for (const remark of remarks) journal.addRemark(id, remark);
      };
      void write(record, what, together);
    },
    setState(record, also) {
      const { id } = record.event;
      const { state } = record;
      void write(record, () => {
        journal.setState(id, state);
        also?.();
      });
    },
    find: (id) => unwritten.get(id) ?? read(() => journal.get(id), undefined),
    deadlineBootMs: (id) => read(() => journal.deadlineBootMs(id), undefined),
    idsWith(part, limit) {
      const inMemory = unwritten.all().flatMap(({ event: { id } }) => (id.includes(part) ? [id] : []));
      return [...new Set([...inMemory, ...read(() => journal.idsWith(part, limit), [])])].slice(0, limit);
    },
    isWritten: (id) => unwritten.get(id) === undefined,
    unwritten() {
      retry();
      const events = unwritten.all().length;
      return events === 0 ? null : { events, reason: unwritten.reason() };
    },
    list(limit, before) {
      group.flush();
      const found = journal.list(limit, before);
      if (before !== undefined || unwritten.all().length === 0) return found;
      return withMemory(found, () => true)
        .sort((a, b) => Date.parse(b.seenAt) - Date.parse(a.seenAt))
        .slice(0, limit);
    },
    unfinished: () => read(journal.unfinished, []),
    open(source) {
      const found = read(() => journal.open(source), []);
      return withMemory(
        found,
        ({ event, closing }) => event.source === source && closing === null && !isOwn(event.type),
      );
    },
    ahead: () => withMemory(read(journal.ahead, []), (record) => isAhead(record, clock)),
    waiting(limit) {
      const found = read(() => journal.waiting(limit), []);
      return withMemory(found, ({ event, state }) => isOwn(event.type) && state === 'pending')
        .sort((a, b) => rankOf(b.event) - rankOf(a.event))
        .slice(0, limit);
    },
    flush() {
      group.flush();
      retry();
    },
  };
}

function isAhead({ event: { type, deadline }, state }: EventRecord, clock: Clock): boolean {
  const isOver = state === 'done' || state === 'overdue';
  return isOver && type.startsWith('cloud.') && deadline !== null && Date.parse(deadline) > clock.wallMs();
}

function tooMany(cause: unknown): SnoozeError {
  const message = `the journal of events cannot be written, and memory holds ${KEPT_IN_MEMORY} events already`;
  return new SnoozeError('SNOOZE_E_STATE', message, { hint: 'make room on the disk of the state directory', cause });
}
