import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { appendFileSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { connectControl } from '../../src/control/client.ts';
import { packFolder } from '../../src/install/pack.ts';
import { type DaemonProcess, IDLE_PROGRAM, QUIET, startDaemonProcess, writePlugin } from '../support/daemon-process.ts';
import { isRunning, processesWithArguments } from '../support/processes.ts';
import { requires } from '../support/requires.ts';
import { snooze, startSnooze } from '../support/snooze.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { waitFor } from '../support/wait-for.ts';

const config = { ...QUIET, naptime_minutes: 60 };

/** A daemon in which version 1.0.0 of `mine` runs, and a function that makes the folder of another one. */
async function withMine(t: TestContext, first: object = {}) {
  const folder = temporaryDirectory(t);
  const make = (version: string, program = IDLE_PROGRAM, more: object = {}) =>
    writePlugin(folder, { name: 'mine', version, exec: { command: './run.sh' }, ...more }, { 'run.sh': program });
  const daemon = await startDaemonProcess(t, { config });
  await install(daemon, make('1.0.0', IDLE_PROGRAM, first));
  await daemon.client.call('plugin.enable', { name: 'mine' });
  return { daemon, make };
}

async function install(daemon: DaemonProcess, folder: string) {
  const done = await snooze(daemon, 'plugin', 'install', folder, '--yes');
  assert.equal(done.exitCode, 0, done.err);
}

const summaryOf = async (daemon: DaemonProcess) => (await daemon.client.call('plugin.info', { name: 'mine' })).summary;
const historyOf = async (daemon: DaemonProcess) =>
  (await daemon.client.call('history.list', { limit: 100 })).map(({ cause, summary }) => `${cause}: ${summary}`);

test('an installed plugin whose file was changed is not started, says which file, and runs again when it is installed again', async (t) => {
  const { daemon, make } = await withMine(t);
  const { directory } = await summaryOf(daemon);
  await daemon.end('SIGTERM');
  appendFileSync(join(directory, 'run.sh'), '# evil\n');
  const again = await startDaemonProcess(t, { directory: daemon.directory });
  const failed = await waitFor('the reason', async () => {
    const summary = await summaryOf(again);
    return summary.state === 'failed' && summary;
  });
  assert.match(failed.last_error ?? '', /mine is not as it was installed: run\.sh has changed/);
  await install(again, make('1.0.0'));
  await waitFor('it runs', async () => (await summaryOf(again)).state === 'running');
});

test('a plugin that runs says once that its file was changed, and that its folder is gone', async (t) => {
  const { daemon, make } = await withMine(t);
  const { directory, pid } = await summaryOf(daemon);
  const told = async (words: RegExp) => {
    await waitFor(String(words), async () => words.test((await summaryOf(daemon)).degraded ?? ''));
    const { out } = await snooze(daemon, 'plugin', 'doctor', 'mine');
    assert.match(out, words);
    const warned = daemon
      .output()
      .split('\n')
      .filter((line) => words.test(line));
    assert.equal(warned.length, 1, daemon.output());
  };
  appendFileSync(join(directory, 'run.sh'), '# evil\n');
  await told(/runs on as it was: mine is not as it was installed: run\.sh has changed/);
  rmSync(directory, { recursive: true });
  await told(/runs on as it was: its folder .* is gone/);
  const { state, pid: now } = await summaryOf(daemon);
  assert.deepEqual([state, now], ['running', pid]);
  await install(daemon, make('1.0.0'));
  assert.equal((await summaryOf(daemon)).degraded, null);
});

for (const processModel of ['oneshot', 'exec']) {
  test(`an installed ${processModel} plugin is not even started for a call once its file was changed`, async (t) => {
    const { daemon } = await withMine(t, { process_model: processModel });
    const { directory, verdict } = await summaryOf(daemon);
    assert.equal(verdict, 'idle');
    appendFileSync(join(directory, 'run.sh'), `echo >${daemon.directory}/evil\n`);
    const failed = await waitFor('the reason', async () => {
      const summary = await summaryOf(daemon);
      return summary.state === 'failed' && summary;
    });
    assert.match(failed.last_error ?? '', /mine is not as it was installed: run\.sh has changed/);
    assert.equal(existsSync(join(daemon.directory, 'evil')), false);
  });
}

test('a plugin of a folder that snooze does not keep may be changed by its author at any time', async (t) => {
  const folder = temporaryDirectory(t);
  const plugin = writePlugin(folder, { name: 'mine', exec: { command: './run.sh' } }, { 'run.sh': IDLE_PROGRAM });
  const daemon = await startDaemonProcess(t, { config, environment: { SNOOZE_PLUGIN_PATH: folder } });
  writeFileSync(join(plugin, 'more.txt'), '');
  assert.equal((await daemon.client.call('plugin.enable', { name: 'mine' })).summary.state, 'running');
});

test('an update that does not start gives way to the version that ran, and says why', async (t) => {
  const { daemon, make } = await withMine(t);
  const update = await snooze(
    daemon,
    'plugin',
    'install',
    make('2.0.0', '#!/bin/sh\necho no redis >&2\nexit 3\n'),
    '--yes',
  );
  assert.equal(update.exitCode, 1);
  assert.match(update.err, /mine 2\.0\.0 did not start, so 1\.0\.0 is in force again: .*exit code 3.*no redis/);
  const { version, state } = await summaryOf(daemon);
  assert.deepEqual([version, state], ['1.0.0', 'running']);
  assert.ok(
    (await historyOf(daemon)).some((line) => /mine 2\.0\.0 gives way to 1\.0\.0 again: .*exit code 3/.test(line)),
  );
});

test('an update that cannot do with the configuration there is gives way to the version that ran, which runs on', async (t) => {
  const { daemon, make } = await withMine(t);
  const { pid } = await summaryOf(daemon);
  const needy = make('2.0.0', IDLE_PROGRAM, { config_schema: { url: { type: 'string', required: true } } });
  const update = await snooze(daemon, 'plugin', 'install', needy, '--yes');
  assert.equal(update.exitCode, 1);
  assert.match(update.err, /mine 2\.0\.0 did not start, so 1\.0\.0 is in force again: .*mine\.url: is missing/);
  const after = await summaryOf(daemon);
  assert.deepEqual([after.version, after.pid, after.degraded], ['1.0.0', pid, null]);
});

test('rollback puts the version before in force and says so in the history', async (t) => {
  const { daemon, make } = await withMine(t);
  await install(daemon, make('2.0.0'));
  assert.equal((await summaryOf(daemon)).version, '2.0.0');
  const back = await snooze(daemon, 'plugin', 'rollback', 'mine');
  assert.equal(back.out, 'mine 1.0.0 is in force again, in the place of 2.0.0\n', back.err);
  const { version, state } = await summaryOf(daemon);
  assert.deepEqual([version, state], ['1.0.0', 'running']);
  const entry = /^snooze plugin rollback by .*: mine is rolled back from 2\.0\.0 to 1\.0\.0$/;
  assert.ok((await historyOf(daemon)).some((line) => entry.test(line)));
});

test('an update that asks for more than the version before says what', async (t) => {
  const { daemon, make } = await withMine(t);
  const folder = make('2.0.0', IDLE_PROGRAM, { permissions: { network: ['*:22'] } });
  const { out } = await snooze(daemon, 'plugin', 'install', folder, '--yes');
  assert.match(out, /warning: it asks for more than 1\.0\.0 did: network \*:22/);
  assert.match(out, /network +declared +all of it, to use \*:22/);
});

test('a plugin in Python with a module of its own leaves its folder as it was, so that it starts again', async (t) => {
  const program =
    'import sys, json, answers\nfor line in sys.stdin:\n    print(json.dumps(answers.to(json.loads(line))), flush=True)\n';
  const module = 'def to(m):\n    return {"id": m["id"], "result": {"is_idle": True, "reason": "fine"}}\n';
  const folder = writePlugin(
    temporaryDirectory(t),
    { name: 'mine', exec: { command: 'python3', args: ['main.py'] } },
    { 'main.py': program, 'answers.py': module },
  );
  const daemon = await startDaemonProcess(t, { config, flags: [] });
  await install(daemon, folder);
  await daemon.client.call('config.set', { key: 'plugins.sandbox', value: 'off' });
  for (let time = 0; time < 2; time += 1) {
    assert.equal((await daemon.client.call('plugin.enable', { name: 'mine' })).summary.state, 'running');
    await daemon.client.call('plugin.disable', { name: 'mine' });
  }
});

test('uninstall of a plugin that snooze did not install changes nothing: it stays enabled', async (t) => {
  const folder = temporaryDirectory(t);
  writePlugin(folder, { name: 'mine', exec: { command: './run.sh' } }, { 'run.sh': IDLE_PROGRAM });
  const daemon = await startDaemonProcess(t, { config, environment: { SNOOZE_PLUGIN_PATH: folder } });
  await daemon.client.call('plugin.enable', { name: 'mine' });
  const { exitCode, err } = await snooze(daemon, 'plugin', 'uninstall', 'mine');
  assert.equal(exitCode, 1);
  assert.match(err, /where snooze did not install it/);
  assert.equal((await summaryOf(daemon)).state, 'running');
});

test('a tarball that the real minisign has signed is told with its key; one that was changed is refused', {
  skip: requires('minisign'),
}, async (t) => {
  const folder = temporaryDirectory(t);
  writePlugin(folder, { name: 'mine', exec: { command: './run.sh' } }, { 'run.sh': IDLE_PROGRAM });
  const tarball = join(folder, 'mine.tar.gz');
  execFileSync('tar', ['-czf', tarball, '-C', folder, 'mine']);
  execFileSync('minisign', ['-G', '-W', '-p', join(folder, 'k.pub'), '-s', join(folder, 'k')]);
  execFileSync('minisign', ['-S', '-s', join(folder, 'k'), '-m', tarball, '-t', 'mine 1.0.0']);
  const key = readFileSync(join(folder, 'k.pub'), 'utf8').split('\n')[1];
  const plugins = { trusted_keys: [key], require_signature: true };
  const daemon = await startDaemonProcess(t, { config: { ...config, plugins } });
  const unsigned = await snooze(daemon, 'plugin', 'install', join(folder, 'mine'), '--yes');
  assert.equal(unsigned.exitCode, 1);
  assert.match(unsigned.err, /refused: it is not signed, and plugins\.require_signature is on/);
  const signed = await snooze(daemon, 'plugin', 'install', tarball, '--yes');
  assert.equal(signed.exitCode, 0, signed.err);
  assert.match(signed.out, /signed +by the trusted key [0-9A-F]+: mine 1\.0\.0/);
  appendFileSync(tarball, 'x');
  const changed = await snooze(daemon, 'plugin', 'install', tarball, '--yes');
  assert.equal(changed.exitCode, 1);
  assert.match(changed.err, /is wrong: the package is not the one that was signed/);
  await daemon.client.call('config.set', { key: 'plugins.require_signature', value: false });
  rmSync(`${tarball}.minisig`);
  writePlugin(folder, { name: 'mine', version: '1.1.0', exec: { command: './run.sh' } }, { 'run.sh': IDLE_PROGRAM });
  execFileSync('tar', ['-czf', tarball, '-C', folder, 'mine']);
  const unasked = await snooze(daemon, 'plugin', 'update', 'mine');
  assert.match(unasked.err, /mine 1\.1\.0 is not installed: there is no terminal to ask on/, 'it was signed before');
});

test('what is installed behind another plugin of its name is told where that one lies', async (t) => {
  const folder = temporaryDirectory(t);
  const own = writePlugin(folder, { name: 'mine', exec: { command: './run.sh' } }, { 'run.sh': IDLE_PROGRAM });
  const daemon = await startDaemonProcess(t, { config, environment: { SNOOZE_PLUGIN_PATH: folder } });
  const { out } = await snooze(daemon, 'plugin', 'install', own, '--yes');
  assert.ok(out.includes(`but ${own} is found before it and used instead`), out);
});

/** A daemon that builds a plugin without an end, for a client whose process this gives. */
async function whileBuilding(t: TestContext) {
  // known by its argument: in the sandbox it has another process id, and writes to no folder of ours
  const argument = `300.${process.pid}${performance.now().toFixed(0)}`;
  const build = { command: 'sleep', args: [argument] };
  const plugin = writePlugin(
    temporaryDirectory(t),
    { name: 'mine', exec: { command: './run.sh' }, build },
    { 'run.sh': IDLE_PROGRAM },
  );
  const daemon = await startDaemonProcess(t, { config });
  const client = startSnooze(daemon, 'plugin', 'install', plugin, '--yes');
  const pid = await waitFor('the build', () => processesWithArguments(argument)[0]);
  return { daemon, client, pid };
}

test('^C ends the build of an install, and nothing is left of it', async (t) => {
  const { daemon, client, pid } = await whileBuilding(t);
  let said = '';
  client.stderr?.on('data', (chunk) => (said += chunk));
  client.kill('SIGINT');
  await waitFor('its words', () => /^snooze: .*mine: interrupted\n$/.test(said));
  await waitFor('the end of the build', () => !isRunning(pid));
  const plugins = join(daemon.directory, 'plugins');
  await waitFor('nothing to be left', () => readdirSync(plugins).length === 0);
  assert.deepEqual(await daemon.client.call('plugin.list', {}), []);
});

test('a client that is killed while it asks leaves nothing', async (t) => {
  const folder = writePlugin(
    temporaryDirectory(t),
    { name: 'mine', exec: { command: './run.sh' } },
    { 'run.sh': IDLE_PROGRAM },
  );
  const daemon = await startDaemonProcess(t, { config });
  const client = await connectControl(daemon.socket);
  const contents = await packFolder(folder);
  const { upload } = await client.call('plugin.install.begin', { source: folder });
  await client.call('plugin.install.chunk', { upload, base64: contents.toString('base64') });
  await client.call('plugin.install.inspect', { upload });
  assert.equal(readdirSync(join(daemon.directory, 'plugins')).length, 1);
  client.close();
  await waitFor('nothing to be left', () => readdirSync(join(daemon.directory, 'plugins')).length === 0);
});

test('the end of the daemon ends the build of an install, and the next start finds nothing', async (t) => {
  const { daemon, pid } = await whileBuilding(t);
  assert.equal(await daemon.end('SIGTERM'), 0);
  await waitFor('the end of the build', () => !isRunning(pid));
  const again = await startDaemonProcess(t, { directory: daemon.directory });
  assert.deepEqual(await again.client.call('plugin.list', {}), []);
  assert.deepEqual(readdirSync(join(daemon.directory, 'plugins')), []);
});
