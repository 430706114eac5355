import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { createHysteresis, type Level, levelOver, worst } from '../../../src/events/sources/hysteresis.ts';

test('it begins after it was bad for the whole time, and ends after it was good for as long', () => {
  const { observe } = createHysteresis(() => 60);
  assert.equal(observe('bad', 0), undefined);
  assert.equal(observe('bad', 59), undefined);
  assert.equal(observe('bad', 60), 'begins');
  assert.equal(observe('between', 70), undefined);
  assert.equal(observe('good', 80), undefined);
  assert.equal(observe('between', 100), undefined, 'good for a moment is not good');
  assert.equal(observe('good', 110), undefined);
  assert.equal(observe('good', 170), 'ends');
});

test('without a time to hold it begins and ends at once', () => {
  const { observe } = createHysteresis(() => 0);
  assert.deepEqual(
    (['good', 'bad', 'bad', 'between', 'good', 'bad'] as const).map((level, at) => observe(level, at)),
    [undefined, 'begins', undefined, undefined, 'ends', 'begins'],
  );
});

test('one that had begun before ends like any other', () => {
  assert.equal(createHysteresis(() => 0, true).observe('good', 0), 'ends');
  assert.equal(createHysteresis(() => 0, true).observe('bad', 0), undefined);
});

test('a value is bad at the threshold, good only well away from it', () => {
  const thresholds = { bad: 90, good: 80 };
  assert.deepEqual(
    [90, 89, 81, 80].map((value) => levelOver(value, thresholds)),
    ['bad', 'between', 'between', 'good'],
  );
  assert.deepEqual(
    [worst([]), worst(['good', 'between']), worst(['between', 'bad', 'good'])],
    ['good', 'between', 'bad'],
  );
});

test('property: beginnings and ends take turns, and a value that stays near the edge tells nothing', async () => {
  const levels = fc.array(
    fc.record({ level: fc.constantFrom<Level>('bad', 'between', 'good'), afterMs: fc.integer({ min: 0, max: 100 }) }),
  );
  await fc.assert(
    fc.property(levels, fc.integer({ min: 0, max: 200 }), (steps, holdMs) => {
      const { observe } = createHysteresis(() => holdMs);
      let nowMs = 0;
      let last: string | undefined = 'ends';
      for (const { level, afterMs } of steps) {
        nowMs += afterMs;
        const change = observe(level, nowMs);
        if (change === undefined) continue;
        assert.notEqual(change, last);
        assert.equal(level, change === 'begins' ? 'bad' : 'good');
        last = change;
      }
    }),
  );
});
