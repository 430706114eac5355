import type { Config } from './config/config.ts';
import { saidOf } from './config/event-type.ts';
import type { EventDetails, HandlerTable } from './control/api.ts';
import { MOST_ENTRIES, pageOf } from './control/page.ts';
import type { ControlHandlers } from './control/server.ts';
import { SnoozeError } from './errors.ts';
import { CATALOG, catalogEntry } from './events/catalog.ts';
import type { Dispatcher } from './events/dispatcher.ts';
import type { EventRecord } from './events/event.ts';
import { ownId } from './events/intake.ts';
import { bandsOf, withSettings } from './events/plan.ts';
import { rehearsalKind } from './events/rehearsal/kinds.ts';
import type { Rehearsals } from './events/rehearsal/rehearse.ts';
import { spotWarning } from './events/spot-warning.ts';
import type { PluginHost } from './plugins/host.ts';
import type { Store } from './store/store.ts';

export type EventMethodParts = {
  config: () => Config;
  dispatcher: Dispatcher;
  /** Resolves when the plugins that handle events have been started. */
  pluginsStarted: Promise<void>;
  plugins: Pick<PluginHost, 'handlers' | 'list' | 'info'>;
  store: Pick<Store, 'journal' | 'history'>;
  rehearsals: Pick<Rehearsals, 'begin'>;
  /** Whether the cloud can take this host away. */
  isSpot: () => boolean;
};

type EventMethods =
  | 'events.list'
  | 'events.show'
  | 'events.send'
  | 'events.cancel'
  | 'events.ack'
  | 'events.rehearse'
  | 'events.handlers';

/** What the daemon does for the commands about events. */
export function eventMethods(parts: EventMethodParts): Pick<ControlHandlers, EventMethods> {
  const { dispatcher, store } = parts;
  return {
    'events.list'({ limit, before, ids }) {
      const most = Math.min(limit, MOST_ENTRIES);
      const asked = ids?.slice(0, most) ?? dispatcher.list(most, before).map(({ event }) => event.id);
      return pageOf(asked.flatMap((id) => dispatcher.find(id) ?? []));
    },
    'events.show': ({ id }) => detailsOf(known(dispatcher, id), parts),
    async 'events.send'({ id, type, data, severity, deadline_seconds: deadlineSeconds }, caller) {
      // An event in the first second would find no handler and be done.
      await parts.pluginsStarted;
      const event = {
        type,
        source: 'user',
        data,
        ...(id !== undefined && { id: ownId('user', id) }),
        ...(severity !== undefined && { severity }),
        ...(deadlineSeconds !== undefined && { deadlineSeconds }),
      };
      return await dispatcher.send(event, await caller.cause('snooze events send'));
    },
    async 'events.cancel'({ id: typed, reason }, caller) {
      const cause = await caller.cause('snooze events cancel');
      const { event, state } = known(dispatcher, typed);
      const { id } = event;
      if (dispatcher.close(id, { stage: 'canceled', reason, by: 'user' }, cause)) return { id };
      throw new SnoozeError('SNOOZE_E_EVENT_STATE', `${id} cannot be taken back: it is ${state} already`);
    },
    async 'events.ack'({ id: typed }, caller) {
      const who = await caller.who();
      const { event, state } = known(dispatcher, typed);
      const { id } = event;
      if (dispatcher.acknowledge(id, who)) return { id };
      throw new SnoozeError('SNOOZE_E_EVENT_STATE', `${id} cannot be acknowledged: it is ${state} already`);
    },
    async 'events.rehearse'({ kind: name, in_seconds: inSeconds }, caller) {
      const kind = rehearsalKind(name);
      await parts.pluginsStarted;
      const cause = await caller.cause('snooze events rehearse');
      store.history.add({ kind: 'event', cause, summary: `${name} is to be rehearsed` });
      return { id: await parts.rehearsals.begin(kind, inSeconds) };
    },
    'events.handlers': ({ type }) => handlerTables(parts, type),
  };
}

/** So much of an id has to be typed: a slip must not take an event back. */
const SHORTEST_PART = 4;
const MOST_NAMED = 5;

/** The event with this id, the one that a user has sent with it, or the only one whose id this is a part of. */
function known(dispatcher: Dispatcher, typed: string): EventRecord {
  const exact = dispatcher.find(typed) ?? dispatcher.find(ownId('user', typed));
  if (exact !== undefined) return exact;
  const isShort = typed.length < SHORTEST_PART;
  const ids = isShort ? [] : dispatcher.idsWith(typed, MOST_NAMED + 1);
  const [only, ...others] = ids.map((id) => dispatcher.find(id));
  if (only !== undefined && others.length === 0) return only;
  if (others.length === 0) {
    const why = isShort ? `a part of an id must have ${SHORTEST_PART} letters or more; ` : '';
    const hint = `${why}type: snooze events list`;
    throw new SnoozeError('SNOOZE_E_EVENT_UNKNOWN', `there is no event ${typed}`, { hint });
  }
  const named = [...ids.slice(0, MOST_NAMED), ...(ids.length > MOST_NAMED ? ['…'] : [])];
  throw new SnoozeError('SNOOZE_E_USAGE', `${typed} is a part of more than one event's id`, {
    hint: `which of them?\n${named.join('\n')}`,
  });
}

/** With the other stages of the same incident. */
function detailsOf(record: EventRecord, { store, dispatcher }: EventMethodParts): EventDetails {
  const { incident } = record.event.data;
  const stages = typeof incident === 'string' ? store.journal.ofIncident(incident) : [];
  const others = stages.filter(({ event }) => event.id !== record.event.id);
  const unwritten = dispatcher.unwritten();
  const durable = dispatcher.isWritten(record.event.id);
  return {
    ...record,
    durable,
    unwritten: durable ? null : (unwritten?.reason ?? 'it is not written yet'),
    related: others.map(({ event: { id, type }, state, seenAt }) => ({ id, type, state, seenAt })),
  };
}

/**
 * For each event type, or the one that is asked for, who is called, in which order, and what is wrong.
 * @throws SnoozeError SNOOZE_E_EVENT_INVALID for a type that there is not.
 */
export function handlerTables(
  parts: Omit<EventMethodParts, 'dispatcher' | 'store' | 'pluginsStarted' | 'rehearsals'>,
  asked?: string,
): HandlerTable[] {
  const { plugins, config } = parts;
  const { types } = config().events;
  const own = [...Object.keys(types), ...plugins.list().flatMap(({ instance }) => subscribed(plugins, instance))];
  const all = new Set([...CATALOG.map(({ type }) => type), ...own]);
  if (asked !== undefined && !all.has(asked)) catalogEntry(asked);
  return (asked === undefined ? [...all] : [asked]).map((type) => {
    const settings = saidOf(type, (name) => types[name]);
    const called = bandsOf(withSettings(plugins.handlers(type), settings?.handlers)).flatMap(
      ({ handlers }) => handlers,
    );
    const summaries = new Map(plugins.list().map((summary) => [summary.instance, summary]));
    const idle = [...summaries.keys()].filter(
      (instance) => !called.some(({ name }) => name === instance) && subscribes(plugins, instance, type),
    );
    const unknown = Object.keys(settings?.handlers ?? {}).filter((name) => !summaries.has(name));
    const warning = type === SPOT ? spotWarning(parts.isSpot(), config().events, plugins) : null;
    // Any of these may be one of its.
    const isAsked = type === SPOT || called.length + idle.length > 0;
    const unread = isAsked ? plugins.list().filter((summary) => summary.enabled && !isRead(plugins, summary)) : [];
    const enabled = config().events.enabled && settings?.enabled !== false;
    return {
      type,
      title: CATALOG.find((entry) => entry.type === type)?.title ?? 'an event of your own',
      dispatch: settings?.dispatch ?? CATALOG.find((entry) => entry.type === type)?.dispatch ?? 'first',
      enabled,
      handlers: called.map(({ name, priority, mode, timeoutMs }) => ({
        instance: name,
        priority,
        mode,
        timeout_seconds: timeoutMs / 1000,
        problem: problemOf(summaries.get(name)),
      })),
      not_called: [
        ...idle.map((instance) => ({ instance, reason: whyNot(summaries.get(instance)) })),
        ...unknown.map((instance) => ({ instance, reason: NO_PLUGIN })),
        ...unread.map((summary) => ({
          instance: summary.instance,
          reason: `and it is not known whether it handles this: ${failureOf(summary)}`,
        })),
      ],
      warning,
    };
  });
}

const SPOT = 'cloud.spot.interrupt';
const NO_PLUGIN = 'there is no such plugin: the configuration alone names it';

/** Whether there is a manifest that tells what a plugin handles. */
function isRead(plugins: EventMethodParts['plugins'], { instance }: Summary): boolean {
  try {
    return plugins.info(instance) !== undefined;
  } catch {
    return false;
  }
}

function subscribes(plugins: EventMethodParts['plugins'], instance: string, type: string): boolean {
  const types = subscribed(plugins, instance);
  return saidOf(type, (name) => types.includes(name) || undefined) === true;
}

function subscribed(plugins: EventMethodParts['plugins'], instance: string): string[] {
  try {
    return Object.keys(plugins.info(instance).manifest.events ?? {});
  } catch {
    return []; // its manifest is wrong
  }
}

type Summary = ReturnType<PluginHost['list']>[number];

function problemOf(summary: Summary | undefined): string | null {
  return summary?.state === 'failed' ? failureOf(summary) : null;
}

function failureOf({ last_error: error, cause }: Summary): string {
  return `it has failed: ${error ?? cause ?? 'nobody knows why'}`;
}

function whyNot(summary: Summary | undefined): string {
  const turnedOff = summary?.enabled ? 'turned off for this type in the configuration' : 'the plugin is disabled';
  return problemOf(summary) ?? turnedOff;
}
