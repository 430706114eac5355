import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pageOf } from '../../src/control/page.ts';

test('a page has what fits into one answer, and always one entry', () => {
  const entry = (bytes: number) => 'x'.repeat(bytes - 2);
  assert.deepEqual(pageOf([]), []);
  assert.equal(pageOf(Array.from({ length: 3 }, () => entry(100))).length, 3);
  assert.equal(pageOf(Array.from({ length: 100 }, () => entry(100 * 1024))).length, 5);
  assert.equal(pageOf([entry(900 * 1024), entry(10)]).length, 1);
});
