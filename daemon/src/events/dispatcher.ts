import { randomUUID } from 'node:crypto';
import { type Clock, rfc3339 } from '../clock.ts';
import type { EventsConfig } from '../config/config.ts';
import { messageOf, SnoozeError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { History, Journal } from '../store/store.ts';
import { knownEntry } from './catalog.ts';
import { type Dispatch, dispatch } from './dispatch.ts';
import type { EventRecord, EventState, Handler, HandlerOutcome, Notice, SnoozeEvent } from './event.ts';
import { noticedEvent, type SentEvent, sentEvent } from './intake.ts';
import { openLedger } from './ledger.ts';
import { reserveOf } from './plan.ts';
import type { TurnEnd } from './turn.ts';

export type DispatcherParts = {
  journal: Journal;
  history: History;
  handlers: (eventType: string) => Handler[];
  config: () => EventsConfig;
  clock: Clock;
  log: Log;
  /** Called when the pending events have changed. */
  onChange?: () => void;
};

export type Dispatcher = {
  /**
   * Takes what a source tells; never throws. The same notice again changes nothing, a moved deadline or other data
   * change the pending event, and one that was taken back, or came too late, and is told again with time left goes on.
   * Gives the id of the event that it began, belongs to or took back; null where it came to nothing.
   */
  accept(notice: Notice): string | null;
  /** Takes a pending event back, on behalf of its source; false where there is none. */
  cancel(id: string, reason: string): boolean;
  /**
   * Sends an event of one's own; gives its id.
   * @throws SnoozeError SNOOZE_E_EVENT_INVALID
   */
  send(event: SentEvent): string;
  /** Dispatches what an earlier run has left unfinished. */
  resume(): void;
  pending(): EventRecord[];
  /** Resolves when nothing is being dispatched. */
  idle(): Promise<void>;
  /** Ends every dispatch where it stands; the next start goes on with it. */
  stop(): Promise<void>;
};

type Running = Dispatch & { ended: Promise<void> };

/** Takes events from the sources to the handlers, durably: on disk before the first handler runs. */
export function createDispatcher(parts: DispatcherParts): Dispatcher {
  const { history, clock, log, onChange = () => {} } = parts;
  const ledger = openLedger(parts.journal, log);
  const running = new Map<string, Running>();
  let stopped = false;
  let lastRefusal: string | undefined;

  /** `custom.<name>` is as `custom` where it is not configured by itself. */
  const settingsOf = (type: string) => {
    const { types } = parts.config();
    return types[type] ?? (type.startsWith('custom.') ? types['custom'] : undefined);
  };
  /** A deadline that has passed is a notice that came too late, or a wrong clock: what may be left is used. */
  const timeOf = ({ type, deadline }: SnoozeEvent): Pick<Dispatch, 'endBootMs' | 'overdue'> => {
    if (deadline === null) return { endBootMs: Number.POSITIVE_INFINITY, overdue: false };
    const leftMs = Date.parse(deadline) - clock.wallMs();
    const overdue = leftMs <= 0;
    if (overdue) return { endBootMs: clock.bootMs() + overdueMs(type), overdue };
    return { endBootMs: clock.bootMs() + leftMs - reserveOf(leftMs, parts.config().reserve_seconds * 1000), overdue };
  };
  const isPast = (deadline: string) => Date.parse(deadline) <= clock.wallMs();
  const tell = ({ id, severity }: SnoozeEvent, cause: string, summary: string) => {
    history.add({ kind: 'event', cause, summary, details: { id } });
    if (severity >= 2) log.warn({ event: id }, summary);
    else log.info({ event: id }, summary);
  };

  const begin = (record: EventRecord) => {
    if (stopped) return;
    record.state = 'dispatching';
    record.endedAt = null;
    const entry: Running = {
      record,
      ...timeOf(record.event),
      moves: new Set(),
      ending: new AbortController(),
      ended: Promise.resolve(),
    };
    running.set(record.event.id, entry);
    entry.ended = carry(entry)
      .catch((error: unknown) => log.error({ event: record.event.id }, `${record.event.type}: ${messageOf(error)}`))
      .finally(() => {
        running.delete(record.event.id);
        onChange();
      });
    onChange();
  };

  const carry = async (entry: Running) => {
    const { record } = entry;
    const { id, type, severity } = record.event;
    const handlers = parts.handlers(type);
    if (handlers.length === 0 && severity >= 2) log.warn({ event: id }, `no plugin handles ${type}`);
    ledger.setState(record);
    const state = await dispatch(entry, {
      handlers,
      // A type that only another version of snoozed knows: every handler may be the one that matters.
      rule: settingsOf(type)?.dispatch ?? knownEntry(type)?.dispatch ?? 'all',
      clock,
      onOutcome(outcome) {
        record.outcomes.push(outcome);
        ledger.addOutcome(record, outcome);
        const words = `${type}: ${outcome.handler} ${outcome.status}${outcome.message === null ? '' : `: ${outcome.message}`}`;
        if (outcome.status === 'failed' || outcome.status === 'timed-out') log.warn({ event: id }, words);
        else log.info({ event: id }, words);
      },
    });
    if (state === undefined) return;
    end(record, state);
    const summary = `${type} ${state}: ${countHandled(record.outcomes)}`;
    history.add({ kind: 'event', cause: record.event.source, summary, details: { id } });
    log.info({ event: id }, summary);
  };

  const end = (record: EventRecord, state: EventState) => {
    record.state = state;
    record.endedAt = rfc3339(clock.wallMs());
    ledger.setState(record);
  };

  const take = (event: SnoozeEvent): string | null => {
    const fresh: EventRecord = { event, state: 'pending', seenAt: event.timestamp, endedAt: null, outcomes: [] };
    const known = ledger.add(fresh);
    if (known !== undefined && !comesBack(known, event)) return null;
    const again = known === undefined ? '' : ` again, after it was ${known.state}`;
    const until =
      event.deadline === null
        ? ''
        : `, deadline ${event.deadline}${isPast(event.deadline) ? ', which has passed' : ''}`;
    tell(event, event.source, `${event.type} from ${event.source}${again}${until}`);
    const record = known === undefined ? fresh : { ...known, event: { ...event, timestamp: known.event.timestamp } };
    if (known !== undefined) ledger.update(record);
    begin(record);
    return event.id;
  };

  /** A service that lost a notice for one poll, or a clock that was wrong, must not cost the handlers their chance. */
  const comesBack = ({ state }: EventRecord, { deadline }: SnoozeEvent) =>
    state === 'canceled' || (state === 'overdue' && deadline !== null && !isPast(deadline));

  const move = (entry: Running, { deadline, data }: Pick<SnoozeEvent, 'deadline' | 'data'>) => {
    const { event } = entry.record;
    const next = { ...event, deadline, data: { ...event.data, ...data } };
    if (deadline === event.deadline && JSON.stringify(next.data) === JSON.stringify(event.data)) return;
    entry.record.event = next;
    ledger.update(entry.record);
    if (deadline !== event.deadline) {
      entry.endBootMs = timeOf(next).endBootMs;
      for (const onMove of [...entry.moves]) onMove();
    }
    onChange();
  };

  const cancel = (id: string, reason: string): boolean => {
    const entry = running.get(id);
    if (entry === undefined || entry.ending.signal.aborted) return false;
    const { event } = entry.record;
    tell(event, event.source, `${event.type} is off: ${reason}`);
    const end: TurnEnd = { kind: 'canceled', reason };
    entry.ending.abort(end);
    return true;
  };

  const acceptNotice = (notice: Extract<Notice, { kind: 'notice' }>): string | null => {
    const event = noticedEvent(notice, clock.wallMs());
    if (settingsOf(event.type)?.enabled === false) return null;
    const entry = running.get(event.id);
    if (entry === undefined) return take(event);
    if (entry.ending.signal.aborted) {
      // Taken back a moment ago and told again before its handlers have ended.
      entry.ended.then(
        () => accept(notice),
        () => {},
      );
      return event.id;
    }
    // The catalog's deadline counts from the first notice.
    move(entry, notice.deadline === null ? { ...event, deadline: entry.record.event.deadline } : event);
    return event.id;
  };

  const accept = (notice: Notice): string | null => {
    if (stopped) return null;
    if (notice.kind === 'canceled') return cancel(notice.id, notice.reason) ? notice.id : null;
    try {
      return acceptNotice(notice);
    } catch (error) {
      const refusal = messageOf(error);
      // Once, not at every poll.
      if (refusal !== lastRefusal) log.error({ event: notice.id }, `a notice of ${notice.source}: ${refusal}`);
      lastRefusal = refusal;
      return null;
    }
  };

  return {
    accept,
    cancel,
    send(sent) {
      const event = sentEvent(sent, { id: randomUUID(), nowWallMs: clock.wallMs() });
      if (settingsOf(event.type)?.enabled === false) {
        const message = `events of type ${event.type} are turned off in the configuration (events.types)`;
        throw new SnoozeError('SNOOZE_E_EVENT_INVALID', message);
      }
      take(event);
      return event.id;
    },
    resume() {
      for (const record of ledger.unfinished()) {
        const { event } = record;
        if (running.has(event.id)) continue;
        const overdue = event.deadline !== null && isPast(event.deadline);
        const summary = overdue
          ? `${event.type} was not finished before its deadline of ${event.deadline}, snoozed was not running`
          : `${event.type} was not finished by the last run and is dispatched again`;
        tell(event, 'start', summary);
        if (overdue) end(record, 'overdue');
        else begin(record);
      }
    },
    pending: () => [...running.values()].map(({ record }) => record),
    async idle() {
      while (running.size > 0) await Promise.all([...running.values()].map(({ ended }) => ended));
    },
    async stop() {
      stopped = true;
      const end: TurnEnd = { kind: 'stopping' };
      const open = [...running.values()];
      for (const { ending } of open) ending.abort(end);
      await Promise.all(open.map(({ ended }) => ended));
    },
  };
}

/** How long the handlers of a notice without any time left are given: what such a notice usually has. */
function overdueMs(type: string): number {
  return (knownEntry(type)?.deadlineSeconds ?? 120) * 1000;
}

function countHandled(outcomes: readonly HandlerOutcome[]): string {
  if (outcomes.length === 0) return 'no plugin handles it';
  const handled = outcomes.filter(({ status }) => status === 'handled').length;
  return `${handled} of ${outcomes.length} handlers handled it`;
}
