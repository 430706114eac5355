import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import type { Handler } from '../../src/events/event.ts';
import { atOnce, type Band, bandsOf, LEAST_SHARE_MS, reserveOf, shareMs } from '../../src/events/plan.ts';

const handler = (name: string, priority: number, timeoutMs: number): Handler => ({
  name,
  priority,
  mode: 'handle',
  timeoutMs,
  concurrent: false,
  handle: async () => ({ handled: true, result: null }),
});

/** One band for each timeout, the first with the highest priority. */
const bandsWith = (...timeoutsMs: number[]): Band[] =>
  bandsOf(timeoutsMs.map((timeoutMs, index) => handler(`h${index}`, -index, timeoutMs)));

type Question = { nowMs: number; endMs: number; handlerTimeoutMs: number; bandsLeft: Band[] };
/** What a handler of the first band may take. */
const budgetMs = ({ nowMs, endMs, handlerTimeoutMs, bandsLeft }: Question) =>
  Math.min(handlerTimeoutMs, shareMs(bandsLeft, endMs - nowMs));
const firstGets = (leftMs: number, ...timeoutsMs: number[]) =>
  budgetMs({
    nowMs: 1000,
    endMs: 1000 + leftMs,
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
  assert.equal(firstGets(9000, 10_000, 10_000, 10_000), 3000);
  assert.equal(firstGets(9000, 10_000, 1000, 10_000), 4000);
  assert.equal(firstGets(9000, 1000, 10_000, 10_000), 1000);
  assert.equal(firstGets(9000, 10_000), 9000);
});

test('where shares would be too short to be of use, the lowest bands go without, never the highest', () => {
  const long = 60_000;
  assert.equal(firstGets(3000, long, long, long), 1000);
  assert.equal(firstGets(2900, long, long, long), 1450);
  assert.equal(firstGets(1900, long, long, long), 1900);
  assert.equal(firstGets(200, long, long), 200);
  assert.equal(firstGets(1100, long, 50, long), 1050, 'one that needs little finds room');
});

test('when the end is reached nothing is left', () => {
  const question = { handlerTimeoutMs: 500, bandsLeft: bandsWith(500), endMs: 80 };
  assert.equal(budgetMs({ ...question, nowMs: 0 }), 80);
  assert.equal(budgetMs({ ...question, nowMs: 79 }), 1);
  assert.equal(budgetMs({ ...question, nowMs: 80 }), 0);
  assert.ok(budgetMs({ ...question, nowMs: 101 }) < 0);
});

test('the reserve is what is configured, but never more than a quarter of what is left', () => {
  assert.equal(reserveOf(120_000, 2000), 2000);
  assert.equal(reserveOf(2000, 2000), 500);
  assert.equal(reserveOf(0, 2000), 0);
  assert.equal(reserveOf(-5, 2000), 0);
});

test('all at once is one band, and keeps the order', () => {
  const [band, ...others] = atOnce(bandsWith(10, 20, 30));
  assert.deepEqual(
    band?.handlers.map(({ name }) => name),
    ['h0', 'h1', 'h2'],
  );
  assert.deepEqual([others, atOnce([])], [[], []]);
});

test('a handler with a shorter timeout than its neighbours of the same band keeps to its own', () => {
  const bandsLeft = bandsOf([handler('long', 1, 10_000), handler('short', 1, 500), handler('later', 0, 10_000)]);
  const question = { nowMs: 0, endMs: 8000, bandsLeft };
  assert.equal(budgetMs({ ...question, handlerTimeoutMs: 10_000 }), 4000);
  assert.equal(budgetMs({ ...question, handlerTimeoutMs: 500 }), 500);
});

const walk = fc.record({
  timeoutsMs: fc.array(fc.integer({ min: 1, max: 100_000 }), { minLength: 1, maxLength: 8 }),
  leftMs: fc.integer({ min: 1, max: 300_000 }),
  /** How much of what it may take each band takes, from nothing to all. */
  uses: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 8, maxLength: 8 }),
});

test('property: whatever the others use, nobody runs past the end, and each band that finds room gets its share or its timeout', async () => {
  await fc.assert(
    fc.property(walk, ({ timeoutsMs, leftMs, uses }) => {
      const roomFor = Math.max(1, Math.min(timeoutsMs.length, Math.floor(leftMs / LEAST_SHARE_MS)));
      const leastMs = roomFor === timeoutsMs.length ? leftMs / roomFor : Math.min(leftMs, LEAST_SHARE_MS);
      let nowMs = 0;
      for (let bandsLeft = bandsWith(...timeoutsMs), index = 0; bandsLeft.length > 0; index++) {
        const handlerTimeoutMs = timeoutsMs[index] ?? Number.NaN;
        const mayMs = budgetMs({ nowMs, endMs: leftMs, handlerTimeoutMs, bandsLeft });
        assert.ok(mayMs <= handlerTimeoutMs);
        assert.ok(nowMs + mayMs <= leftMs + 0.001, `band ${index} ends ${nowMs + mayMs - leftMs} ms too late`);
        if (index < roomFor)
          assert.ok(mayMs >= Math.min(leastMs, handlerTimeoutMs) - 2, `band ${index} gets ${mayMs} of ${leastMs} ms`);
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
      const question = { endMs: leftMs, handlerTimeoutMs, bandsLeft: bandsWith(...timeoutsMs) };
      const endMs = budgetMs({ ...question, nowMs: 0 });
      const nowMs = endMs * (uses[0] ?? 0);
      const againMs = budgetMs({ ...question, nowMs });
      assert.ok(nowMs + againMs >= endMs - 0.001);
    }),
    { numRuns: 300 },
  );
});
