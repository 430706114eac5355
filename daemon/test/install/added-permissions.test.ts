import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { addedPermissions } from '../../src/install/added-permissions.ts';
import type { Manifest } from '../../src/plugins/manifest/manifest.ts';

const plain: Manifest = { name: 'mine', version: '1.0.0', type: 'external', exec: { command: 'true' } };
const asking = (permissions: NonNullable<Manifest['permissions']>): Manifest => ({ ...plain, permissions });

test('a program that moves into snoozed, another build, a higher or lifted limit: each is more than before', () => {
  const limited: Manifest = { ...plain, resources: { memory_mb: 64, cpu_percent: 20 } };
  assert.deepEqual(addedPermissions(plain, { ...plain, type: 'native' }), ['runs inside snoozed']);
  const native: Manifest = { ...plain, type: 'native' };
  assert.deepEqual(addedPermissions({ ...native, isolation: 'worker' }, native), [
    'runs in the daemon’s own thread, where a hang cannot be ended',
  ]);
  assert.deepEqual(addedPermissions(native, { ...native, isolation: 'worker' }), []);
  assert.deepEqual(addedPermissions(plain, { ...plain, build: { command: 'make', args: ['all'] } }), [
    'runs make all when it is installed',
  ]);
  const more: Manifest = { ...plain, resources: { memory_mb: 65, cpu_percent: 30 } };
  assert.deepEqual(addedPermissions(limited, more), ['up to 65 MB of memory', 'up to 30 % of a core']);
  assert.deepEqual(addedPermissions(limited, plain), ['up to 1024 MB of memory', 'as much CPU as there is']);
  assert.deepEqual(addedPermissions(plain, { ...plain, resources: { processes: 64 } }), [
    'up to 1024 processes and threads',
  ]);
  assert.deepEqual(addedPermissions(plain, limited), []);
});

const items = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd'));
const permissions = fc.record(
  { network: items, read: items, write: items, env: items, host: items },
  { requiredKeys: [] },
);

test('a version asks for more exactly where it has an item that the one before did not have', () => {
  fc.assert(
    fc.property(permissions, permissions, (before, after) => {
      const more = Object.entries(after).some(([kind, list]) =>
        (list ?? []).some((item) => !(before[kind as keyof typeof before] ?? []).includes(item)),
      );
      assert.equal(addedPermissions(asking(before as never), asking(after as never)).length > 0, more);
    }),
  );
});
