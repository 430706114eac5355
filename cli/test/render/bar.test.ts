import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { bar } from '../../src/render/bar.ts';

const filled = (value: number, threshold: number, idleWhen: 'below' | 'above') =>
  [...bar(value, threshold, idleWhen)].filter((cell) => cell === '█').length;

describe('a bar', () => {
  it('shows the share of the threshold that the value has reached', () => {
    assert.equal(bar(5, 10, 'below'), '█████░░░░░');
    assert.equal(filled(0, 10, 'below'), 0);
  });

  it('is full only when a check that is idle below its threshold is busy', () => {
    assert.equal(filled(10, 10, 'below'), 9, 'at the threshold it is idle');
    assert.equal(filled(10.01, 10, 'below'), 10);
    assert.equal(filled(9999, 10, 'below'), 10);
  });

  it('is full only when a check that is idle above its threshold is idle', () => {
    assert.equal(filled(899.9, 900, 'above'), 9);
    assert.equal(filled(900, 900, 'above'), 10);
  });

  it('shows the least value that is not zero', () => assert.equal(filled(0.001, 100, 'below'), 1));

  it('knows a threshold of zero', () => {
    assert.equal(filled(0, 0, 'below'), 0);
    assert.equal(filled(0.1, 0, 'below'), 10);
    assert.equal(filled(0, 0, 'above'), 10);
  });

  it('always has ten cells', () => {
    for (const value of [0, 0.4, 3, 9.99, 10, 11, 1e9]) assert.equal([...bar(value, 10, 'below')].length, 10);
  });
});
