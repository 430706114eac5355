import '../support/golden.ts';
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { clockTime, dateTime } from '../../src/render/time.ts';

const now = Date.parse('2026-11-20T14:19:20Z');

describe('a moment', () => {
  it('of today is a time of day', () => {
    assert.equal(clockTime('2026-11-20T04:05:06Z', now), '04:05');
    assert.equal(clockTime('2026-11-20T04:05:06Z', now, 'seconds'), '04:05:06');
  });
  it('of another day has its day, of another year its year', () => {
    assert.equal(clockTime('2026-11-21T00:00:00Z', now), 'Nov 21 00:00');
    assert.equal(clockTime('2027-01-02T03:04:05Z', now), '2027 Jan 2 03:04');
  });
  it('in a table is whole', () => assert.equal(dateTime('2026-01-02T03:04:05.678Z'), '2026-01-02 03:04:05'));
  it('that is none is shown as it came', () => {
    assert.equal(clockTime('soon', now), 'soon');
    assert.equal(dateTime('soon'), 'soon');
  });
});
