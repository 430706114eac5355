import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLeases } from '../../src/idle/leases.ts';

const backup = { name: 'backup', reason: 'it copies', owner: 'user alice', ttlMs: 1_000 };

test('a lease holds from when it is taken to the end of its time', () => {
  const leases = createLeases();
  const id = leases.add(backup, 5_000);
  const { ttlMs, ...told } = backup;
  assert.deepEqual(leases.active(5_000), [{ id, ...told, untilBootMs: 5_000 + ttlMs }]);
  assert.equal(leases.active(5_999).length, 1);
  assert.deepEqual(leases.active(6_000), []);
});

test('a lease that is released holds no more, and can be released once', () => {
  const leases = createLeases();
  const id = leases.add(backup, 0);
  assert.equal(leases.release(id), true);
  assert.deepEqual(leases.active(0), []);
  assert.equal(leases.release(id), false);
  assert.equal(leases.release('lease-never'), false);
});

test('two holders of one name do not release each other', () => {
  const leases = createLeases();
  const first = leases.add(backup, 0);
  const second = leases.add({ ...backup, owner: 'user bob' }, 0);
  assert.notEqual(first, second);
  leases.release(first);
  assert.deepEqual(
    leases.active(0).map(({ owner }) => owner),
    ['user bob'],
  );
});

test('what has ended is forgotten while what goes on is kept, the oldest first', () => {
  const leases = createLeases();
  leases.add({ ...backup, name: 'long', ttlMs: 10_000 }, 0);
  const ended = leases.add(backup, 0);
  leases.add({ ...backup, name: 'late' }, 1_500);
  assert.deepEqual(
    leases.active(2_000).map(({ name }) => name),
    ['long', 'late'],
  );
  assert.equal(leases.release(ended), false);
});
