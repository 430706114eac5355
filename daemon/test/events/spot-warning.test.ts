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

test('a spot host that nobody saves is warned of, any other is not', () => {
  const events = defaultEvents();
  assert.match(spotWarning(true, events, () => []) ?? '', /no plugin handles its interruption/);
  assert.equal(
    spotWarning(false, events, () => []),
    null,
  );
  assert.equal(
    spotWarning(true, events, (type) => (type === SPOT ? [saver] : [])),
    null,
  );
});

test('one whose handlers, or whose notices, are turned off is warned of, too', () => {
  const handlers = () => [saver];
  const off = (types: ReturnType<typeof defaultEvents>['types']) =>
    spotWarning(true, defaultEvents({ types }), handlers);
  assert.match(off({ [SPOT]: { handlers: { saver: { enabled: false } } } }) ?? '', /no plugin handles/);
  assert.match(off({ [SPOT]: { enabled: false } }) ?? '', /it is turned off/);
  assert.match(spotWarning(true, defaultEvents({ enabled: false }), handlers) ?? '', /it is turned off/);
});
