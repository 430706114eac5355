import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { createRate, growth } from '../../src/monitors/rates.ts';
import { inWords } from './host-of-files.ts';

const counters = (devices: Record<string, number[]>) => new Map(Object.entries(devices));
const grown = (before: Record<string, number[]>, after: Record<string, number[]>) =>
  growth(counters(before), counters(after));

test('a device that appears or vanishes adds nothing, and the others go on counting', () => {
  assert.equal(grown({ eth0: [100, 0] }, { eth0: [300, 5], eth1: [1e12, 1e12] }), 205);
  assert.equal(grown({ eth0: [100, 0], eth1: [1e12, 1e12] }, { eth0: [300, 5] }), 205);
});

test('where no device was there before, nobody knows what passed', () => {
  assert.equal(grown({ eth0: [100, 0] }, { eth1: [300, 0] }), 'no device is there that was there before');
});

test('each counter wraps at 32 bits by itself', () => {
  const nearEnd = 2 ** 32 - 100;
  assert.equal(grown({ eth0: [nearEnd, 7_000] }, { eth0: [50, 7_001] }), 151);
  assert.equal(grown({ eth0: [nearEnd, nearEnd] }, { eth0: [50, 50] }), 300);
  assert.equal(grown({ eth0: [nearEnd, 3e9] }, { eth0: [nearEnd + 1, 3e9] }), 1, 'together they are over 32 bits');
});

test('a counter that began again gives no value, neither 0 nor what it lost', () => {
  assert.equal(grown({ eth0: [1e12, 5] }, { eth0: [5, 5] }), 'the counters of eth0 began again');
  assert.equal(grown({ eth0: [4e9] }, { eth0: [2e9] }), 'the counters of eth0 began again', 'too far for a wrap');
  assert.equal(grown({ a: [5, 5], b: [5, 9] }, { a: [6, 6], b: [5, 8] }), 'the counters of b began again');
});

test('two samples of one instant keep the first to compare with', () => {
  const rate = createRate('traffic', 1);
  assert.equal(inWords(rate(counters({ a: [0] }), 1_000)), 'pending: traffic needs a second sample');
  assert.equal(inWords(rate(counters({ a: [500] }), 1_000)), 'pending: traffic needs a second sample');
  assert.equal(inWords(rate(counters({ a: [900] }), 4_000)), 'measured 300');
});

test('after a reset the next sample is measured again', () => {
  const rate = createRate('traffic', 1);
  rate(counters({ a: [5_000] }), 0);
  assert.match(
    inWords(rate(counters({ a: [10] }), 1_000)),
    /^pending: traffic needs one sample more: the counters of a/,
  );
  assert.equal(inWords(rate(counters({ a: [30] }), 2_000)), 'measured 20');
});

test('whatever the counters do, a rate is never more than they could have counted', () => {
  const sample = fc.dictionary(
    fc.constantFrom('a', 'b', 'c'),
    fc.tuple(fc.integer({ min: 0, max: 2 ** 40 }), fc.integer({ min: 2 ** 31, max: 2 ** 33 })),
  );
  return fc.assert(
    fc.property(fc.array(sample, { minLength: 2 }), (samples) => {
      const rate = createRate('traffic', 1);
      for (const [index, one] of samples.entries()) {
        const reading = rate(counters(one), index * 1000);
        if (reading.status === 'pending') continue;
        assert.ok(reading.status === 'measured' && reading.value >= 0, inWords(reading));
        const most = Object.values(one).reduce((sum, [x, y]) => sum + Math.max(x, 2 ** 31) + Math.max(y, 2 ** 31), 0);
        assert.ok(reading.value <= most, inWords(reading));
        assert.ok(Object.keys(one).some((device) => device in (samples[index - 1] ?? {})));
      }
    }),
  );
});
