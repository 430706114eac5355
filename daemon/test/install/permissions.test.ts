import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { addedPermissions, type Enforcement, enforcementOf, permissionsOf } from '../../src/install/permissions.ts';
import type { Manifest } from '../../src/plugins/manifest.ts';
import { requires } from '../support/requires.ts';

const NOTHING: Enforcement = { keeps: new Set(), memory: false, processes: false, cpu: false };
const ALL: Enforcement = {
  keeps: new Set(['files', 'network', 'processes', 'privileges']),
  memory: true,
  processes: true,
  cpu: true,
};
const plain: Manifest = { name: 'mine', version: '1.0.0', type: 'external', exec: { command: 'true' } };
const asking = (permissions: NonNullable<Manifest['permissions']>): Manifest => ({ ...plain, permissions });
const linesOf = (manifest: Manifest, enforcement: Enforcement) =>
  permissionsOf(manifest, enforcement).map(({ words, enforced }) => `${enforced ? '✓' : '–'} ${words}`);

test('what a plugin does without is said too, and whether anything holds it to that', () => {
  const without = [
    'no network',
    'reads no files but its own and those of the system',
    'writes no files but its own state',
  ];
  assert.deepEqual(
    linesOf(plain, ALL),
    without.map((words) => `✓ ${words}`),
  );
  assert.deepEqual(
    linesOf(plain, NOTHING),
    without.map((words) => `– ${words}`),
  );
});

test('what it asks for is said in words; a network that is granted is granted whole', () => {
  const manifest: Manifest = {
    ...asking({
      network: ['127.0.0.1:6379'],
      read: ['/var/log'],
      write: ['/srv'],
      env: ['TOKEN'],
      host: ['Host.Inhibit', 'Host.KV.Get'],
    }),
    resources: { memory_mb: 64, processes: 4, cpu_percent: 20 },
  };
  assert.deepEqual(linesOf(manifest, ALL), [
    '– connects to 127.0.0.1:6379',
    '✓ reads /var/log',
    '✓ writes /srv',
    '✓ sees the variables TOKEN of snoozed',
    '✓ keeps the host awake',
    '✓ calls Host.KV.Get',
    '✓ takes at most 64 MB of memory',
    '✓ has at most 4 processes',
    '✓ takes at most 20 % of a core',
  ]);
});

test('a native plugin can do whatever snoozed can, and no host keeps it from that', () => {
  assert.deepEqual(linesOf({ name: 'n', version: '1.0.0', type: 'native', module: 'n.ts' }, ALL), [
    '– runs inside snoozed, and can do whatever snoozed can',
  ]);
});

test('with the sandbox turned off nothing is enforced', async () => {
  assert.deepEqual(await enforcementOf('off'), NOTHING);
});

test('where bubblewrap works, files are kept', { skip: requires('bwrap') }, async () => {
  assert.ok((await enforcementOf('auto')).keeps.has('files'));
});

test('a program that moves into snoozed, another build, a higher or lifted limit: each is more than before', () => {
  const limited: Manifest = { ...plain, resources: { memory_mb: 64 } };
  assert.deepEqual(addedPermissions(plain, { ...plain, type: 'native' }), ['runs inside snoozed']);
  assert.deepEqual(addedPermissions(plain, { ...plain, build: { command: 'make', args: ['all'] } }), [
    'runs make all when it is installed',
  ]);
  assert.deepEqual(addedPermissions(limited, { ...plain, resources: { memory_mb: 65 } }), ['memory_mb 65']);
  assert.deepEqual(addedPermissions(limited, plain), ['memory_mb without a limit of its own']);
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
