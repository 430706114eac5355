import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { amount, limit } from '../../src/render/amount.ts';
import { duration, latency } from '../../src/render/duration.ts';

describe('a duration', () => {
  for (const [seconds, text] of [
    [-5, '0 s'],
    [0, '0 s'],
    [59.4, '59 s'],
    [59.6, '1 min'],
    [60, '1 min'],
    [760, '12 min 40 s'],
    [3599, '59 min 59 s'],
    [3600, '1 h'],
    [11_040, '3 h 4 min'],
    [86_399, '23 h 59 min'],
    [86_400, '1 d'],
    [190_800, '2 d 5 h'],
  ] as const) {
    it(`of ${seconds} s is "${text}"`, () => assert.equal(duration(seconds), text));
  }
});

describe('a latency', () => {
  for (const [ms, text] of [
    [0, '0 ms'],
    [0.25, '0.3 ms'],
    [4, '4 ms'],
    [12.7, '13 ms'],
    [1250, '1.25 s'],
    [61_000, '1 min 1 s'],
  ] as const) {
    it(`of ${ms} ms is "${text}"`, () => assert.equal(latency(ms), text));
  }
});

describe('an amount', () => {
  it('keeps the digits that matter', () => {
    assert.equal(amount(62.04, '%'), '62.0 %');
    assert.equal(amount(2, '%'), '2 %');
    assert.equal(amount(0.5, 'KiB/s'), '0.50 KiB/s');
  });
  it('says large rates in MiB/s', () => {
    assert.equal(amount(1023, 'KiB/s'), '1023 KiB/s');
    assert.equal(amount(1024, 'KiB/s'), '1 MiB/s');
  });
  it('says seconds as people do, and load without a unit', () => {
    assert.equal(amount(900, 's'), '15 min');
    assert.equal(amount(0.04, 'load'), '0.04');
    assert.equal(amount(7, null), '7');
  });
  it('reads a threshold in its direction', () => {
    assert.equal(limit(10, '%', 'below'), '≤ 10 %');
    assert.equal(limit(900, 's', 'above'), '≥ 15 min');
  });
});
