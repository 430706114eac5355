import assert from 'node:assert/strict';
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { systemClock } from '../../src/clock.ts';
import { SnoozeError } from '../../src/errors.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { MANIFEST, makeInstaller, pluginEntries, writeTarball } from './package.ts';

const LINKED = { name: 'package/alias', type: 'symlink', linkname: 'run.sh' } as const;
const DEEP = { name: 'package/lib/a.py', contents: 'a' };

const CHANGES: [what: string, change: (folder: string) => void, expected: RegExp][] = [
  [
    'a file that has changed',
    (folder) => writeFileSync(join(folder, 'run.sh'), '#!/bin/sh\necho evil\n'),
    /run\.sh has changed/,
  ],
  [
    'a file of a folder that has changed',
    (folder) => writeFileSync(join(folder, 'lib/a.py'), 'b'),
    /lib\/a\.py has changed/,
  ],
  ['a file that is missing', (folder) => rmSync(join(folder, 'lib/a.py')), /lib\/a\.py is missing/],
  [
    'a file that is new',
    (folder) => writeFileSync(join(folder, 'lib/os.py'), ''),
    /lib\/os\.py was not in the package/,
  ],
  ['a folder that is new', (folder) => mkdirSync(join(folder, '__pycache__')), /__pycache__ was not in the package/],
  [
    'a link that leads elsewhere',
    (folder) => {
      unlinkSync(join(folder, 'alias'));
      symlinkSync('/bin/sh', join(folder, 'alias'));
    },
    /alias has changed/,
  ],
  [
    'a link in the place of a file',
    (folder) => {
      renameSync(join(folder, 'run.sh'), join(folder, '..', 'run.sh'));
      symlinkSync('../run.sh', join(folder, 'run.sh'));
    },
    /run\.sh has changed/,
  ],
];

for (const [what, change, expected] of CHANGES) {
  test(`${what} keeps an installed plugin from starting, with its name`, async (t) => {
    const directory = temporaryDirectory(t);
    const { installer, install } = makeInstaller(directory);
    await install(await writeTarball(directory, pluginEntries(MANIFEST, LINKED, DEEP)));
    const folder = realpathSync(join(directory, 'plugins', 'mine'));
    await installer.verify(folder, MANIFEST);
    change(folder);
    await assert.rejects(
      installer.verify(folder, MANIFEST),
      (error) =>
        error instanceof SnoozeError &&
        error.code === 'SNOOZE_E_PLUGIN_CHANGED' &&
        expected.test(error.message) &&
        /snooze plugin install .*made\.tar\.gz/.test(error.hint ?? ''),
    );
  });
}

for (const [when, aheadMs] of [
  ['within the same instant', 0],
  ['long after it was read', 3_600_000],
] as const) {
  test(`a change ${when} is found, though the file's size and time are as before`, async (t) => {
    const directory = temporaryDirectory(t);
    const clock = { ...systemClock, wallMs: () => Date.now() + aheadMs };
    const { installer, install } = makeInstaller(directory, clock);
    await install(await writeTarball(directory, pluginEntries(MANIFEST, DEEP)));
    const folder = realpathSync(join(directory, 'plugins', 'mine'));
    const file = join(folder, 'lib/a.py');
    const asInstalled = new Date(1_700_000_000_000);
    for (const contents of ['b', 'a', 'b']) {
      utimesSync(file, asInstalled, asInstalled);
      await installer.verify(folder, MANIFEST);
      await installer.verify(folder, MANIFEST);
      writeFileSync(file, contents);
      utimesSync(file, asInstalled, asInstalled);
      if (contents === 'b') {
        await assert.rejects(installer.verify(folder, MANIFEST), /lib\/a\.py has changed/);
        writeFileSync(file, 'a');
      }
    }
  });
}

test('a lock that is gone, broken or of another version keeps every installed plugin from starting', async (t) => {
  const directory = temporaryDirectory(t);
  const { installer, install } = makeInstaller(directory);
  await install(await writeTarball(directory, pluginEntries()));
  const folder = realpathSync(join(directory, 'plugins', 'mine'));
  const lock = join(directory, 'plugins.lock');
  for (const [text, expected] of [
    ['{"lock_version": 1, "plugins": {', /plugins\.lock cannot be used: /],
    ['{"lock_version": 2, "plugins": {}}', /plugins\.lock cannot be used: expected/],
    ['{"lock_version": 1, "plugins": {}}', /plugins\.lock does not name it/],
  ] as const) {
    writeFileSync(lock, text);
    await assert.rejects(installer.verify(folder, MANIFEST), expected);
    installer.sweep(); // must not throw: the daemon starts all the same
  }
  rmSync(lock);
  await assert.rejects(installer.verify(folder, MANIFEST), /plugins\.lock does not name it/);
});

test('a plugin that snooze did not install is left alone, in whatever state its files are', async (t) => {
  const directory = temporaryDirectory(t);
  const { installer, install } = makeInstaller(directory);
  await install(await writeTarball(directory, pluginEntries()));
  mkdirSync(join(directory, 'system', 'other'), { recursive: true });
  await installer.verify(join(directory, 'system', 'other'), MANIFEST);
  mkdirSync(join(directory, 'plugins', 'other'));
  await installer.verify(join(directory, 'plugins', 'other'), MANIFEST);
});

test('modes are not what a plugin is held to, because a backup that is put back may change them', async (t) => {
  const directory = temporaryDirectory(t);
  const { installer, install } = makeInstaller(directory);
  await install(await writeTarball(directory, pluginEntries()));
  const folder = realpathSync(join(directory, 'plugins', 'mine'));
  chmodSync(join(folder, 'plugin.json'), 0o600);
  await installer.verify(folder, MANIFEST);
});

test('what an install that was interrupted has locked and not put in force is forgotten at the next start', async (t) => {
  const directory = temporaryDirectory(t);
  const { installer, install } = makeInstaller(directory);
  await install(await writeTarball(directory, pluginEntries()));
  const first = realpathSync(join(directory, 'plugins', 'mine'));
  await install(await writeTarball(directory, pluginEntries({ ...MANIFEST, version: '2.0.0' })));
  unlinkSync(join(directory, 'plugins', 'mine'));
  symlinkSync(first, join(directory, 'plugins', 'mine')); // as before the last rename
  installer.sweep();
  await installer.verify(first, MANIFEST);
  assert.throws(() => installer.rollback('mine'), /no version of mine before this one is kept/);
});

test('two packages of one version are told apart by when they were installed', async (t) => {
  const directory = temporaryDirectory(t);
  let day = 0;
  const clock = { ...systemClock, wallMs: () => Date.UTC(2026, 0, day) };
  const { installer, install } = makeInstaller(directory, clock);
  for (const description of ['the first', 'the second']) {
    day += 1;
    await install(await writeTarball(directory, pluginEntries({ ...MANIFEST, description })));
  }
  const [first, second] = ['01', '02'].map((number) => `1.0.0 (installed 2026-01-${number}T00:00:00.000Z)`);
  assert.deepEqual(installer.before('mine'), { from: second, to: first });
});

test('rollback goes to the version before, and back again', async (t) => {
  const directory = temporaryDirectory(t);
  const { installer, install } = makeInstaller(directory);
  for (const version of ['1.0.0', '2.0.0', '3.0.0'])
    await install(await writeTarball(directory, pluginEntries({ ...MANIFEST, version })));
  assert.deepEqual(installer.before('mine'), { from: '3.0.0', to: '2.0.0' });
  installer.rollback('mine');
  installer.sweep();
  assert.deepEqual(installer.before('mine'), { from: '2.0.0', to: '3.0.0' });
  installer.rollback('mine');
  installer.giveUp('mine');
  assert.deepEqual(
    installer.installed().map(({ version }) => version),
    ['2.0.0'],
  );
  assert.throws(() => installer.before('mine'), /no version of mine before this one is kept/);
  await installer.verify(realpathSync(join(directory, 'plugins', 'mine')), MANIFEST);
});

test('what a failed update is given up for can still be rolled back itself', async (t) => {
  const directory = temporaryDirectory(t);
  const { installer, install } = makeInstaller(directory);
  for (const version of ['1.0.0', '2.0.0', '3.0.0'])
    await install(await writeTarball(directory, pluginEntries({ ...MANIFEST, version })));
  installer.giveUp('mine');
  assert.deepEqual(installer.before('mine'), { from: '2.0.0', to: '1.0.0' });
  const versions = () => readdirSync(join(directory, 'plugins', '.versions', 'mine')).map((name) => name.slice(0, 5));
  assert.deepEqual(versions().toSorted(), ['1.0.0', '2.0.0']);
  await install(await writeTarball(directory, pluginEntries({ ...MANIFEST, version: '4.0.0' })));
  installer.sweep();
  assert.deepEqual(versions().toSorted(), ['2.0.0', '4.0.0']);
});
