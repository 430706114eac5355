import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Life, type LifeEvent, type LifeState, next, UNBORN } from '../../../src/plugins/instance/lifecycle.ts';

const START: LifeEvent = { kind: 'start', cause: 'test' };
const ANSWERED: LifeEvent = { kind: 'initialize-answered' };
const crash = (bootMs: number): LifeEvent => ({ kind: 'failure', error: 'boom', hopeless: false, bootMs, random: 1 });

const events = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constant('start' as const), cause: fc.string() }),
    fc.constant(ANSWERED),
    fc.record({ kind: fc.constant('ready' as const), bootMs: fc.nat() }),
    fc.record({ kind: fc.constant('health' as const), degraded: fc.option(fc.string()) }),
    fc.record({
      kind: fc.constant('failure' as const),
      error: fc.string(),
      hopeless: fc.boolean(),
      bootMs: fc.nat(),
      random: fc.double({ min: 0, max: 1, noNaN: true }),
    }),
    fc.record({ kind: fc.constant('held' as const), error: fc.string() }),
    fc.record({ kind: fc.constant('stop' as const), reason: fc.string() }),
  ),
  { maxLength: 60 },
);

/** PROTOCOL.md's picture: what may follow what. */
const FOLLOWS: Record<LifeState['name'], readonly LifeState['name'][]> = {
  unloaded: ['loaded', 'stopped'],
  loaded: ['initialized', 'failed', 'stopped'],
  initialized: ['running', 'failed', 'stopped'],
  running: ['running', 'failed', 'stopped'],
  failed: ['loaded', 'stopped'],
  stopped: [],
};

test('whatever happens, a life goes the ways of the protocol and no others, and an event that means nothing changes nothing', () => {
  fc.assert(
    fc.property(events, (happened) => {
      let life = UNBORN;
      for (const event of happened) {
        const before = life;
        life = next(life, event);
        if (life === before) continue;
        assert.ok(FOLLOWS[before.state.name].includes(life.state.name), `${before.state.name} → ${life.state.name}`);
        const again = before.state.name === 'failed' && life.state.name === 'loaded';
        assert.equal(life.restarts, before.restarts + (again ? 1 : 0));
      }
    }),
  );
});

test('a failed plugin is always started again later, or not before its configuration changes', () => {
  fc.assert(
    fc.property(events, (happened) => {
      let life = UNBORN;
      for (const event of happened) {
        life = next(life, event);
        if (event.kind !== 'failure' || life.state.name !== 'failed' || life.cause !== event.error) continue;
        const { retry } = life.state;
        if (!('atBootMs' in retry)) continue;
        const delayMs = retry.atBootMs - event.bootMs;
        assert.ok(delayMs >= 500 && delayMs <= 3_600_000, String(delayMs));
      }
    }),
  );
});

test('five crashes in three minutes park it', () => {
  let life: Life = UNBORN;
  const retries = [];
  for (let number = 1; number <= 5; number++) {
    for (const event of [START, ANSWERED, crash(number * 1_000)]) life = next(life, event);
    retries.push(life.state.name === 'failed' && life.state.retry.kind);
  }
  assert.deepEqual(retries, ['backoff', 'backoff', 'backoff', 'backoff', 'parked']);
  assert.equal(life.restarts, 4);
});

test('degraded is a change, degraded again for the same reason is none', () => {
  let life = [START, ANSWERED, { kind: 'ready', bootMs: 0 } as const].reduce<Life>(next, UNBORN);
  life = next(life, { kind: 'health', degraded: 'disk is slow' });
  assert.deepEqual(
    [life.state, life.cause],
    [{ name: 'running', sinceBootMs: 0, degraded: 'disk is slow' }, 'disk is slow'],
  );
  assert.equal(next(life, { kind: 'health', degraded: 'disk is slow' }), life);
  assert.equal(next(life, { kind: 'health', degraded: null }).cause, 'it is healthy again');
});
