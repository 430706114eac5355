import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseLoad } from '../../src/monitors/load.ts';

test('the load of the last minute is the first number', () => {
  assert.equal(parseLoad('0.42 0.30 0.25 1/123 4567\n'), 0.42);
  assert.equal(parseLoad('212.07 180.00 90.10 250/3000 4567\n'), 212.07);
});

test('what does not begin with a whole number is an error', () => {
  for (const text of ['', 'none', '0.4', '12', '-1.00 0 0', 'NaN 0 0', '0x10 0 0', ' 0.42 0.30'])
    assert.throws(() => parseLoad(text), /^Error: \/proc\/loadavg does not begin with a number$/, text);
});
