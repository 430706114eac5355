import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Handler } from '../../src/events/event.ts';
import { spotWarning } from '../../src/events/spot-warning.ts';
import { defaultEvents } from '../support/default-events.ts';

const SPOT = 'cloud.spot.interrupt';
const saver: Handler = {
  name: 'saver',
  priority: 50,
  mode: 'handle',
  timeoutMs: 30_000,
  concurrent: false,
  handle: () => Promise.resolve({ handled: true, result: null }),
};

/** Plugins of which these have failed. */
const withHandlers = (handlers: readonly Handler[], failed: readonly string[] = []) => ({
  handlers: (type: string) => (type === SPOT ? [...handlers] : []),
  list: () => handlers.map(({ name }) => ({ instance: name, state: failed.includes(name) ? 'failed' : 'running' })),
});

test('a spot host that nobody saves is warned of, any other is not', () => {
  const events = defaultEvents();
  assert.match(spotWarning(true, events, withHandlers([])) ?? '', /no plugin handles its interruption/);
  assert.equal(spotWarning(false, events, withHandlers([])), null);
  assert.equal(spotWarning(true, events, withHandlers([saver])), null);
});

test('who only observes, and who has failed, saves nothing', () => {
  const events = defaultEvents();
  const [watcher, other]: Handler[] = [
    { ...saver, name: 'watcher', mode: 'observe' },
    { ...saver, name: 'other' },
  ];
  assert.ok(watcher && other);
  assert.equal(
    spotWarning(true, events, withHandlers([watcher, saver], ['saver'])),
    'this is a spot host, and no plugin handles its interruption (saver has failed, watcher only observes it): nothing will save its work',
  );
  assert.equal(spotWarning(true, events, withHandlers([watcher, saver, other], ['saver'])), null);
});

test('one whose handlers, or whose notices, are turned off is warned of, too', () => {
  const plugins = withHandlers([saver]);
  const off = (types: ReturnType<typeof defaultEvents>['types']) =>
    spotWarning(true, defaultEvents({ types }), plugins);
  assert.match(off({ [SPOT]: { handlers: { saver: { enabled: false } } } }) ?? '', /no plugin handles/);
  assert.match(off({ [SPOT]: { enabled: false } }) ?? '', /it is turned off/);
  assert.match(spotWarning(true, defaultEvents({ enabled: false }), plugins) ?? '', /it is turned off/);
});
