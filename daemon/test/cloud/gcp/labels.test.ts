import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { labelsOf } from '../../../src/cloud/gcp/labels.ts';

test('any tags become labels that Google takes', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' })), (tags) => {
      for (const [key, value] of Object.entries(labelsOf(tags))) {
        assert.match(key, /^[a-z][a-z0-9_-]{0,62}$/);
        assert.match(value, /^[a-z0-9_-]{0,63}$/);
      }
    }),
  );
});

test('a key of no letters that Google knows is left out', () => {
  assert.deepEqual(labelsOf({ é1: 'x', '7 Tage': 'ja', 日: '' }), { tage: 'ja' });
});

test('a label still reads like what it was', () => {
  assert.deepEqual(labelsOf({ 'CloudSnooze:StopTimestamp': '2026-11-21T10:00:00Z', 'CloudSnooze:CPUPercent': '2.1' }), {
    'cloudsnooze-stoptimestamp': '2026-11-21t10-00-00z',
    'cloudsnooze-cpupercent': '2-1',
  });
});
