import { messageOf } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Journal } from '../store/store.ts';
import type { EventRecord, HandlerOutcome } from './event.ts';

/** The journal, behind which memory serves: a full disk must not keep a handler from saving what it can. */
export type Ledger = {
  /** Writes a new event down; gives what is known where its id is not new. */
  add(record: EventRecord): EventRecord | undefined;
  /** Writes down its deadline and data as they are now. */
  update(record: EventRecord): void;
  addOutcome(record: EventRecord, outcome: HandlerOutcome): void;
  /** Writes down its state; at its end also what could not be written before. */
  setState(record: EventRecord): void;
  unfinished(): EventRecord[];
};

/** As many as a source can go on telling of. */
const KEPT_IN_MEMORY = 100;

/** None of its functions throws: what the journal refuses is logged as an error. */
export function openLedger(journal: Journal, log: Log): Ledger {
  /** What the journal has not taken: without this it would be new again at the next poll. */
  const unwritten = new Map<string, EventRecord>();

  const attempt = (id: string, write: () => void): boolean => {
    try {
      write();
      return true;
    } catch (error) {
      log.error({ event: id }, `${messageOf(error)}; the event goes on without`);
      return false;
    }
  };
  const keep = (record: EventRecord) => {
    const [oldest] = unwritten.keys();
    if (unwritten.size >= KEPT_IN_MEMORY && oldest !== undefined) unwritten.delete(oldest);
    unwritten.set(record.event.id, record);
  };

  return {
    add(record) {
      const { id } = record.event;
      const inMemory = unwritten.get(id);
      if (inMemory !== undefined) return inMemory;
      let isNew = true;
      let known: EventRecord | undefined;
      const written = attempt(id, () => {
        isNew = journal.add(record.event);
        if (!isNew) known = journal.get(id);
      });
      if (!isNew) return known ?? record;
      if (!written) keep(record);
      return undefined;
    },
    update({ event: { id, deadline, data } }) {
      if (!unwritten.has(id)) attempt(id, () => journal.update(id, { deadline, data }));
    },
    addOutcome({ event: { id } }, outcome) {
      if (!unwritten.has(id)) attempt(id, () => journal.addOutcome(id, outcome));
    },
    setState({ event, state, endedAt, outcomes }) {
      const { id } = event;
      const late = unwritten.has(id);
      if (late && endedAt === null) return;
      const written = attempt(id, () => {
        if (late) {
          journal.add(event);
          for (const outcome of outcomes) journal.addOutcome(id, outcome);
        }
        journal.setState(id, state);
      });
      if (written) unwritten.delete(id);
    },
    unfinished() {
      let found: EventRecord[] = [];
      attempt('unfinished', () => {
        found = journal.unfinished();
      });
      return found;
    },
  };
}
