import { randomUUID } from 'node:crypto';
import { type Clock, rfc3339 } from '../clock.ts';
import type { EventsConfig } from '../config/config.ts';
import { messageOf, SnoozeError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { History, Journal } from '../store/store.ts';
import { catalogEntry } from './catalog.ts';
import { type Dispatch, dispatch } from './dispatch.ts';
import type { EventRecord, Handler, HandlerOutcome, Notice, Severity, SnoozeEvent } from './event.ts';
import type { TurnEnd } from './turn.ts';

export type DispatcherParts = {
  journal: Journal;
  history: History;
  handlers: (eventType: string) => Handler[];
  config: () => EventsConfig;
  clock: Clock;
  log: Log;
  /** Called when the pending events have changed. */
  onChange: () => void;
};

export type SentEvent = {
  type: string;
  source: string;
  data: Record<string, unknown>;
  severity?: Severity;
  /** Seconds from now. */
  deadlineSeconds?: number;
};

export type Dispatcher = {
  /** Takes what a source tells. The same notice again changes nothing; a moved deadline moves the event's. */
  accept(notice: Notice): void;
  /**
   * Sends an event of one's own; gives its id.
   * @throws SnoozeError SNOOZE_E_EVENT_INVALID
   */
  send(event: SentEvent): string;
  /** Dispatches what an earlier run has left unfinished. */
  resume(): void;
  pending(): EventRecord[];
  /** Resolves when nothing is being dispatched. */
  settled(): Promise<void>;
  /** Ends every dispatch where it stands; the next start goes on with it. */
  stop(): Promise<void>;
};

type Running = Dispatch & { ended: Promise<void>; record: EventRecord };

const LARGEST_DATA_BYTES = 64 * 1024;

/** Takes events from the sources to the handlers, durably: on disk before the first handler runs. */
export function createDispatcher(parts: DispatcherParts): Dispatcher {
  const { journal, history, clock, log } = parts;
  const running = new Map<string, Running>();
  let stopped = false;

  /** A full disk must not keep a handler from saving what it can: it is said loudly, and memory serves. */
  const journaled = <T>(write: () => T, otherwise: T): T => {
    try {
      return write();
    } catch (error) {
      log.error({}, `${messageOf(error)}; the event goes on without`);
      return otherwise;
    }
  };

  const begin = (event: SnoozeEvent, before: readonly HandlerOutcome[]) => {
    if (stopped) return;
    const deadlineBootMs =
      event.deadline === null ? Number.POSITIVE_INFINITY : clock.bootMs() + Date.parse(event.deadline) - clock.wallMs();
    const record: EventRecord = {
      event,
      state: 'dispatching',
      seenAt: rfc3339(clock.wallMs()),
      endedAt: null,
      outcomes: [...before],
    };
    const current: Dispatch = { event, deadlineBootMs, ending: new AbortController() };
    const entry: Running = Object.assign(current, { record, ended: Promise.resolve() });
    running.set(event.id, entry);
    entry.ended = carry(entry, before);
    parts.onChange();
  };

  const carry = async (entry: Running, before: readonly HandlerOutcome[]) => {
    const { event, record } = entry;
    const { types, reserve_seconds: reserveSeconds } = parts.config();
    const handlers = parts.handlers(event.type);
    if (handlers.length === 0 && event.severity >= 2) log.warn({ event: event.id }, `no plugin handles ${event.type}`);
    journaled(() => journal.setState(event.id, 'dispatching'), undefined);
    const state = await dispatch(entry, {
      handlers,
      rule: types[event.type]?.dispatch ?? catalogEntry(event.type).dispatch,
      reserveMs: reserveSeconds * 1000,
      clock,
      before,
      onOutcome(outcome) {
        record.outcomes.push(outcome);
        journaled(() => journal.addOutcome(event.id, outcome), undefined);
        const words = `${event.type}: ${outcome.handler} ${outcome.status}${outcome.message === null ? '' : `: ${outcome.message}`}`;
        if (outcome.status === 'failed' || outcome.status === 'timed-out') log.warn({ event: event.id }, words);
        else log.info({ event: event.id }, words);
      },
    });
    running.delete(event.id);
    if (state !== undefined) {
      journaled(() => journal.setState(event.id, state), undefined);
      const handled = record.outcomes.filter(({ status }) => status === 'handled').length;
      const counted =
        record.outcomes.length === 0
          ? 'no plugin handles it'
          : `${handled} of ${record.outcomes.length} handlers handled it`;
      const summary = `${event.type} ${state}: ${counted}`;
      history.add({ kind: 'event', cause: event.source, summary, details: { id: event.id } });
      log.info({ event: event.id }, summary);
    }
    parts.onChange();
  };

  const take = (event: SnoozeEvent): boolean => {
    if (!journaled(() => journal.add(event), true)) return false;
    const until = event.deadline === null ? '' : `, deadline ${event.deadline}`;
    history.add({
      kind: 'event',
      cause: event.source,
      summary: `${event.type} from ${event.source}${until}`,
      details: { id: event.id },
    });
    log.warn({ event: event.id }, `${event.type} from ${event.source}${until}`);
    begin(event, []);
    return true;
  };

  const move = (entry: Running, deadline: string | null, data: Record<string, unknown>) => {
    if (deadline === entry.event.deadline) return;
    entry.event.deadline = deadline;
    entry.deadlineBootMs =
      deadline === null ? Number.POSITIVE_INFINITY : clock.bootMs() + Date.parse(deadline) - clock.wallMs();
    journaled(() => journal.update(entry.event.id, { deadline, data }), undefined);
    parts.onChange();
  };

  const cancel = (id: string, reason: string) => {
    const entry = running.get(id);
    if (entry === undefined) return;
    const end: TurnEnd = { kind: 'canceled', reason };
    history.add({
      kind: 'event',
      cause: entry.event.source,
      summary: `${entry.event.type} is off: ${reason}`,
      details: { id },
    });
    entry.ending.abort(end);
  };

  return {
    accept(notice) {
      if (stopped) return;
      if (notice.kind === 'canceled') return cancel(notice.id, notice.reason);
      if (parts.config().types[notice.type]?.enabled === false) return;
      const known = running.get(notice.id);
      if (known !== undefined) return move(known, notice.deadline, notice.data);
      const { severity, deadlineSeconds } = catalogEntry(notice.type);
      take({
        id: notice.id,
        type: notice.type,
        source: notice.source,
        timestamp: rfc3339(clock.wallMs()),
        data: notice.data,
        severity: notice.severity ?? severity,
        deadline:
          notice.deadline ?? (deadlineSeconds === null ? null : rfc3339(clock.wallMs() + deadlineSeconds * 1000)),
      });
    },
    send({ type, source, data, severity, deadlineSeconds }) {
      const entry = catalogEntry(type);
      if (parts.config().types[type]?.enabled === false) {
        throw new SnoozeError(
          'SNOOZE_E_EVENT_INVALID',
          `events of type ${type} are turned off in the configuration (events.types)`,
        );
      }
      const bytes = Buffer.byteLength(JSON.stringify(data));
      if (bytes > LARGEST_DATA_BYTES) {
        throw new SnoozeError(
          'SNOOZE_E_EVENT_INVALID',
          `the event's data has ${bytes} bytes, at most ${LARGEST_DATA_BYTES} are possible`,
        );
      }
      const id = randomUUID();
      const seconds = deadlineSeconds ?? entry.deadlineSeconds;
      take({
        id,
        type,
        source,
        timestamp: rfc3339(clock.wallMs()),
        data,
        severity: severity ?? entry.severity,
        deadline: seconds === null ? null : rfc3339(clock.wallMs() + seconds * 1000),
      });
      return id;
    },
    resume() {
      for (const { event, outcomes } of journal.unfinished()) {
        if (running.has(event.id)) continue;
        const overdue = event.deadline !== null && Date.parse(event.deadline) <= clock.wallMs();
        if (overdue) journaled(() => journal.setState(event.id, 'overdue'), undefined);
        const summary = overdue
          ? `${event.type} was not finished before its deadline of ${event.deadline}, snoozed was not running`
          : `${event.type} was not finished by the last run and is dispatched again`;
        history.add({ kind: 'event', cause: 'start', summary, details: { id: event.id } });
        log.warn({ event: event.id }, summary);
        if (!overdue) begin(event, outcomes);
      }
    },
    pending: () => [...running.values()].map(({ record }) => record),
    async settled() {
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
