import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { IDLE_PROGRAM, QUIET, startDaemonProcess, writePlugin } from '../support/daemon-process.ts';
import { requires } from '../support/requires.ts';
import { snooze } from '../support/snooze.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { waitFor } from '../support/wait-for.ts';

const config = { ...QUIET, naptime_minutes: 60 };
const shell = { exec: { command: './run.sh' } };

test('a plugin is installed from a folder, is disabled, is enabled with its first verdict, and stays so over a restart', async (t) => {
  const source = writePlugin(temporaryDirectory(t), { name: 'mine', ...shell }, { 'run.sh': IDLE_PROGRAM });
  const daemon = await startDaemonProcess(t, { config });
  const installed = await snooze(daemon, 'plugin', 'install', '--yes', source);
  assert.equal(installed.exitCode, 0, installed.err);
  assert.match(installed.out, /mine 1\.0\.0/);
  assert.match(installed.out, /plugin enable mine/);
  assert.equal((await daemon.client.call('plugin.info', { name: 'mine' })).summary.state, 'disabled');

  const enabled = await snooze(daemon, 'plugin', 'enable', 'mine');
  assert.equal(enabled.exitCode, 0, enabled.err);
  assert.match(enabled.out, /mine.*idle.*nothing to do/);
  await daemon.end('SIGTERM');

  const again = await startDaemonProcess(t, { directory: daemon.directory });
  assert.equal((await again.client.call('plugin.info', { name: 'mine' })).summary.enabled, true);
  assert.equal((await snooze(again, 'plugin', 'disable', 'mine')).exitCode, 0);
  assert.equal((await again.client.call('plugin.info', { name: 'mine' })).summary.state, 'disabled');
  assert.equal((await snooze(again, 'plugin', 'uninstall', 'mine')).exitCode, 0);
  assert.equal(existsSync(join(daemon.directory, 'plugins', 'mine')), false);
});

test('a tarball is installed like its folder; a new version takes the place of the old one while it runs', async (t) => {
  const folder = temporaryDirectory(t);
  const pack = (version: string, reason: string) => {
    writePlugin(
      folder,
      { name: 'mine', version, ...shell },
      { 'run.sh': IDLE_PROGRAM.replace('nothing to do', reason) },
    );
    execFileSync('tar', ['-czf', join(folder, `${version}.tar.gz`), '-C', folder, 'mine']);
    return join(folder, `${version}.tar.gz`);
  };
  const daemon = await startDaemonProcess(t, { config });
  assert.equal((await snooze(daemon, 'plugin', 'install', '--yes', pack('1.0.0', 'first'))).exitCode, 0);
  assert.match((await snooze(daemon, 'plugin', 'enable', 'mine')).out, /first/);
  const replaced = await snooze(daemon, 'plugin', 'install', '--yes', pack('2.0.0', 'second'));
  assert.match(replaced.out, /2\.0\.0/);
  const { first, summary } = await daemon.client.call('plugin.enable', { name: 'mine' });
  assert.deepEqual([first?.reason, summary.version], ['second', '2.0.0']);
});

test('files that change under the same version are taken up by every instance of the plugin', async (t) => {
  const folder = temporaryDirectory(t);
  const write = (reason: string) =>
    writePlugin(folder, { name: 'mine', ...shell }, { 'run.sh': IDLE_PROGRAM.replace('nothing to do', reason) });
  const configured = { ...config, plugins: { plugin_configs: { mine: {}, other: { plugin: 'mine' } } } };
  const daemon = await startDaemonProcess(t, { config: configured });
  const reasons = async () => (await daemon.client.call('plugin.list', {})).map(({ reason }) => reason);
  for (const reason of ['first', 'second']) {
    assert.equal((await snooze(daemon, 'plugin', 'install', '--yes', write(reason))).exitCode, 0);
    await waitFor(`${reason} from both`, async () => (await reasons()).join() === `${reason},${reason}`);
  }
});

test('enable finds a plugin whose folder has come since the last look', async (t) => {
  const folder = temporaryDirectory(t);
  const daemon = await startDaemonProcess(t, { config, environment: { SNOOZE_PLUGIN_PATH: folder } });
  writePlugin(folder, { name: 'late', exec: { command: './run.sh' } }, { 'run.sh': IDLE_PROGRAM });
  const enabled = await snooze(daemon, 'plugin', 'enable', 'late');
  assert.match(enabled.out, /^ok: late running/, enabled.err);
});

test('enable of a plugin that does not start shows the command, the exit code and its last words, and leaves it disabled', async (t) => {
  const source = writePlugin(
    temporaryDirectory(t),
    { name: 'broken', ...shell },
    { 'run.sh': '#!/bin/sh\necho "no module named redis" >&2\nexit 4\n' },
  );
  const daemon = await startDaemonProcess(t, { config });
  await snooze(daemon, 'plugin', 'install', '--yes', source);
  const { exitCode, err } = await snooze(daemon, 'plugin', 'enable', 'broken');
  assert.equal(exitCode, 1);
  assert.match(err, /run\.sh ended with exit code 4; it said last: no module named redis/);
  assert.equal((await daemon.client.call('plugin.info', { name: 'broken' })).summary.state, 'disabled');
});

const REFUSED: [name: string, make: (folder: string) => string, expected: RegExp][] = [
  ['a folder that is no plugin', (folder) => folder, /there is no plugin\.json in this folder/],
  ['a path that is not there', (folder) => join(folder, 'nowhere'), /there is no such file or folder/],
  [
    'a manifest without a name',
    (folder) =>
      dirname(
        join(
          writePlugin(
            folder,
            { name: 'x', ...shell },
            { 'plugin.json': '{"version":"1.0.0","type":"external","exec":{"command":"true"}}' },
          ),
          'x',
        ),
      ),
    /: plugin\.json:1:1: name: is missing/,
  ],
  [
    'a version with a line of its own',
    (folder) => writePlugin(folder, { name: 'x', version: '\n1.0.0', ...shell }, { 'run.sh': IDLE_PROGRAM }),
    /: plugin\.json:2:3: version: expected a version such as 1\.2\.3, found "\\n1\.0\.0"/,
  ],
  [
    'a manifest that no message could hold',
    (folder) =>
      writePlugin(folder, { name: 'x', description: 'x'.repeat(2 ** 20), ...shell }, { 'run.sh': IDLE_PROGRAM }),
    /this package is refused: plugin\.json has 10\d+ bytes, at most 262144 are possible/,
  ],
  [
    'an entry point that is missing',
    (folder) => writePlugin(folder, { name: 'x', ...shell }),
    /exec\.command: \.\/run\.sh: there is no such file/,
  ],
  [
    'a link that leads out of it',
    (folder) => {
      const plugin = writePlugin(folder, { name: 'x', ...shell }, { 'run.sh': IDLE_PROGRAM });
      symlinkSync('/etc/passwd', join(plugin, 'secret'));
      return plugin;
    },
    /this package is refused: package\/secret is a link to \/etc\/passwd, which leads out of the package/,
  ],
];

for (const [name, make, expected] of REFUSED) {
  test(`install refuses ${name} and leaves nothing`, async (t) => {
    const daemon = await startDaemonProcess(t, { config });
    const source = make(temporaryDirectory(t));
    const { exitCode, err } = await snooze(daemon, 'plugin', 'install', '--yes', source);
    assert.equal(exitCode, 1, err);
    assert.match(err, expected);
    if (name !== 'an entry point that is missing') assert.ok(err.startsWith(`snooze: ${source}: `), err);
    const plugins = join(daemon.directory, 'plugins');
    assert.deepEqual(existsSync(plugins) ? readdirSync(plugins) : [], []);
  });
}

// With nothing in Go's cache, as on a host: so it is a program that needs little of Go's library.
test('a plugin in Go is built when it is installed', { skip: requires('go') }, async (t) => {
  const daemon = await startDaemonProcess(t, { config });
  const manifest = { name: 'gopher', exec: { command: './gopher' }, build: { command: 'go', args: ['build', '.'] } };
  const source = writePlugin(temporaryDirectory(t), manifest, {
    'go.mod': 'module gopher\n',
    'main.go': 'package main\n\nfunc main() { println("built") }\n',
  });
  const { exitCode, err } = await snooze(daemon, 'plugin', 'install', '--yes', source);
  assert.equal(exitCode, 0, err);
  const { stderr } = spawnSync(join(daemon.directory, 'plugins', 'gopher', 'gopher'), { encoding: 'utf8' });
  assert.equal(stderr, 'built\n');
});

test('where Go is missing the install says so in a line, and nothing is installed', async (t) => {
  const programs = temporaryDirectory(t);
  for (const program of ['sh', 'node', 'dirname', 'readlink'])
    symlinkSync(
      execFileSync('sh', ['-c', `command -v ${program}`], { encoding: 'utf8' }).trim(),
      join(programs, program),
    );
  const daemon = await startDaemonProcess(t, { config, environment: { PATH: programs } });
  const source = writePlugin(temporaryDirectory(t), {
    name: 'gopher',
    exec: { command: './gopher' },
    build: { command: 'go', args: ['build', '.'] },
  });
  const { exitCode, err } = await snooze(daemon, 'plugin', 'install', '--yes', source);
  assert.equal(exitCode, 1);
  assert.match(err, /gopher is built with go, which is not on this host/);
});
