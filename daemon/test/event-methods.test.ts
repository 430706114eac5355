import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { EventsConfig } from '../src/config/config.ts';
import { saidOf } from '../src/config/event-type.ts';
import { type EventMethodParts, eventMethods, handlerTables } from '../src/event-methods.ts';
import type { Handler } from '../src/events/event.ts';
import { configWith } from './cloud/config-with.ts';
import { setUp } from './events/world.ts';
import { defaultEvents } from './support/default-events.ts';

const SPOT = 'cloud.spot.interrupt';

/** Who is called for a type where these plugins run, each by what it subscribed to. */
function tablesOf(plugins: Record<string, string>, types: EventsConfig['types'] = {}, type?: string) {
  const handler = (name: string): Handler => ({
    name,
    priority: 50,
    mode: 'handle',
    timeoutMs: 30_000,
    concurrent: false,
    handle: () => Promise.reject(new Error('nobody asks')),
  });
  const all = Object.entries(plugins);
  const host = {
    handlers: (asked: string) =>
      all.flatMap(([name, its]) => (saidOf(asked, (one) => one === its || undefined) ? [handler(name)] : [])),
    list: () => all.map(([instance]) => ({ instance, state: 'running', enabled: true })),
    info: (instance: string) => ({ manifest: { events: { [plugins[instance] ?? '']: {} } } }),
  } as unknown as EventMethodParts['plugins'];
  const config = () => ({ ...configWith({}), events: defaultEvents({ types }) });
  return handlerTables({ plugins: host, config, isSpot: () => false }, type);
}

describe('who is called for an event', () => {
  it('is told of those, too, whom the configuration names though there is no such plugin', () => {
    const tables = tablesOf({ saver: SPOT }, { [SPOT]: { handlers: { savre: { priority: 9 }, saver: {} } } });
    assert.deepEqual(tables.find(({ type }) => type === SPOT)?.not_called, [
      { instance: 'savre', reason: 'there is no such plugin: the configuration alone names it' },
    ]);
  });

  it('is told of the one type that was asked for, also where a plugin takes it as one of custom', () => {
    const [table, ...others] = tablesOf({ backup: 'custom' }, {}, 'custom.nightly');
    assert.deepEqual([table?.type, table?.handlers.map(({ instance }) => instance)], ['custom.nightly', ['backup']]);
    assert.deepEqual(others, []);
    assert.throws(() => tablesOf({}, {}, 'cloud.spot'), { code: 'SNOOZE_E_EVENT_INVALID' });
  });
});

describe('an event', () => {
  const shownWith = async (id: string, typed: string) => {
    const { dispatcher, journal } = setUp([]);
    await dispatcher.send({ id, type: 'custom', source: 'user', data: {} });
    await dispatcher.idle();
    const methods = eventMethods({ dispatcher, store: { journal } } as unknown as EventMethodParts);
    return (await methods['events.show']({ id: typed }, {} as never)).event.id;
  };

  it('is found by the id that whoever sent it has given it, however short', async () => {
    assert.equal(await shownWith('user:abc', 'abc'), 'user:abc');
  });
  it('is not looked up by fewer than four letters of its id, and that is said', async () => {
    await assert.rejects(shownWith('user:abcde', 'abc'), {
      code: 'SNOOZE_E_EVENT_UNKNOWN',
      hint: 'a part of an id must have 4 letters or more; type: snooze events list',
    });
    assert.equal(await shownWith('user:abcde', 'abcd'), 'user:abcde');
    await assert.rejects(shownWith('user:abcde', 'wxyz'), { hint: 'type: snooze events list' });
  });
});
