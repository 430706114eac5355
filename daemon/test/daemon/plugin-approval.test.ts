import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { SnoozeError } from '../../src/errors.ts';
import type { Asks } from '../../src/install/approval.ts';
import { packFolder } from '../../src/install/pack.ts';
import { type DaemonProcess, IDLE_PROGRAM, QUIET, startDaemonProcess, writePlugin } from '../support/daemon-process.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { waitFor } from '../support/wait-for.ts';

const config = { ...QUIET, naptime_minutes: 60 };

/** A daemon, and a function that installs a version of `mine` as any client of the control socket can. */
async function withDaemon(t: TestContext) {
  const folder = temporaryDirectory(t);
  const daemon = await startDaemonProcess(t, { config });
  const install = async (version: string, more: object, approve: (asks: Asks) => Asks | undefined) => {
    const manifest = { name: 'mine', version, exec: { command: './run.sh' }, ...more };
    const contents = await packFolder(writePlugin(folder, manifest, { 'run.sh': IDLE_PROGRAM }));
    const { client } = daemon;
    const { upload } = await client.call('plugin.install.begin', { source: folder });
    await client.call('plugin.install.chunk', { upload, base64: contents.toString('base64') });
    const approved = approve((await client.call('plugin.install.inspect', { upload })).asks);
    await client.call('plugin.install.finish', { upload, ...(approved && { approved }) });
  };
  return { daemon, install };
}

const all = (asks: Asks) => asks;
const nothing = () => undefined;
const refused = (words: RegExp) => (error: unknown) =>
  error instanceof SnoozeError && error.code === 'SNOOZE_E_PLUGIN_APPROVAL' && words.test(error.message);
const versions = async (daemon: DaemonProcess) =>
  (await daemon.client.call('plugin.installed', {})).map(({ version }) => version);

test('the daemon installs no more than was approved, whatever its client says or leaves out', async (t) => {
  const { daemon, install } = await withDaemon(t);
  const asking = { permissions: { network: ['*:22'] }, resources: { memory_mb: 64 } };
  const more = { ...asking, permissions: { network: ['*:22'], read: ['/home'] } };
  await assert.rejects(
    install('1.0.0', asking, nothing),
    refused(/^nobody has approved what mine 1\.0\.0 asks for; to approve it, type: snooze plugin install \//),
  );
  assert.deepEqual(await versions(daemon), []);
  await install('1.0.0', asking, all);
  await install('1.1.0', asking, nothing);
  await assert.rejects(
    install('2.0.0', more, nothing),
    refused(/^mine 2\.0\.0 asks for more than was approved: read \/home; to approve/),
  );
  await assert.rejects(
    install('2.0.0', more, (asks) => ({ ...asks, permissions: asking.permissions })),
    refused(
      /^something else was approved than what mine 2\.0\.0 asks for; to approve it, type: snooze plugin install \//,
    ),
  );
  assert.deepEqual(await versions(daemon), ['1.1.0']);
  await install('2.0.0', more, all);
  assert.deepEqual(await versions(daemon), ['2.0.0']);
});

test('a version that asks for less gives up what was approved: the next one that wants it back is asked about', async (t) => {
  const { install } = await withDaemon(t);
  await install('1.0.0', { permissions: { env: ['HOME'] } }, all);
  await install('2.0.0', {}, nothing);
  await assert.rejects(
    install('3.0.0', { permissions: { env: ['HOME'] } }, nothing),
    refused(/approved: env HOME; to approve/),
  );
});

test('a plugin whose manifest asks for more than plugins.lock says was approved is not started, and says what and what to type', async (t) => {
  const { daemon, install } = await withDaemon(t);
  await install('1.0.0', { permissions: { env: ['HOME'], network: ['*:22'] } }, all);
  await daemon.client.call('plugin.enable', { name: 'mine' });
  await daemon.end('SIGTERM');
  const file = join(daemon.directory, 'plugins.lock');
  const lock = JSON.parse(readFileSync(file, 'utf8'));
  lock.plugins.mine[0].approved.permissions.network = [];
  writeFileSync(file, JSON.stringify(lock));
  const again = await startDaemonProcess(t, { directory: daemon.directory });
  const failed = await waitFor('the reason', async () => {
    const { summary } = await again.client.call('plugin.info', { name: 'mine' });
    return summary.state === 'failed' && summary;
  });
  assert.match(
    failed.last_error ?? '',
    /mine 1\.0\.0 asks for more than was approved: network \*:22; to approve it, type: snooze plugin install \S+/,
  );
});

test('a build that changes the manifest, which was approved, ends the install', async (t) => {
  const { daemon, install } = await withDaemon(t);
  const build = {
    command: 'sed',
    args: ['-i', 's/"external"/"external", "permissions": {"env": ["HOME"]}/', 'plugin.json'],
  };
  await assert.rejects(
    install('1.0.0', { build }, all),
    /mine: its build has changed plugin\.json, which was approved/,
  );
  assert.deepEqual(await versions(daemon), []);
});
