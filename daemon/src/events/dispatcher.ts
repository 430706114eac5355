import { randomUUID } from 'node:crypto';
import type { Clock } from '../clock.ts';
import type { EventsConfig } from '../config/config.ts';
import { messageOf, SnoozeError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { History, Journal } from '../store/store.ts';
import { type Carrier, createCarrier } from './carrier.ts';
import { knownEntry } from './catalog.ts';
import { createChronicle } from './chronicle.ts';
import type { Announcement, Closing, EventObserver, EventRecord, Handler, Notice, SnoozeEvent } from './event.ts';
import { noticedEvent, type SentEvent, sentEvent } from './intake.ts';
import { openLedger } from './ledger.ts';
import { type Said, takeNews } from './news.ts';
import { withSettings } from './plan.ts';
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
  /** Called when the pending events have changed. */
  onChange?: () => void;
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
   * Sends an event of one's own, `cause` as with `close`; gives its id when it is on disk.
   * @throws SnoozeError SNOOZE_E_EVENT_INVALID, or SNOOZE_E_STATE where it can be kept nowhere.
   */
  send(event: SentEvent, cause?: string): Promise<string>;
  /** Dispatches what an earlier run has left unfinished. */
  resume(): void;
  /** The events that are on their way: announced, dispatched, or being closed. */
  pending(): EventRecord[];
  /** Events of the cloud whose time is still to come, and for which no handler has anything left to do. */
  ahead(): EventRecord[];
  /** What is known of an event. */
  find(id: string): EventRecord | undefined;
  /** The events of a source that nobody has said are off or over, done or not. */
  open(source: string): EventRecord[];
  /** Resolves when nothing is being dispatched. */
  idle(): Promise<void>;
  /** Ends every dispatch where it stands; the next start goes on with it. */
  stop(): Promise<void>;
};

/** Takes events from the sources to the handlers, durably: on disk before the first handler runs. */
export function createDispatcher(parts: DispatcherParts): Dispatcher {
  const { history, clock, log, observer = NOBODY, tellPeople = () => [], onChange = () => {} } = parts;
  const ledger = openLedger(parts.journal, { clock, log });
  const { tell, announce, news } = createChronicle({ history, ledger, clock, log, tellPeople });
  let stopped = false;
  let lastRefusal: string | undefined;

  /** `custom.<name>` is as `custom` where it is not configured by itself. */
  const settingsOf = (type: string) => {
    const { types } = parts.config();
    return types[type] ?? (type.startsWith('custom.') ? types['custom'] : undefined);
  };
  const times = (event: SnoozeEvent) =>
    timesOf(event, {
      clock,
      reserveSeconds: parts.config().reserve_seconds,
      leadMinutes: settingsOf(event.type)?.lead_minutes ?? knownEntry(event.type)?.leadMinutes,
    });
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
    onChange,
  });
  const isPast = (deadline: string) => Date.parse(deadline) <= clock.wallMs();

  /** `said` is what is said of an event that is known already. */
  const take = (event: SnoozeEvent, said: Said): string | null => {
    const fresh = recordOf(event);
    if (times(event).dueBootMs <= clock.bootMs()) fresh.state = 'dispatching'; // at once: it need not be written twice
    const known = ledger.add(fresh, () =>
      tell(event, event.source, `${event.type} from ${event.source}${until(event)}`),
    );
    if (known !== undefined && !(comesBack(known, event) && isNews(known, event, said))) {
      news(known, takeNews(known, said, { ledger, clock }));
      return null;
    }
    if (known === undefined) {
      carrier.begin(fresh);
      observer.seen(event);
      announce(fresh);
      return event.id;
    }
    const again = ` again, after it was ${known.state}`;
    tell(event, event.source, `${event.type} from ${event.source}${again}${until(event)}`);
    const record: EventRecord = {
      ...known,
      event: { ...event, timestamp: known.event.timestamp },
      closing: null,
      endedAt: null,
    };
    ledger.update(record);
    carrier.begin(record);
    return event.id;
  };
  const until = ({ deadline }: SnoozeEvent) =>
    deadline === null ? '' : `, deadline ${deadline}${isPast(deadline) ? ', which has passed' : ''}`;

  /** A service that lost a notice for one poll, or a clock that was wrong, must not cost the handlers their chance. */
  const comesBack = ({ state }: EventRecord, { deadline }: SnoozeEvent) =>
    state === 'canceled' || (state === 'overdue' && deadline !== null && !isPast(deadline));

  const close = (id: string, closing: Closing, cause?: string): boolean => {
    const record = carrier.find(id)?.record ?? ledger.find(id);
    if (record === undefined || record.closing !== null) return false;
    if (record.state === 'canceled' || record.state === 'ended') return false;
    record.closing = closing;
    ledger.update(record);
    tell(
      record.event,
      cause ?? record.event.source,
      `${record.event.type} is ${closing.stage === 'canceled' ? 'off' : 'over'}: ${closing.reason}`,
    );
    carrier.close(record, closing);
    return true;
  };

  const acceptNotice = (notice: Announcement): string | null => {
    const event = noticedEvent(notice, clock.wallMs());
    if (settingsOf(event.type)?.enabled === false) return null;
    // The time that the catalog gives counts from the first notice.
    const said: Said = { deadline: notice.deadline === null ? undefined : event.deadline, data: event.data };
    const carried = carrier.find(event.id);
    if (carried === undefined) return take(event, said);
    if (carried.record.closing?.stage === 'ended' || !isNews(carried.record, event, said)) return null;
    if (carried.record.closing !== null) {
      // Taken back a moment ago and told again before its handlers have ended.
      carried.again.abort('it is on again');
      carried.ended.then(
        () => accept(notice),
        () => {},
      );
      return event.id;
    }
    news(carried.record, carrier.move(carried, said));
    return event.id;
  };

  const accept = (notice: Notice): string | null => {
    if (stopped) return null;
    try {
      if (notice.kind === 'notice') return acceptNotice(notice);
      const { kind: stage, id, ...why } = notice;
      return close(id, { stage, ...why }) ? id : null;
    } catch (error) {
      const refusal = messageOf(error);
      // Once, not at every poll.
      const source = notice.kind === 'notice' ? notice.source : 'a source';
      if (refusal !== lastRefusal) log.error({ event: notice.id }, `a notice of ${source}: ${refusal}`);
      lastRefusal = refusal;
      return null;
    }
  };

  return {
    accept,
    close,
    acknowledge: (id, who) => {
      const carried = carrier.find(id);
      if (carried === undefined || carried.off.signal.aborted) return false;
      const { event } = carried.record;
      tell(event, who, `${event.type} was acknowledged by ${who}`);
      carrier.acknowledge(carried, who);
      return true;
    },
    async send(sent, cause) {
      const event = sentEvent(sent, { id: sent.id ?? randomUUID(), nowWallMs: clock.wallMs() });
      if (settingsOf(event.type)?.enabled === false) {
        const message = `events of type ${event.type} are turned off in the configuration (events.types)`;
        throw new SnoozeError('SNOOZE_E_EVENT_INVALID', message);
      }
      const record = recordOf(event);
      const isNew = await ledger.addOwn(record, () =>
        tell(event, cause ?? event.source, `${event.type} from ${event.source}${until(event)}`),
      );
      if (isNew && !stopped) carrier.begin(record);
      if (isNew) {
        observer.seen(event);
        announce(record);
      }
      return event.id;
    },
    resume() {
      const unfinished = ledger.unfinished().toSorted((a, b) => b.event.severity - a.event.severity);
      for (const record of unfinished) {
        const { event, closing } = record;
        if (carrier.find(event.id) !== undefined) continue;
        const overdue = closing === null && event.deadline !== null && isPast(event.deadline);
        if (overdue) {
          tell(
            event,
            'start',
            `${event.type} was not finished before its deadline of ${event.deadline}, snoozed was not running`,
          );
          carrier.end(record, 'overdue');
          continue;
        }
        if (record.state !== 'announced')
          tell(event, 'start', `${event.type} was not finished by the last run and is dispatched again`);
        carrier.begin(record);
        if (closing === null) announce(record);
      }
      carrier.refill();
    },
    pending: carrier.pending,
    ahead: ledger.ahead,
    find: (id) => carrier.find(id)?.record ?? ledger.find(id),
    open: ledger.open,
    idle: carrier.idle,
    async stop() {
      stopped = true;
      await carrier.stop();
    },
  };
}

/** What a person, or another source, has taken back stays so until another time is told. */
function isNews({ closing, event }: EventRecord, { source }: SnoozeEvent, said: Said): boolean {
  if (closing?.by === undefined || closing.by === source) return true;
  return said.deadline !== undefined && said.deadline !== event.deadline;
}

function recordOf(event: SnoozeEvent): EventRecord {
  return { event, state: 'pending', seenAt: event.timestamp, endedAt: null, outcomes: [], remarks: [], closing: null };
}
