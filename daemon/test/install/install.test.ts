import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises';
import { SnoozeError } from '../../src/errors.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { MANIFEST, makeInstaller, pluginEntries, writeTarball } from './package.ts';

/** An empty state directory, and a function that installs a package of these entries there. */
function room(t: TestContext) {
  const directory = temporaryDirectory(t);
  const { installer, install } = makeInstaller(directory);
  return {
    directory,
    plugins: join(directory, 'plugins'),
    installer,
    install: async (...made: Parameters<typeof pluginEntries>) =>
      install(await writeTarball(directory, pluginEntries(...made))),
  };
}

test('an install is in force at once, the next one takes its place, and uninstall leaves nothing', async (t) => {
  const { plugins, installer, install } = room(t);
  assert.equal((await install()).replaced, null);
  const second = await install({ ...MANIFEST, version: '2.0.0' });
  assert.deepEqual([second.replaced, second.directory], ['1.0.0', join(plugins, 'mine')]);
  assert.equal(JSON.parse(readFileSync(join(plugins, 'mine', 'plugin.json'), 'utf8')).version, '2.0.0');
  assert.equal(installer.uninstall('mine'), join(plugins, 'mine'));
  assert.deepEqual(readdirSync(plugins, { recursive: true }), ['.versions']);
});

test('what is installed stays so over a start at which its folders are not there yet', async (t) => {
  const { directory, plugins, installer, install } = room(t);
  await install();
  const before = installer.installed();
  renameSync(plugins, join(directory, 'unmounted'));
  installer.sweep();
  assert.deepEqual(installer.installed(), before);
  renameSync(join(directory, 'unmounted'), plugins);
  installer.sweep();
  assert.deepEqual(installer.installed(), before);
});

test('a plugin whose folder was moved away can be uninstalled, and a rollback says what is the matter', async (t) => {
  const { directory, plugins, installer, install } = room(t);
  await install();
  renameSync(join(plugins, '.versions', 'mine'), join(directory, 'elsewhere'));
  assert.throws(() => installer.before('mine'), {
    message: `the folder of mine is gone: ${join(plugins, 'mine')}`,
    hint: 'type: snooze plugin update mine',
  });
  assert.equal(installer.uninstall('mine'), join(plugins, 'mine'));
  assert.deepEqual([readdirSync(plugins), installer.installed()], [['.versions'], []]);
});

const NEVER_A_NAME = [
  '',
  '.',
  '..',
  'other/lib',
  '../plugins/other',
  '/etc',
  '.versions',
  'other\0',
  'OTHER',
  'a'.repeat(65),
];
for (const name of NEVER_A_NAME) {
  test(`nothing is removed for the name ${JSON.stringify(name)}, which no plugin can have`, async (t) => {
    const { plugins, installer, install } = room(t);
    await install({ ...MANIFEST, name: 'other' }, { name: 'package/lib/plugin.json', contents: '{}' });
    const before = readdirSync(plugins, { recursive: true });
    assert.throws(
      () => installer.uninstall(name),
      (error) =>
        error instanceof SnoozeError && error.code === 'SNOOZE_E_INSTALL' && /is no plugin's name/.test(error.message),
    );
    assert.deepEqual(readdirSync(plugins, { recursive: true }), before);
  });
}

test('a folder that snooze did not install is neither replaced nor removed', async (t) => {
  const { plugins, installer, install } = room(t);
  mkdirSync(join(plugins, 'mine'), { recursive: true });
  writeFileSync(join(plugins, 'mine', 'plugin.json'), '{}');
  await assert.rejects(install(), /mine is there already, and snooze did not install it/);
  assert.throws(() => installer.checkInstalled('mine', join(plugins, 'mine')), /where snooze did not install it/);
  assert.equal(readFileSync(join(plugins, 'mine', 'plugin.json'), 'utf8'), '{}');
});

test('a link to somewhere else in the place of a plugin is not followed by uninstall', async (t) => {
  const { directory, plugins, installer } = room(t);
  mkdirSync(plugins);
  mkdirSync(join(directory, 'elsewhere'));
  symlinkSync(join(directory, 'elsewhere'), join(plugins, 'mine'));
  assert.throws(() => installer.uninstall('mine'), /there is no plugin mine/);
  assert.ok(existsSync(join(directory, 'elsewhere')));
});

const FAULTY: [what: string, manifest: object, expected: RegExp][] = [
  [
    'a setting of no type',
    { config_schema: { a: { type: 'intger' } } },
    /: plugin\.json:1:\d+: config_schema\.a\.type: expected one of string, .*; found "intger"$/,
  ],
  [
    'a default that does not fit',
    { config_schema: { a: { type: 'integer', default: 'five' } } },
    /config_schema\.a: its default does not fit it: expected a whole number, found "five"$/,
  ],
  [
    'a script that is not there',
    { exec: { command: 'sh', args: ['nofile.sh'] } },
    /exec\.args\.0: there is no file nofile\.sh in the plugin’s folder$/,
  ],
  [
    'a program that this host does not have',
    { exec: { command: 'pythn3' } },
    /exec\.command: pythn3: there is no program pythn3 on the PATH$/,
  ],
  [
    'a program that its build does not make',
    { exec: { command: './made' }, build: { command: 'true' } },
    /exec\.command: \.\/made: there is no such file$/,
  ],
];

for (const [what, manifest, expected] of FAULTY) {
  test(`a package with ${what} is refused as validate refuses it, and nothing is installed`, async (t) => {
    const { plugins, install } = room(t);
    await assert.rejects(install({ ...MANIFEST, ...manifest }), {
      code: 'SNOOZE_E_MANIFEST_INVALID',
      message: expected,
    });
    assert.deepEqual(
      readdirSync(plugins).filter((name) => name !== '.versions'),
      [],
    );
  });
}

test('what its build makes is not missed before', async (t) => {
  const build = { command: 'cp', args: ['run.sh', 'made.sh'] };
  const { version } = (await room(t).install({ ...MANIFEST, exec: { command: 'sh', args: ['made.sh'] }, build }))
    .manifest;
  assert.equal(version, '1.0.0');
});

test('a program or module outside of the package is refused, and nothing is installed', async (t) => {
  const { plugins, install } = room(t);
  const outside = [
    { ...MANIFEST, exec: { command: '/bin/sh' } },
    { ...MANIFEST, exec: { command: './../../evil' } },
    { name: 'mine', version: '1.0.0', type: 'native', module: '/tmp/evil.js' },
    { name: 'mine', version: '1.0.0', type: 'native', module: '../evil.js' },
    { ...MANIFEST, build: { command: '/bin/true' } },
  ];
  for (const manifest of outside) await assert.rejects(install(manifest), /which lies outside of the package/);
  await assert.rejects(
    install({ ...MANIFEST, exec: { command: './package' } }),
    /exec\.command: \.\/package: there is no such file/,
  );
  await assert.rejects(
    install({ ...MANIFEST, exec: { command: './plugin.json' } }),
    /plugin\.json: the file is not executable \(chmod \+x\)/,
  );
  assert.deepEqual(
    readdirSync(plugins).filter((name) => name !== '.versions'),
    [],
  );
});

test('a build that a signal ends is a build that failed, with the command and the signal', async (t) => {
  const { install } = room(t);
  await assert.rejects(
    install({ ...MANIFEST, build: { command: 'sh', args: ['-c', 'kill -9 $$'] } }),
    (error) =>
      error instanceof SnoozeError &&
      error.code === 'SNOOZE_E_PLUGIN_BUILD' &&
      error.message === 'mine could not be built: sh -c kill -9 $$: it was ended by SIGKILL',
  );
});

test('what is unpacked while its client goes away is removed, too', async (t) => {
  const { plugins, directory, installer } = room(t);
  const many = Array.from({ length: 400 }, (_, index) => ({ name: `package/in/${index}`, contents: 'x' }));
  const staging = installer.open();
  copyFileSync(await writeTarball(directory, pluginEntries(MANIFEST, ...many)), installer.packageFile(staging));
  const policy = { trusted_keys: [], require_signature: false };
  const staged = installer.stage({ staging, source: 'mine', signature: null }, policy);
  while (!existsSync(join(staging, 'new/package/in'))) await nextTurn();
  installer.close(staging);
  await assert.rejects(staged);
  assert.deepEqual(readdirSync(plugins), []);
});

test('an install that is killed at any moment leaves the old version or the new one, whole, and nothing else', async (t) => {
  const { directory, plugins, installer } = room(t);
  const tarballs = await Promise.all(
    ['1.0.0', '2.0.0'].map((version) => {
      const files = Array.from({ length: 40 }, (_, index) => ({ name: `package/${index}`, contents: version }));
      return writeTarball(directory, pluginEntries({ ...MANIFEST, version }, ...files), `${version}.tar.gz`);
    }),
  );
  const program = new URL('./fixtures/install-forever.ts', import.meta.url).pathname;
  for (let round = 0; round < 6; round += 1) {
    const child = spawn(process.execPath, [program, directory, ...tarballs], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(child.stdout, 'data');
    await pause(Math.random() * 40);
    child.kill('SIGKILL');
    await once(child, 'close');
    const { version } = JSON.parse(readFileSync(join(plugins, 'mine', 'plugin.json'), 'utf8'));
    for (let index = 0; index < 40; index += 1)
      assert.equal(readFileSync(join(plugins, 'mine', String(index)), 'utf8'), version, `round ${round}`);
    installer.sweep();
    assert.deepEqual(readdirSync(plugins), ['.versions', 'mine']);
    // The version before is kept, where there is one.
    const locked = JSON.parse(readFileSync(join(directory, 'plugins.lock'), 'utf8')).plugins.mine;
    assert.deepEqual(
      readdirSync(join(plugins, '.versions', 'mine')).sort(),
      locked.map(({ folder }: { folder: string }) => folder).sort(),
    );
    await installer.verify(realpathSync(join(plugins, 'mine')), MANIFEST);
  }
});
