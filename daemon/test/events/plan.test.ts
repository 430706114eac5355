import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import type { Handler } from '../../src/events/event.ts';
import { type Band, bandsOf, budgetMs } from '../../src/events/plan.ts';

const handler = (name: string, priority: number, timeoutMs: number): Handler => ({
  name,
  priority,
  mode: 'handle',
  timeoutMs,
  handle: async () => ({ handled: true, result: null }),
});

/** One band for each timeout, the first with the highest priority. */
const bandsWith = (...timeoutsMs: number[]): Band[] =>
  bandsOf(timeoutsMs.map((timeoutMs, index) => handler(`h${index}`, -index, timeoutMs)));

/** What the first band may take of `leftMs`. */
const firstGets = (leftMs: number, ...timeoutsMs: number[]) =>
  budgetMs({
    nowMs: 1000,
    deadlineMs: 1000 + leftMs,
    reserveMs: 0,
    handlerTimeoutMs: timeoutsMs[0] ?? 0,
    bandsLeft: bandsWith(...timeoutsMs),
  });

test('bands are in the order of their priority, and keep the given order within', () => {
  const bands = bandsOf([handler('a', 5, 1), handler('b', 90, 1), handler('c', 5, 1), handler('d', -1, 1)]);
  assert.deepEqual(
    bands.map(({ priority, handlers }) => [priority, handlers.map(({ name }) => name)]),
    [
      [90, ['b']],
      [5, ['a', 'c']],
      [-1, ['d']],
    ],
  );
  assert.deepEqual(bandsOf([]), []);
});

test('without a deadline, or with plenty of time, a handler has its own timeout', () => {
  assert.equal(firstGets(Number.POSITIVE_INFINITY, 30, 30), 30);
  assert.equal(firstGets(60, 30, 30), 30);
});

test('where time is short each band gets the same, and what a quick one cannot need goes to the others', () => {
  assert.equal(firstGets(90, 100, 100, 100), 30);
  assert.equal(firstGets(90, 100, 10, 100), 40);
  assert.equal(firstGets(90, 10, 100, 100), 10);
  assert.equal(firstGets(90, 100), 90);
});

test('the reserve is kept back, and when it is reached nothing is left', () => {
  const question = { handlerTimeoutMs: 500, bandsLeft: bandsWith(500), deadlineMs: 100, reserveMs: 20 };
  assert.equal(budgetMs({ ...question, nowMs: 0 }), 80);
  assert.equal(budgetMs({ ...question, nowMs: 79 }), 1);
  assert.equal(budgetMs({ ...question, nowMs: 80 }), 0);
  assert.ok(budgetMs({ ...question, nowMs: 101 }) < 0);
});

test('a handler with a shorter timeout than its neighbours of the same band keeps to its own', () => {
  const bandsLeft = bandsOf([handler('long', 1, 100), handler('short', 1, 5), handler('later', 0, 100)]);
  const question = { nowMs: 0, deadlineMs: 80, reserveMs: 0, bandsLeft };
  assert.equal(budgetMs({ ...question, handlerTimeoutMs: 100 }), 40);
  assert.equal(budgetMs({ ...question, handlerTimeoutMs: 5 }), 5);
});

const walk = fc.record({
  timeoutsMs: fc.array(fc.integer({ min: 1, max: 100_000 }), { minLength: 1, maxLength: 8 }),
  leftMs: fc.integer({ min: 1, max: 300_000 }),
  reserveMs: fc.integer({ min: 0, max: 5_000 }),
  /** How much of what it may take each band takes, from nothing to all. */
  uses: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 8, maxLength: 8 }),
});

test('property: whatever the others use, nobody runs past deadline − reserve, and each band gets its equal share or its timeout', async () => {
  await fc.assert(
    fc.property(walk, ({ timeoutsMs, leftMs, reserveMs, uses }) => {
      const deadlineMs = leftMs + reserveMs;
      const fairMs = leftMs / timeoutsMs.length;
      let nowMs = 0;
      for (let bandsLeft = bandsWith(...timeoutsMs), index = 0; bandsLeft.length > 0; index++) {
        const handlerTimeoutMs = timeoutsMs[index] ?? Number.NaN;
        const mayMs = budgetMs({ nowMs, deadlineMs, reserveMs, handlerTimeoutMs, bandsLeft });
        assert.ok(mayMs <= handlerTimeoutMs);
        assert.ok(nowMs + mayMs <= leftMs + 0.001, `band ${index} ends ${nowMs + mayMs - leftMs} ms too late`);
        assert.ok(mayMs >= Math.min(fairMs, handlerTimeoutMs) - 0.001, `band ${index} gets ${mayMs} of ${fairMs} ms`);
        nowMs += mayMs * (uses[index] ?? 1);
        bandsLeft = bandsLeft.slice(1);
      }
    }),
    { numRuns: 500 },
  );
});

test('property: a band that asks again while it runs is never told to end sooner', async () => {
  await fc.assert(
    fc.property(walk, ({ timeoutsMs, leftMs, uses }) => {
      const handlerTimeoutMs = timeoutsMs[0] ?? Number.NaN;
      const question = { deadlineMs: leftMs, reserveMs: 0, handlerTimeoutMs, bandsLeft: bandsWith(...timeoutsMs) };
      const endMs = budgetMs({ ...question, nowMs: 0 });
      const nowMs = endMs * (uses[0] ?? 0);
      const againMs = budgetMs({ ...question, nowMs });
      assert.ok(nowMs + againMs >= endMs - 0.001);
    }),
    { numRuns: 300 },
  );
});
