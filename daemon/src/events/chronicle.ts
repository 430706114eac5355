import { type Clock, rfc3339 } from '../clock.ts';
import { kindOf } from '../event-kind.ts';
import type { Log } from '../log.ts';
import type { History } from '../store/store.ts';
import type { EventRecord, Remark, SnoozeEvent } from './event.ts';
import type { Ledger } from './ledger.ts';
import { addRemarks } from './news.ts';

/** What people are told of events, beside what becomes of them: in the history, the log, and on their terminals. */
export type Chronicle = {
  tell(event: SnoozeEvent, cause: string, summary: string): void;
  /** Writes into the history alone, for what is written together with it, and may have to be written again. */
  record(event: SnoozeEvent, cause: string, summary: string): void;
  /** Says it in the log alone. */
  say(event: SnoozeEvent, summary: string): void;
  /** A new event, or one of which an earlier run has told nobody on a terminal. */
  announce(record: EventRecord): void;
  /** Its source says another time. */
  news(record: EventRecord, news: readonly Remark[]): void;
};

export type ChronicleParts = {
  history: History;
  ledger: Ledger;
  clock: Clock;
  log: Log;
  /** Tells people of an event; gives the terminals on which they read it. */
  tellPeople: (event: SnoozeEvent) => readonly string[];
};

export function createChronicle({ history, ledger, clock, log, tellPeople }: ChronicleParts): Chronicle {
  const record: Chronicle['record'] = ({ id }, cause, summary) =>
    history.add({ kind: 'event', cause, summary, details: { id } });
  const say: Chronicle['say'] = ({ id, severity }, summary) => {
    if (severity >= 2) log.warn({ event: id }, summary);
    else log.info({ event: id }, summary);
  };
  let lastMove: string | undefined;
  return {
    tell(event, cause, summary) {
      record(event, cause, summary);
      say(event, summary);
    },
    record,
    say,
    announce(record) {
      if (record.remarks.some(({ kind }) => kind === 'told')) return;
      const terminals = tellPeople(record.event);
      // Only now: a run that ends before this has been written leaves it to the next one. The handlers do not wait for it.
      if (terminals.length > 0)
        addRemarks(record, [{ at: rfc3339(clock.wallMs()), kind: 'told', terminals }], true, ledger);
    },
    news({ event, endedAt, state }, news) {
      for (const one of news) {
        if (one.kind !== 'moved') continue;
        const words = `${kindOf(event)} moved from ${one.from ?? 'no time'} to ${one.to ?? 'no time'}`;
        // While the disk is full it is news at every poll.
        if (words === lastMove) continue;
        lastMove = words;
        if (endedAt === null) log.info({ event: event.id }, words);
        else log.warn({ event: event.id }, `${words}; it is ${state} already, and no handler is told`);
      }
    },
  };
}
