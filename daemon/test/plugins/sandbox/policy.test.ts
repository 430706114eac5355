import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { realpathSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { refuseToRun } from '../../../src/plugins/sandbox/confine.ts';
import { describeSandbox, enforcement } from '../../../src/plugins/sandbox/enforcement.ts';
import { IDLE_PROGRAM, writePlugin } from '../../support/daemon-process.ts';
import { requires } from '../../support/requires.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';
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

test('where "require" cannot be had a plugin of any process model is failed, and says so once', { skip }, (t) => {
  const directory = temporaryDirectory(t);
  const models = ['persistent', 'oneshot', 'exec'];
  for (const model of models) {
    const manifest = { name: model, process_model: model, exec: { command: './run.sh' } };
    writePlugin(directory, manifest, { 'run.sh': IDLE_PROGRAM });
  }
  const plugins = { sandbox: 'require', plugin_configs: Object.fromEntries(models.map((model) => [model, {}])) };
  writeFileSync(join(directory, 'snooze.json'), JSON.stringify({ plugins }));
  const program = new URL('start-required.ts', import.meta.url).pathname;
  // the same host without bubblewrap
  const hidden = ['--dev-bind', '/', '/', '--bind', '/dev/null', realpathSync('/usr/bin/bwrap')];
  const printed = execFileSync('bwrap', [...hidden, process.execPath, program, directory], { encoding: 'utf8' });
  for (const model of models) {
    const why = `${model} is not started: plugins.sandbox is "require" and bubblewrap does not work here: `;
    const told = printed.split('\n').filter((line) => line.includes(why));
    const [warned, state] = [told[0] ?? '', told[1] ?? ''];
    assert.equal(told.length, 2, printed);
    assert.ok(warned.startsWith(why) && state.startsWith(`${model} failed: `), printed);
  }
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
