import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openForTest } from './open-for-test.ts';

const quota = { keys: 3, bytes: 100 };
const any = { expected: 'any', quota } as const;

test('each instance has keys of its own, sorted, with any JSON, and they survive a restart', (t) => {
  const first = openForTest(t);
  first.keyValue.write('a', 'k2', { value: { deep: [1, null] }, ...any });
  first.keyValue.write('a', 'k1', { value: null, ...any });
  first.keyValue.write('b', 'k1', { value: 'mine', ...any });
  first.close();
  const { keyValue } = openForTest(t, first);
  assert.deepEqual(keyValue.keys('a', ''), ['k1', 'k2']);
  assert.deepEqual(keyValue.get('a', 'k2'), { key: 'k2', value: { deep: [1, null] }, revision: 1 });
  assert.deepEqual(keyValue.get('b', 'k1')?.value, 'mine');
  assert.equal(keyValue.get('b', 'k2'), undefined);
});

test('a prefix is taken as it stands, not as a pattern', (t) => {
  const { keyValue } = openForTest(t);
  for (const key of ['a%b', 'aXb', 'ä_1']) keyValue.write('p', key, { value: 1, ...any });
  assert.deepEqual(keyValue.keys('p', 'a%'), ['a%b']);
  assert.deepEqual(keyValue.keys('p', 'ä_'), ['ä_1']);
});

test('a write for another revision changes nothing, and revisions never go back', (t) => {
  const { keyValue } = openForTest(t);
  assert.deepEqual(keyValue.write('p', 'k', { value: 1, expected: null, quota }), { kind: 'written', revision: 1 });
  assert.deepEqual(keyValue.write('p', 'k', { value: 2, expected: null, quota }), { kind: 'stale', revision: 1 });
  assert.deepEqual(keyValue.write('p', 'k', { value: 2, expected: 1, quota }), { kind: 'written', revision: 2 });
  assert.deepEqual(keyValue.write('p', 'k', { value: 3, expected: 1, quota }), { kind: 'stale', revision: 2 });
  assert.equal(keyValue.remove('p', 'k'), true);
  assert.equal(keyValue.remove('p', 'k'), false);
  assert.deepEqual(keyValue.write('p', 'k', { value: 4, expected: 2, quota }), { kind: 'stale', revision: null });
  assert.deepEqual(keyValue.write('p', 'k', { value: 4, expected: null, quota }), { kind: 'written', revision: 3 });
});

test('a key is gone when its time is over, and makes room', async (t) => {
  const { keyValue, clock } = openForTest(t);
  for (const key of ['a', 'b', 'c']) keyValue.write('p', key, { value: 1, ttlMs: 1_000, ...any });
  assert.deepEqual(keyValue.write('p', 'd', { value: 1, ...any }), { kind: 'full' });
  await clock.advance(1_000);
  assert.deepEqual([keyValue.keys('p', ''), keyValue.get('p', 'a')], [[], undefined]);
  assert.equal(keyValue.write('p', 'd', { value: 1, ...any }).kind, 'written');
});

test('the quota counts bytes, and a value that takes the place of another counts once', (t) => {
  const { keyValue } = openForTest(t);
  assert.equal(keyValue.write('p', 'k', { value: 'ä'.repeat(40), ...any }).kind, 'written');
  assert.equal(keyValue.write('p', 'k', { value: 'ä'.repeat(45), ...any }).kind, 'written');
  assert.equal(keyValue.write('p', 'k2', { value: 'ä'.repeat(5), ...any }).kind, 'full');
  assert.equal(keyValue.write('other', 'k2', { value: 'ä'.repeat(5), ...any }).kind, 'written');
});
