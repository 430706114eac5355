import assert from 'node:assert/strict';
import { test } from 'node:test';
import { refuseToRun } from '../../../src/plugins/sandbox/confine.ts';
import { describeSandbox, enforcement } from '../../../src/plugins/sandbox/enforcement.ts';
import { requires } from '../../support/requires.ts';
import { engineOf, USERS } from './confined.ts';

const skip = requires('bwrap', 'setpriv', 'prlimit');
const uid = USERS[0] ?? 0;
const MANIFEST = { name: 'p', version: '1.0.0', type: 'external' as const };

test('"require" runs no plugin where bubblewrap does not work, and says why in one line', { skip }, async () => {
  const host = await engineOf('setpriv', uid);
  host.refused.push({ name: 'bubblewrap', reason: 'bwrap is not installed' });
  assert.throws(() => refuseToRun('p', host, 'require'), {
    code: 'SNOOZE_E_PLUGIN_SANDBOX',
    message: 'p is not started: plugins.sandbox is "require" and bubblewrap does not work here: bwrap is not installed',
  });
  refuseToRun('p', host, 'auto');
  refuseToRun('p', await engineOf('bubblewrap', uid), 'require');
});

test('"off" is shown as what it is: nothing but the environment is enforced', { skip }, async () => {
  const report = await describeSandbox(MANIFEST, 'off');
  assert.deepEqual([report.engine, report.why], ['plain', 'plugins.sandbox is "off"']);
  const enforced = report.permissions.filter(({ level }) => level === 'enforced');
  assert.deepEqual(
    enforced.map(({ permission }) => permission),
    ['env', 'host'],
  );
});

test('of a native plugin the report says where it runs and what it asks for, and that only the heap of a thread is held', async () => {
  const { engine, why, permissions } = await describeSandbox({ ...MANIFEST, type: 'native', module: 'p.ts' }, 'auto');
  assert.deepEqual([engine, why], ['none', 'it runs inside of snoozed, with all of its rights']);
  assert.deepEqual(permissions, []);
  const asks = { permissions: { network: ['host:1'], read: [] }, resources: { memory_mb: 64, processes: 2 } };
  const threaded = await describeSandbox({ ...MANIFEST, ...asks, type: 'native', isolation: 'worker' }, 'auto');
  assert.deepEqual(threaded.permissions, [
    { permission: 'network', level: 'declared', words: 'host:1' },
    { permission: 'memory_mb', level: 'enforced', words: 'at most 64 MB of heap, buffers not counted' },
    { permission: 'processes', level: 'declared', words: 'at most 2' },
  ]);
  assert.equal(threaded.why, 'it runs in a thread of snoozed, with all of its rights');
});

test('a network that is granted is only declared to be used for what the manifest names', { skip }, async () => {
  const host = await engineOf('bubblewrap', uid);
  const network = (permissions: object) =>
    enforcement({ ...MANIFEST, permissions }, host).find(({ permission }) => permission === 'network');
  assert.deepEqual(network({}), { permission: 'network', level: 'enforced', words: 'none' });
  assert.deepEqual(network({ network: ['127.0.0.1:6379'] }), {
    permission: 'network',
    level: 'declared',
    words: 'all of it, to use 127.0.0.1:6379',
  });
  assert.equal(network({ read: ['/proc/net'] })?.level, 'declared');
});

test('with control groups memory is limited in all and the CPU is too', { skip }, async () => {
  const resources = { memory_mb: 64, cpu_percent: 20, processes: 4 };
  const cgroups = { path: '/x', controllers: new Set(['memory', 'cpu', 'pids']) };
  const host = { ...(await engineOf('setpriv', uid)), cgroups };
  const limits = enforcement({ ...MANIFEST, resources }, host).slice(-3);
  assert.deepEqual(
    limits.map(({ level, words }) => `${level}: ${words}`),
    [
      'enforced: at most 64 MB in all',
      'enforced: at most 64 processes and threads',
      'enforced: at most 20 % of a core',
    ],
  );
});
