import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { isRehearsal } from '../../src/event-kind.ts';
import type { HandlerOutcome } from '../../src/events/event.ts';
import { type Behaviour, notice, outcomes, plan, RESERVE_MS, SPOT, setUp } from './world.ts';

const LESSER = 'cloud.instance.rebalance';
const lesser = (clock: Parameters<typeof notice>[0], id = 'lesser') => ({
  ...notice(clock, null, id),
  type: LESSER,
  severity: 1 as const,
});

test('a plugin at work on less makes way for a notice as soon as its time needs it, and is called again after it', async () => {
  const { dispatcher, clock, calls, journal } = setUp([
    plan({ name: 'saver', takesMs: 80_000, timeoutMs: 100_000, behaviour: 'handles' }),
  ]);
  dispatcher.accept(lesser(clock));
  await clock.advance(10_000);
  const shownMs = clock.bootMs();
  dispatcher.accept(notice(clock, 120));
  await clock.advance(3_600_000);
  const inOrder = calls.map(({ eventId, startedMs, cutMs }) => [eventId, startedMs - shownMs, cutMs !== undefined]);
  // 118 s are left after the reserve; it may take 100, and up to 7 are for making way.
  assert.deepEqual(inOrder, [
    ['lesser', -10_000, true],
    ['spot-1', 11_000, false],
    ['lesser', 91_000, false],
  ]);
  assert.deepEqual(outcomes(journal), ['saver handled']);
  assert.deepEqual(outcomes(journal, 'lesser'), ['saver canceled', 'saver handled']);
  const [made] = journal.get('lesser')?.outcomes ?? [];
  assert.equal(made?.message, 'it makes way for cloud.spot.interrupt, and is called again after it');
});

test('who is done soon enough is let finish', async () => {
  const { dispatcher, clock, journal } = setUp([plan({ name: 'saver', takesMs: 20_000, timeoutMs: 30_000 })]);
  dispatcher.accept(lesser(clock));
  await clock.advance(1000);
  dispatcher.accept(notice(clock, 120));
  await clock.advance(3_600_000);
  assert.deepEqual([outcomes(journal), outcomes(journal, 'lesser')], [['saver handled'], ['saver handled']]);
});

test('whoever does not return costs a notice no more than an eighth of its share', async () => {
  const { dispatcher, clock, journal, calls } = setUp([
    plan({ name: 'saver', behaviour: 'deaf', takesMs: 0, timeoutMs: 60_000 }),
    plan({ name: 'last', priority: 1, timeoutMs: 60_000 }),
  ]);
  dispatcher.accept(lesser(clock));
  await clock.advance(1000);
  dispatcher.accept(notice(clock, 12));
  await clock.advance(3_600_000);
  const [, second] = calls.filter(({ handler }) => handler === 'saver');
  // 10 s are left after the reserve, and half of them are its share.
  assert.deepEqual(
    [second?.eventId, second && second.startedMs - (calls[0]?.startedMs ?? 0)],
    ['spot-1', 1000 + 5000 / 8],
  );
  assert.deepEqual(outcomes(journal), ['saver timed-out', 'last handled']);
});

test('a rehearsal makes way at once for all that is real, is not played on after it, and its report says why', async () => {
  for (const [real, way] of [
    [{}, 'cloud.spot.interrupt'],
    [{ type: LESSER, severity: 1 as const, deadline: null }, LESSER],
    [{ type: 'custom.job', severity: 0 as const, deadline: null }, 'custom.job'],
  ] as const) {
    const { dispatcher, clock, calls, journal } = setUp([plan({ name: 'saver', takesMs: 20_000, timeoutMs: 60_000 })]);
    dispatcher.accept({ ...notice(clock, 120, 'played'), data: { rehearsal: true } });
    await clock.advance(3000);
    dispatcher.accept({ ...notice(clock, 600), ...real });
    await clock.advance(3_600_000);
    assert.deepEqual(
      calls.map(({ eventId, startedMs, cutMs }) => [
        eventId,
        startedMs - (calls[0]?.startedMs ?? 0),
        cutMs !== undefined,
      ]),
      [
        ['played', 0, true],
        ['spot-1', 3000, false],
      ],
    );
    assert.deepEqual(outcomes(journal), ['saver handled']);
    assert.deepEqual(outcomes(journal, 'played'), ['saver canceled']);
    assert.equal(journal.get('played')?.outcomes[0]?.message, `interrupted by ${way}, a real event`);
  }
});

test('what the cloud says goes before one’s own of the same severity, and before any rehearsal that waited first', async () => {
  const { dispatcher, clock, calls } = setUp([plan({ name: 'saver', takesMs: 1000, timeoutMs: 60_000 })]);
  const urgent = { type: 'custom.urgent', source: 'user', severity: 3 as const, data: {}, deadlineSeconds: 600 };
  dispatcher.accept({ ...notice(clock, 120, 'played'), data: { rehearsal: true } });
  for (let number = 0; number < 60; number += 1) await dispatcher.send({ ...urgent, id: `user:${number}` });
  await clock.advance(100);
  dispatcher.accept(notice(clock, 120));
  await clock.advance(3_600_000);
  assert.equal(
    calls.findIndex(({ eventId }) => eventId === 'spot-1'),
    2,
  );
  assert.equal(calls.length, 62);
});

test('nobody makes way for what is no more urgent, or has no deadline, or for a plugin that can do both', async () => {
  for (const [second, concurrent] of [
    [{ severity: 1 as const }, false],
    [{ deadline: null, type: 'custom.urgent' }, false],
    [{}, true],
  ] as const) {
    const world = setUp([plan({ name: 'saver', takesMs: 90_000, timeoutMs: 100_000, concurrent })]);
    world.dispatcher.accept(lesser(world.clock));
    world.dispatcher.accept({ ...notice(world.clock, 200), ...second });
    await world.clock.advance(3_600_000);
    assert.deepEqual(outcomes(world.journal, 'lesser'), ['saver handled']);
    assert.deepEqual(outcomes(world.journal), ['saver handled']);
  }
});

test('a notice that waits in vain for its plugin says what that was busy with', async () => {
  const { dispatcher, clock, journal } = setUp([plan({ name: 'saver', takesMs: 500_000, timeoutMs: 600_000 })]);
  dispatcher.accept(notice(clock, 900));
  await clock.advance(1000);
  dispatcher.accept({ ...notice(clock, 60, 'second'), type: 'cloud.instance.termination' });
  await clock.advance(3_600_000);
  assert.equal(journal.get('second')?.state, 'overdue');
  assert.equal(
    journal.get('second')?.outcomes[0]?.message,
    'no time was left before the deadline: saver was busy with cloud.spot.interrupt',
  );
});

test('a daemon that ends while a plugin makes way calls it again in the next run', async () => {
  const plans = [plan({ name: 'saver', takesMs: 90_000, timeoutMs: 100_000 })];
  const first = setUp(plans);
  first.dispatcher.accept(lesser(first.clock));
  first.dispatcher.accept(notice(first.clock, 60));
  await first.clock.advance(1000);
  await first.dispatcher.stop();
  const { clock, journal } = first;
  const second = setUp(plans, { clock, journal });
  second.dispatcher.resume();
  await clock.advance(3_600_000);
  assert.deepEqual(outcomes(journal, 'lesser'), ['saver canceled', 'saver handled']);
  assert.equal(second.calls[0]?.eventId, 'spot-1');
});

const behaviour = fc.constantFrom<Behaviour>('handles', 'handles', 'declines', 'fails', 'hangs', 'deaf');
const world = fc.record({
  plans: fc
    .array(
      fc.record({
        name: fc.constant(''),
        priority: fc.integer({ min: 0, max: 3 }),
        mode: fc.constant('handle' as const),
        timeoutMs: fc.integer({ min: 10, max: 200_000 }),
        takesMs: fc.integer({ min: 0, max: 100_000 }),
        behaviour,
        whenTold: behaviour,
        concurrent: fc.boolean(),
      }),
      { minLength: 1, maxLength: 5 },
    )
    .map((some) => some.map((one, index) => ({ ...one, name: `h${index}` }))),
  lesser: fc.array(
    fc.record({
      inMs: fc.integer({ min: 0, max: 100_000 }),
      kind: fc.constantFrom('less severe' as const, 'own' as const, 'rehearsal' as const),
    }),
    { minLength: 1, maxLength: 3 },
  ),
  afterMs: fc.integer({ min: 0, max: 150_000 }),
  seconds: fc.integer({ min: 10, max: 300 }),
  stopsAfterMs: fc.option(fc.integer({ min: 0, max: 300_000 })),
});
const isFinal = ({ status }: HandlerOutcome) => status !== 'canceled';
/** What ranks below a spot notice, be it as severe. */
const below = {
  'less severe': {},
  own: { type: 'custom.urgent', severity: 3 as const },
  rehearsal: { type: SPOT, severity: 3 as const, data: { rehearsal: true } },
};

test('model: whatever plugins are at work on, a notice has its share of them, and all of it is done in the end', async () => {
  await fc.assert(
    fc.asyncProperty(world, async ({ plans, lesser: others, afterMs, seconds, stopsAfterMs }) => {
      const first = setUp(plans, { rule: 'all' });
      const { clock, journal, calls } = first;
      let { dispatcher } = first;
      for (const [index, { inMs, kind }] of others.entries())
        clock.after(inMs, () => dispatcher.accept({ ...lesser(clock, `lesser-${index}`), ...below[kind] }));
      clock.after(afterMs, () => dispatcher.accept(notice(clock, seconds)));
      if (stopsAfterMs !== null) {
        await clock.advance(stopsAfterMs);
        await dispatcher.stop();
        ({ dispatcher } = setUp(plans, { rule: 'all', journal, clock, calls }));
        dispatcher.resume();
      }
      await clock.advance(24 * 3_600_000);
      assert.equal(clock.waiting(), 0, 'no timer is left');
      assert.deepEqual(dispatcher.pending(), []);

      for (const { event, state, outcomes: found } of journal.list(10)) {
        if (event.id === 'spot-1') continue;
        // What is only played has a deadline, and may wait in vain.
        assert.ok(state === 'done' || (state === 'overdue' && isRehearsal(event)), state);
        for (const { name } of plans) {
          const its = found.filter(({ handler }) => handler === name);
          if (isRehearsal(event) && stopsAfterMs === null)
            assert.equal(its.length, 1, `${name} is not called again for what is only played`);
          else if (!isRehearsal(event))
            assert.deepEqual(its.map(isFinal), [...its.slice(1).map(() => false), true], `${name} ends once, and last`);
        }
      }
      for (const { name, concurrent } of plans) {
        const its = calls.filter(({ handler }) => handler === name);
        if (!concurrent && stopsAfterMs === null)
          for (const [index, { startedMs }] of its.slice(1).entries())
            assert.ok(startedMs >= (its[index]?.freeMs ?? 0), `${name} does one thing at a time`);
      }
      if (stopsAfterMs !== null) return;
      const fairMs = (seconds * 1000 - RESERVE_MS) / new Set(plans.map(({ priority }) => priority)).size;
      for (const { name, timeoutMs } of plans) {
        const call = calls.find(({ handler, eventId }) => handler === name && eventId === 'spot-1');
        assert.ok(call, `${name} is called for the notice`);
        const leastMs = (Math.min(fairMs, timeoutMs) * 7) / 8 - 1;
        if (call?.cutMs !== undefined) assert.ok(call.cutMs - call.startedMs >= leastMs, `${name} has its share`);
      }
    }),
    { numRuns: 200 },
  );
});
