import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { type Clock, rfc3339 } from '../clock.ts';
import type { EventsConfig } from '../config/config.ts';
import { saidOf } from '../config/event-type.ts';
import { SnoozeError } from '../errors.ts';
import { isOwn, isRehearsal, kindOf } from '../event-kind.ts';
import type { Log } from '../log.ts';
import type { History, Journal } from '../store/store.ts';
import { type Carrier, createCarrier } from './carrier.ts';
import { knownEntry } from './catalog.ts';
import { createChronicle } from './chronicle.ts';
import type { Closing, EventObserver, EventRecord, Handler, Notice, PendingEvent, SnoozeEvent } from './event.ts';
import { type Sent, type SentEvent, sentEvent } from './intake.ts';
import { openLedger } from './ledger.ts';
import { addRemarks } from './news.ts';
import { createNotices } from './notices.ts';
import { withSettings } from './plan.ts';
import { rankOf } from './rank.ts';
import { freshRecord, isLate, isOfEarlierBoot, lose, untilText } from './record.ts';
import { timesOf } from './times.ts';

export type DispatcherParts = {
  journal: Journal;
  history: History;
  handlers: (eventType: string) => Handler[];
  config: () => EventsConfig;
  clock: Clock;
  log: Log;
  observer?: EventObserver;
  /** Tells people of an event; gives the terminals on which they read it. */
  tellPeople?: (event: SnoozeEvent) => readonly string[];
};

const NOBODY: EventObserver = { seen() {}, outcome() {}, ended() {} };

export type Dispatcher = {
  /**
   * Takes what a source tells; never throws. The same notice again changes nothing, a moved deadline or other data
   * change the pending event, and one that was taken back, or came too late, and is told again with time left goes on.
   * Gives the id of the event that it began, belongs to or closed; null where it came to nothing.
   */
  accept(notice: Notice): string | null;
  /**
   * Says that an event is off or over; the handlers that ran are told. False where there is none, or it was said.
   * `cause` is for the history, where it is not the event's own source.
   */
  close(id: string, closing: Closing, cause?: string): boolean;
  /** Takes an event as dealt with: no handler need begin any more, those at work are ended. False where none is pending. */
  acknowledge(id: string, who: string): boolean;
  /**
   * Sends an event of one's own, `cause` as with `close`; answers when it is on disk, or that it cannot be. One whose
   * id is known is not dispatched again.
   * @throws SnoozeError SNOOZE_E_EVENT_INVALID, or SNOOZE_E_STATE where it can be kept nowhere.
   */
  send(event: SentEvent, cause?: string): Promise<Sent>;
  /** Dispatches what an earlier run has left unfinished. */
  resume(): void;
  /** The events that are on their way: announced, dispatched, or being closed. */
  pending(): PendingEvent[];
  /** Events of the cloud whose time is still to come, and for which no handler has anything left to do. */
  ahead(): EventRecord[];
  /** What is known of an event. */
  find(id: string): EventRecord | undefined;
  /** The ids that `part` stands in, no more than `limit`. */
  idsWith(part: string, limit: number): string[];
  /**
   * The newest first; with `before` those older than that one.
   * @throws SnoozeError SNOOZE_E_STATE where the journal cannot be read.
   */
  list(limit: number, before?: string): EventRecord[];
  /** False while a full disk keeps an event in memory alone. */
  isWritten(id: string): boolean;
  /** How many events memory alone holds, and why, in words; null where there is none. */
  unwritten(): { events: number; reason: string } | null;
  /** The events of a source that nobody has said are off or over, done or not. */
  open(source: string): EventRecord[];
  /** Resolves when nothing is being dispatched. */
  idle(): Promise<void>;
  /** Ends every dispatch where it stands; the next start goes on with it. */
  stop(): Promise<void>;
};

/** Takes events from the sources to the handlers, durably: on disk before the first handler runs. */
export function createDispatcher(parts: DispatcherParts): Dispatcher {
  const { history, clock, log, observer = NOBODY, tellPeople = () => [] } = parts;
  const ledger = openLedger(parts.journal, { clock, log });
  const chronicle = createChronicle({ history, ledger, clock, log, tellPeople });
  const { tell, announce } = chronicle;
  let stopped = false;

  const settingsOf = (type: string) => saidOf(type, (name) => parts.config().types[name]);
  /** A rehearsal waits for nothing: somebody wants to see it. */
  const leadOf = ({ type, data }: SnoozeEvent) =>
    isRehearsal({ data }) ? undefined : (settingsOf(type)?.lead_minutes ?? knownEntry(type)?.leadMinutes);
  const times = (event: SnoozeEvent, deadlineBootMs?: number) => {
    const options = { clock, reserveSeconds: parts.config().reserve_seconds, leadMinutes: leadOf(event) };
    return timesOf(event, options, deadlineBootMs);
  };
  const carrier: Carrier = createCarrier({
    ledger,
    history,
    handlers: (type) => withSettings(parts.handlers(type), settingsOf(type)?.handlers),
    // A type that only another version of snoozed knows: every handler may be the one that matters.
    rule: (type) => settingsOf(type)?.dispatch ?? knownEntry(type)?.dispatch ?? 'all',
    times,
    clock,
    log,
    observer,
  });
  /** Notes in the timeline where it is not the same. */
  const sentAgain = (record: EventRecord, { type, severity, data }: SnoozeEvent): NonNullable<Sent['known']> => {
    const { event } = record;
    if (type === event.type && severity === event.severity && isDeepStrictEqual(data, event.data)) return 'same';
    addRemarks(record, [{ at: rfc3339(clock.wallMs()), kind: 'again', type, severity, data }], false, ledger);
    return 'different';
  };
  const isWanted = (type: string) => settingsOf(type)?.enabled !== false;
  const isDue = (event: SnoozeEvent) => times(event).dueBootMs <= clock.bootMs();
  const { accept, close } = createNotices({
    ledger,
    carrier,
    chronicle,
    observer,
    isWanted,
    isDue,
    stopped: () => stopped,
    clock,
    log,
  });

  return {
    accept,
    close,
    acknowledge: (id, who) => {
      const carried = carrier.find(id);
      const record = carried?.record ?? ledger.find(id);
      // One's own that waits for its turn is not carried yet.
      const isOpen = carried === undefined ? record?.state === 'pending' : !carried.off.signal.aborted;
      if (record === undefined || !isOpen) return false;
      const { event } = record;
      tell(event, who, `${kindOf(event)} was acknowledged by ${who}`);
      addRemarks(record, [{ at: rfc3339(clock.wallMs()), kind: 'acknowledged', who }], true, ledger);
      carrier.acknowledge(record, who);
      return true;
    },
    async send(sent, cause) {
      const event = sentEvent(sent, { id: sent.id ?? randomUUID(), nowWallMs: clock.wallMs() });
      if (!isWanted(event.type)) {
        const message = `events of type ${event.type} are turned off in the configuration (events.types)`;
        throw new SnoozeError('SNOOZE_E_EVENT_INVALID', message);
      }
      // One's own may have to wait for its turn.
      const record = freshRecord(event, !isOwn(event.type) && isDue(event) ? 'dispatching' : 'pending');
      const words = `${kindOf(event)} from ${event.source}${untilText(event, clock)}`;
      const before = await ledger.addOwn(record, () => chronicle.record(event, cause ?? event.source, words));
      const known = before && sentAgain(carrier.find(event.id)?.record ?? before, event);
      if (known === undefined) {
        chronicle.say(event, words);
        if (!stopped) carrier.begin(record);
        observer.seen(event);
        announce(record);
      }
      return { id: event.id, durable: ledger.isWritten(event.id), known: known ?? null };
    },
    resume() {
      const unfinished = ledger.unfinished().toSorted((a, b) => rankOf(b.event) - rankOf(a.event));
      for (const record of unfinished) {
        const { event, closing } = record;
        if (carrier.find(event.id) !== undefined) continue;
        lose(record, { ledger, history, clock, log, observer });
        const deadlineBootMs = ledger.deadlineBootMs(event.id);
        if (closing === null && isLate(record, deadlineBootMs, clock)) {
          tell(
            event,
            'start',
            `${kindOf(event)} was not finished before its deadline of ${event.deadline}, snoozed was not running`,
          );
          carrier.end(record, 'overdue');
          continue;
        }
        if (closing === null && isOfEarlierBoot(record, clock)) {
          close(event.id, { stage: 'canceled', reason: 'this host was booted since' }, 'start');
          continue;
        }
        const isAnnounced = record.state === 'announced';
        if (!isAnnounced) {
          tell(event, 'start', `${kindOf(event)} was not finished by the last run and is dispatched again`);
          addRemarks(record, [{ at: rfc3339(clock.wallMs()), kind: 'resumed' }], true, ledger);
        }
        carrier.begin(record, isAnnounced ? undefined : deadlineBootMs);
        if (closing === null) announce(record);
      }
      carrier.refill();
    },
    pending: carrier.pending,
    ahead: ledger.ahead,
    find: (id) => carrier.find(id)?.record ?? ledger.find(id),
    idsWith: ledger.idsWith,
    list: ledger.list,
    isWritten: ledger.isWritten,
    unwritten: ledger.unwritten,
    open: ledger.open,
    idle: carrier.idle,
    async stop() {
      stopped = true;
      await carrier.stop();
    },
  };
}
