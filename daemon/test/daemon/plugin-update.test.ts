import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, realpathSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type DaemonProcess, IDLE_PROGRAM, QUIET, startDaemonProcess, writePlugin } from '../support/daemon-process.ts';
import { snooze } from '../support/snooze.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

/** A folder that is a repository, and a function that puts a version of a plugin there and makes its index. */
async function start(t: TestContext, trusted = true) {
  const folder = temporaryDirectory(t);
  const repository = temporaryDirectory(t);
  const plugins = { external_repositories: [{ name: 'local', url: repository, trusted }] };
  const daemon = await startDaemonProcess(t, { config: { ...QUIET, naptime_minutes: 60, plugins } });
  const publish = async (name: string, version: string, more: object = {}, program = IDLE_PROGRAM) => {
    writePlugin(
      folder,
      { name, version, description: `the ${name}`, exec: { command: './run.sh' }, ...more },
      { 'run.sh': program },
    );
    execFileSync('tar', ['-czf', join(repository, `${name}-${version}.tar.gz`), '-C', folder, name]);
    assert.equal((await snooze(daemon, 'plugin', 'index', repository)).exitCode, 0);
  };
  return { daemon, publish, folder, repository };
}

const historyOf = async (daemon: DaemonProcess) =>
  (await daemon.client.call('history.list', { limit: 100 })).map(({ cause, summary }) => `${cause}: ${summary}`);
const versionOf = async (daemon: DaemonProcess, name: string) =>
  (await daemon.client.call('plugin.info', { name })).summary.version;

test('a plugin is found, installed by its name, and updated from there without a question', async (t) => {
  const { daemon, publish } = await start(t);
  await publish('mine', '1.0.0');
  await publish('other', '1.0.0');
  const found = await snooze(daemon, 'plugin', 'search', 'mine');
  assert.match(found.out, /^INSTALL AS +NEWEST +WHAT\nlocal:mine +1\.0\.0 +the mine\n$/);
  assert.equal((await snooze(daemon, 'plugin', 'install', 'local:mine', '--yes')).exitCode, 0);
  assert.equal((await snooze(daemon, 'plugin', 'update', 'mine')).out, 'mine 1.0.0 is up to date\n');
  await daemon.client.call('plugin.enable', { name: 'mine' });
  await publish('mine', '1.1.0');
  const updated = await snooze(daemon, 'plugin', 'update', 'mine');
  assert.match(updated.out, /installed: mine 1\.1\.0 runs, in the place of 1\.0\.0\n$/, updated.err);
  assert.equal(await versionOf(daemon, 'mine'), '1.1.0');
  const noted = (await historyOf(daemon)).find((entry) => entry.startsWith('snooze plugin update by '));
  assert.match(noted ?? '', /: mine is updated from 1\.0\.0 to 1\.1\.0, fetched from local:mine$/);
});

test('an update makes good a plugin whose files are not as they were installed, or are gone', async (t) => {
  const { daemon, publish } = await start(t);
  await publish('mine', '1.0.0');
  await snooze(daemon, 'plugin', 'install', 'local:mine', '--yes');
  const folder = join(daemon.directory, 'plugins', 'mine');
  writeFileSync(join(folder, 'run.sh'), 'exit 1\n');
  const changed = await snooze(daemon, 'plugin', 'update', 'mine');
  assert.match(changed.out, /^mine 1\.0\.0 is not as it was installed, and is installed anew: run\.sh has changed\n/);
  assert.equal(readFileSync(join(folder, 'run.sh'), 'utf8'), IDLE_PROGRAM, changed.err);
  renameSync(realpathSync(folder), join(daemon.directory, 'elsewhere'));
  const gone = await snooze(daemon, 'plugin', 'update-all');
  assert.match(
    gone.out,
    /^mine 1\.0\.0 is not as it was installed, and is installed anew: its folder is gone\n/,
    gone.err,
  );
  assert.equal(readFileSync(join(folder, 'run.sh'), 'utf8'), IDLE_PROGRAM);
});

test('a plugin that was installed in one version stays at it, and is told how it gets the newest', async (t) => {
  const { daemon, publish } = await start(t);
  for (const version of ['1.0.0', '1.1.0']) await publish('mine', version);
  await snooze(daemon, 'plugin', 'install', 'local:mine@1.0.0', '--yes');
  assert.equal(
    (await snooze(daemon, 'plugin', 'update', 'mine')).out,
    'mine stays at 1.0.0, because it was installed as local:mine@1.0.0; the newest: snooze plugin install local:mine\n',
  );
});

test('a search shows the version that an install takes, and a name that is not there has the nearest one', async (t) => {
  const { daemon, publish } = await start(t);
  for (const version of ['1.0.0', '2.0.0-rc.1']) await publish('mine', version);
  await publish('early', '0.1.0-rc.1');
  const { out } = await snooze(daemon, 'plugin', 'search');
  assert.match(out, /^local:early +0\.1\.0-rc\.1 .*\nlocal:mine +1\.0\.0 /m);
  for (const name of ['mine', 'early']) await snooze(daemon, 'plugin', 'install', `local:${name}`, '--yes');
  assert.deepEqual(await Promise.all(['mine', 'early'].map((name) => versionOf(daemon, name))), [
    '1.0.0',
    '0.1.0-rc.1',
  ]);
  assert.match(
    (await snooze(daemon, 'plugin', 'install', 'local:mien')).err,
    /has no mien\n {2}did you mean local:mine\?/,
  );
});

test('an update that asks for more is not installed without a question', async (t) => {
  const { daemon, publish } = await start(t);
  await publish('mine', '1.0.0');
  await snooze(daemon, 'plugin', 'install', 'local:mine', '--yes');
  await publish('mine', '1.1.0', { permissions: { read: ['/home'] } });
  const asked = await snooze(daemon, 'plugin', 'update', 'mine');
  assert.equal(asked.exitCode, 2);
  assert.match(asked.out, /it asks for more than 1\.0\.0 did: read \/home/);
  assert.match(
    asked.err,
    /mine 1\.1\.0 is not installed: there is no terminal to ask on\n {2}if you trust it, add --yes/,
  );
  assert.equal(await versionOf(daemon, 'mine'), '1.0.0');
  assert.equal((await snooze(daemon, 'plugin', 'update', 'mine', '--yes')).exitCode, 0);
  assert.equal(await versionOf(daemon, 'mine'), '1.1.0');
});

test('an update from a repository that nobody vouches for asks, whatever it asks for', async (t) => {
  const { daemon, publish } = await start(t, false);
  await publish('mine', '1.0.0');
  const installed = await snooze(daemon, 'plugin', 'install', 'local:mine', '--yes');
  assert.match(
    installed.out,
    /warning: the repository local is not marked as trusted in plugins\.external_repositories/,
  );
  await publish('mine', '1.1.0');
  const asked = await snooze(daemon, 'plugin', 'update', 'mine');
  assert.deepEqual([asked.exitCode, /mine 1\.1\.0 is not installed: there is no terminal/.test(asked.err)], [2, true]);
  assert.equal((await snooze(daemon, 'plugin', 'update', 'mine', '--yes')).exitCode, 0);
  assert.equal(await versionOf(daemon, 'mine'), '1.1.0');
});

test('a repository that gives another plugin than its index says is refused', async (t) => {
  const { daemon, publish, repository } = await start(t);
  await publish('other', '1.0.0');
  const index = join(repository, 'index.json');
  writeFileSync(index, readFileSync(index, 'utf8').replace('"other"', '"mine"'));
  const { exitCode, err } = await snooze(daemon, 'plugin', 'install', 'local:mine', '--yes');
  assert.deepEqual(
    [exitCode, err.split('\n')[0]],
    [1, 'snooze: local:mine: the index promises mine 1.0.0, the package is other 1.0.0'],
  );
  assert.deepEqual(await daemon.client.call('plugin.installed', {}), []);
});

test('update-all goes on with the others where one cannot be updated, and ends with 1', async (t) => {
  const { daemon, publish, folder } = await start(t);
  for (const name of ['broken', 'mine']) await publish(name, '1.0.0');
  for (const source of ['local:broken', 'local:mine']) await snooze(daemon, 'plugin', 'install', source, '--yes');
  const gone = writePlugin(folder, { name: 'gone', exec: { command: 'true' } });
  assert.equal((await snooze(daemon, 'plugin', 'install', gone, '--yes')).exitCode, 0);
  execFileSync('rm', ['-r', gone]);
  for (const name of ['broken', 'mine']) await daemon.client.call('plugin.enable', { name });
  await publish('broken', '2.0.0', {}, '#!/bin/sh\nexit 9\n');
  await publish('mine', '2.0.0');
  const { exitCode, out, err } = await snooze(daemon, 'plugin', 'update-all');
  assert.equal(exitCode, 1);
  assert.match(
    out,
    /broken was not updated: broken 2\.0\.0 did not start, so 1\.0\.0 is in force again: .*exit code 9/,
  );
  assert.match(out, /gone was not updated: .*gone: there is no such file or folder/);
  assert.match(out, /mine 2\.0\.0 runs, in the place of 1\.0\.0/);
  assert.match(err, /^snooze: not updated: broken, gone\n/);
  const versions = await Promise.all(['broken', 'mine', 'gone'].map((name) => versionOf(daemon, name)));
  assert.deepEqual(versions, ['1.0.0', '2.0.0', '1.0.0']);
  const history = await historyOf(daemon);
  assert.deepEqual(
    [
      /^snooze plugin update-all by .*: mine is updated from 1\.0\.0 to 2\.0\.0,/,
      /^snooze plugin update-all by .*: it did not start: broken/,
    ].map((wanted) => history.filter((entry) => wanted.test(entry)).length),
    [1, 1],
    history.join('\n'),
  );
});

test('update of what snooze did not install, and a search without a repository, are told in a line', async (t) => {
  const daemon = await startDaemonProcess(t, { config: { ...QUIET, naptime_minutes: 60 } });
  const update = await snooze(daemon, 'plugin', 'update', 'mine');
  assert.deepEqual([update.exitCode, update.err.split('\n')[0]], [1, 'snooze: snooze has not installed a plugin mine']);
  const search = await snooze(daemon, 'plugin', 'search', 'mine');
  assert.deepEqual([search.exitCode, /no repository is configured/.test(search.err)], [1, true]);
  assert.equal((await snooze(daemon, 'plugin', 'update-all')).out, 'snooze has not installed any plugin\n');
});

const ANSWERS_AND_DIES = IDLE_PROGRAM.replace('read -r line; do', '$&\n  case $line in *CheckIdle*) exit 4 ;; esac');
const FAILS: [name: string, manifest: object, before: string, after: string][] = [
  ['once', { process_model: 'exec' }, '#!/bin/sh\n', '#!/bin/sh\nexit 4\n'],
  ['said', { process_model: 'oneshot' }, IDLE_PROGRAM, '#!/bin/sh\nexit 4\n'],
  ['stays', {}, IDLE_PROGRAM, ANSWERS_AND_DIES],
];

test('an update that dies at its first question gives way to the version that ran, however it is run', async (t) => {
  const { daemon, publish } = await start(t);
  for (const [name, manifest, before] of FAILS) {
    await publish(name, '1.0.0', manifest, before);
    await snooze(daemon, 'plugin', 'install', `local:${name}`, '--yes');
    await daemon.client.call('plugin.enable', { name });
  }
  for (const [name, manifest, , after] of FAILS) await publish(name, '1.1.0', manifest, after);
  const { exitCode, out } = await snooze(daemon, 'plugin', 'update-all');
  assert.equal(exitCode, 1);
  for (const [name] of FAILS) {
    const why = `${name} 1.1.0 did not start, so 1.0.0 is in force again: ${name} did not answer CheckIdle: ./run.sh ended with exit code 4`;
    assert.ok(out.includes(why), out);
    assert.equal(await versionOf(daemon, name), '1.0.0');
  }
});

test('an update that says it does not know, or answers too late, is kept', async (t) => {
  const { daemon, publish } = await start(t);
  await publish('upp', '1.0.0');
  await snooze(daemon, 'plugin', 'install', 'local:upp', '--yes');
  await daemon.client.call('plugin.enable', { name: 'upp' });
  const says = (answer: string) =>
    IDLE_PROGRAM.replace('read -r line; do', `$&\n  case $line in *CheckIdle*) ${answer} ;; esac`);
  const error = `id=\${line#*'"id":'}; echo '{"id":'"\${id%%[!0-9]*}"',"error":{"code":-32000,"message":"no database"}}'; continue`;
  await publish('upp', '1.1.0', {}, says(error));
  const honest = await snooze(daemon, 'plugin', 'update', 'upp');
  assert.deepEqual([honest.exitCode, await versionOf(daemon, 'upp')], [0, '1.1.0'], honest.err);
  await publish('upp', '1.2.0', { timeouts: { check_seconds: 0.1 } }, says('continue'));
  const slow = await snooze(daemon, 'plugin', 'update', 'upp');
  assert.deepEqual([slow.exitCode, await versionOf(daemon, 'upp')], [0, '1.2.0'], slow.err);
});
