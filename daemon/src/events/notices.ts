import { type Clock, rfc3339 } from '../clock.ts';
import { messageOf } from '../errors.ts';
import { kindOf } from '../event-kind.ts';
import type { Log } from '../log.ts';
import type { Carrier } from './carrier.ts';
import type { Chronicle } from './chronicle.ts';
import type { Announcement, Closing, EventObserver, EventRecord, Notice, SnoozeEvent } from './event.ts';
import { noticedEvent } from './intake.ts';
import type { Ledger } from './ledger.ts';
import { addRemarks, type Said, takeNews } from './news.ts';
import { freshRecord, isOffSince, isPast, untilText } from './record.ts';

export type NoticeParts = {
  ledger: Ledger;
  carrier: Carrier;
  chronicle: Chronicle;
  observer: EventObserver;
  /** Whether events of this type are dispatched at all. */
  isWanted: (type: string) => boolean;
  /** Whether the time of an event has come, so that its handlers are called at once. */
  isDue: (event: SnoozeEvent) => boolean;
  /** Whether the daemon ends. */
  stopped: () => boolean;
  clock: Clock;
  log: Log;
};

/** What sources tell, as {@link Dispatcher} takes it. */
export type Notices = {
  accept(notice: Notice): string | null;
  close(id: string, closing: Closing, cause?: string): boolean;
};

/** Two sources name the time of one thing some seconds apart: one of them works it out. */
const SAME_TIME_MS = 30_000;

/** Makes of all that sources tell one event for each thing that happens: new, again, moved, off, over, or on again. */
export function createNotices(parts: NoticeParts): Notices {
  const { ledger, carrier, chronicle, observer, isWanted, isDue, stopped, clock, log } = parts;
  const { tell, record: enter, say, announce, news } = chronicle;
  let lastRefusal: string | undefined;

  /** `said` is what is said of an event that is known already. */
  const take = (event: SnoozeEvent, said: Said): string | null => {
    const fresh = freshRecord(event, isDue(event) ? 'dispatching' : 'pending');
    const words = `${kindOf(event)} from ${event.source}${untilText(event, clock)}`;
    const known = ledger.add(fresh, () => enter(event, event.source, words));
    if (known !== undefined && !(comesBack(known, event) && isNews(known, event, said))) {
      news(known, takeNews(known, said, { ledger, clock }));
      return null;
    }
    if (known === undefined) {
      say(event, words);
      carrier.begin(fresh);
      observer.seen(event);
      announce(fresh);
      return event.id;
    }
    const again = ` again, after it was ${known.state}`;
    tell(event, event.source, `${kindOf(event)} from ${event.source}${again}${untilText(event, clock)}`);
    const record: EventRecord = {
      ...known,
      event: { ...event, timestamp: known.event.timestamp },
      closing: null,
      endedAt: null,
    };
    const { deadline: from } = known.event;
    addRemarks(record, [{ at: rfc3339(clock.wallMs()), kind: 'back', from, to: event.deadline }], true, ledger);
    ledger.update(record);
    carrier.begin(record);
    return event.id;
  };
  /** A service that lost a notice for one poll, or a clock that was wrong, must not cost the handlers their chance. */
  const comesBack = ({ state }: EventRecord, { deadline }: SnoozeEvent) =>
    state === 'canceled' ||
    (state === 'overdue' && deadline !== null && !isPast(deadline, clock)) ||
    (state === 'ended' && (deadline === null || !isPast(deadline, clock)));

  const close = (id: string, closing: Closing, cause?: string): boolean => {
    const record = carrier.find(id)?.record ?? ledger.find(id);
    if (record === undefined || record.closing !== null) return false;
    if (record.state === 'canceled' || record.state === 'ended') return false;
    const at = rfc3339(clock.wallMs());
    // What only a boot has ended is not off for its source, which may say it again.
    record.closing = cause === 'start' ? closing : { at, ...closing };
    record.endedAt = null;
    const { stage, reason } = closing;
    addRemarks(record, [{ at, kind: 'off', stage, reason }], true, ledger);
    ledger.update(record);
    tell(
      record.event,
      cause ?? record.event.source,
      `${kindOf(record.event)} is ${closing.stage === 'canceled' ? 'off' : 'over'}: ${closing.reason}`,
    );
    carrier.close(record, closing);
    return true;
  };

  const acceptNotice = (notice: Announcement): string | null => {
    const event = noticedEvent(notice, clock.wallMs());
    if (!isWanted(event.type)) return null;
    // The time that the catalog gives counts from the first notice.
    const said: Said = { deadline: notice.deadline === null ? undefined : event.deadline, data: event.data };
    const carried = carrier.find(event.id);
    if (wasTakenBack(carried?.record ?? ledger.find(event.id), notice, said)) return null;
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
    if (stopped()) return null;
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

  return { accept, close };
}

/** What a queue tells late, or twice, was true before the event was off; of a person's word another time is news. */
function wasTakenBack(known: EventRecord | undefined, { saidMs }: Announcement, { deadline }: Said): boolean {
  if (known === undefined || saidMs === undefined || !isOffSince(known, saidMs)) return false;
  return known.closing?.by === undefined || deadline === undefined || isSameTime(deadline, known.event.deadline);
}

/** What a person, or another source, has taken back stays so until another time is told. */
function isNews({ closing, event }: EventRecord, { source }: SnoozeEvent, said: Said): boolean {
  if (closing?.by === undefined || closing.by === source) return true;
  return said.deadline !== undefined && !isSameTime(said.deadline, event.deadline);
}

function isSameTime(one: string | null, other: string | null): boolean {
  if (one === null || other === null) return one === other;
  return Math.abs(Date.parse(one) - Date.parse(other)) <= SAME_TIME_MS;
}
