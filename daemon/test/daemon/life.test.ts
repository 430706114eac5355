import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { QUIET, spawnDaemon, startDaemonProcess, writePlugin } from '../support/daemon-process.ts';
import { isRunning, processesWithEnvironment } from '../support/processes.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { waitFor } from '../support/wait-for.ts';

/** Ignores the end of its input and every polite signal, and has a child that does too. */
const STUBBORN = `#!/bin/sh
trap '' TERM INT HUP
sh -c 'trap "" TERM INT HUP; while :; do sleep 1; done' &
while read -r line; do
  id=\${line#*'"id":'}; id=\${id%%[!0-9]*}
  echo '{"id":'"$id"',"result":{"is_idle":false,"reason":"stubborn"}}'
done
while :; do sleep 1; done
`;

function stubbornPlugin(directory: string): void {
  writePlugin(
    join(directory, 'plugins'),
    { name: 'stubborn', exec: { command: './stubborn.sh' } },
    { 'stubborn.sh': STUBBORN },
  );
}

const withStubborn = { ...QUIET, plugins: { plugin_configs: { stubborn: {} } } };

test('SIGTERM ends the daemon with exit code 0, and no process and no socket is left', async (t) => {
  const directory = temporaryDirectory(t);
  stubbornPlugin(directory);
  const daemon = await startDaemonProcess(t, { directory, config: withStubborn });
  await waitFor('the plugin', async () => (await daemon.status()).plugins[0]?.verdict === 'busy');
  assert.equal(await daemon.end('SIGTERM'), 0);
  await waitFor('its processes', () => processesWithEnvironment('SNOOZE_PLUGIN=stubborn').length === 0);
  assert.equal(existsSync(daemon.socket), false);
});

test('kill -9 of the daemon leaves no plugin behind, not even one that ignores everything', async (t) => {
  const directory = temporaryDirectory(t);
  stubbornPlugin(directory);
  const daemon = await startDaemonProcess(t, { directory, config: withStubborn });
  const pid = await waitFor(
    'the plugin',
    async () => (await daemon.status()).plugins.find(({ verdict }) => verdict === 'busy')?.pid,
  );
  assert.ok(isRunning(pid));
  await daemon.end('SIGKILL');
  await waitFor(
    'its processes',
    () => !isRunning(pid) && processesWithEnvironment('SNOOZE_PLUGIN=stubborn').length === 0,
  );
});

test('a start after kill -9 replaces the stale socket', async (t) => {
  const first = await startDaemonProcess(t, { config: QUIET });
  await first.end('SIGKILL');
  assert.ok(existsSync(first.socket));
  const second = await startDaemonProcess(t, { directory: first.directory });
  assert.equal((await second.status()).pid, second.child.pid);
});

test('a second daemon on the same state directory is refused in one line that names the first', async (t) => {
  const daemon = await startDaemonProcess(t, { config: QUIET });
  const second = spawnDaemon([
    '--config',
    daemon.configFile,
    '--state-dir',
    daemon.directory,
    '--socket',
    join(daemon.directory, 'other'),
  ]);
  let said = '';
  second.stderr?.on('data', (chunk) => (said += chunk));
  const [exitCode] = await once(second, 'close');
  assert.equal(exitCode, 1);
  assert.match(said, new RegExp(`^snoozed: .*process id ${daemon.child.pid} uses this state directory`));
  assert.equal(said.trim().split('\n').length, 1);
  assert.equal((await daemon.status()).pid, daemon.child.pid);
});

test('SIGHUP reads the configuration again; an invalid one leaves the last good one in force and says why', async (t) => {
  const daemon = await startDaemonProcess(t, { config: QUIET });
  writeFileSync(daemon.configFile, JSON.stringify({ ...QUIET, naptime_minutes: 7 }));
  daemon.child.kill('SIGHUP');
  await waitFor('the new naptime', async () => (await daemon.status()).naptime_seconds === 420);
  writeFileSync(daemon.configFile, '{"naptime_minuets": 1}');
  daemon.child.kill('SIGHUP');
  const status = await waitFor('the error', async () => {
    const now = await daemon.status();
    return now.config_error !== null && now;
  });
  assert.match(
    status.config_error ?? '',
    /snooze\.json:1:2: naptime_minuets: unknown key, did you mean naptime_minutes\?/,
  );
  assert.equal(status.naptime_seconds, 420);
});

test('config set keeps the comments, records who did it, and takes effect at once', async (t) => {
  const directory = temporaryDirectory(t);
  const file = join(directory, 'snooze.json');
  writeFileSync(file, '{\n  // as agreed on Monday\n  "naptime_minutes": 20, // not less\n}\n');
  const daemon = await startDaemonProcess(t, { directory });
  const { before, after } = await daemon.client.call('config.set', { key: 'naptime_minutes', value: 25 });
  assert.deepEqual({ before, after }, { before: 20, after: 25 });
  assert.equal(readFileSync(file, 'utf8'), '{\n  // as agreed on Monday\n  "naptime_minutes": 25, // not less\n}\n');
  assert.equal((await daemon.status()).naptime_seconds, 1500);
  await assert.rejects(
    daemon.client.call('config.set', { key: 'naptime_minutes', value: 'soon' }),
    /expected a number, found "soon"/,
  );
  assert.match(readFileSync(file, 'utf8'), /"naptime_minutes": 25/);
  const history = await daemon.client.call('history.list', { limit: 10 });
  assert.ok(history.some(({ kind, cause }) => kind === 'config' && cause.startsWith('snooze config set by ')));
});

test('nothing is logged at info where nothing changes', async (t) => {
  const daemon = await startDaemonProcess(t, { config: { ...QUIET, naptime_minutes: 60, action: 'none' } });
  await waitFor('a verdict', async () => (await daemon.status()).state === 'idle');
  const said = daemon.output();
  const { age_seconds: _, ...first } = (await daemon.status()).checks[0] ?? { age_seconds: 0 };
  assert.ok(first);
  const idleSeconds = (await daemon.status()).idle_seconds;
  await waitFor('some more rounds', async () => (await daemon.status()).idle_seconds >= idleSeconds + 2);
  assert.equal(daemon.output(), said);
});

test('ps, top and systemctl call it snoozed, not by the name of what runs it', {
  skip: process.platform !== 'linux' && 'reads /proc',
}, async (t) => {
  const { child } = await startDaemonProcess(t, { config: QUIET });
  assert.equal(readFileSync(`/proc/${child.pid}/comm`, 'utf8'), 'snoozed\n');
});

test('the history is told by kind, and a kind that there is not is refused with those that there are', async (t) => {
  const { client } = await startDaemonProcess(t, { config: QUIET });
  const entries = await client.call('history.list', { limit: 10, kind: 'daemon' });
  assert.deepEqual(
    entries.map(({ kind }) => kind),
    ['daemon'],
  );
  await assert.rejects(client.call('history.list', { limit: 10, kind: 'snoozes' as 'snooze' }), {
    code: 'SNOOZE_E_USAGE',
    message: /kind: expected .*snooze.*found "snoozes"/,
  });
});
