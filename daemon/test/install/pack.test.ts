import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, linkSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { packFolder } from '../../src/install/pack.ts';
import { unpackPackage } from '../../src/install/unpack.ts';
import { writePlugin } from '../support/daemon-process.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

async function packAndUnpack(t: Parameters<typeof temporaryDirectory>[0], folder: string): Promise<string> {
  const directory = temporaryDirectory(t);
  const staging = join(directory, 'staging');
  mkdirSync(staging);
  writeFileSync(join(directory, 'p.tar.gz'), await packFolder(folder));
  return unpackPackage(join(directory, 'p.tar.gz'), staging);
}

test('a folder is packed whole, whatever it and its files are called, and unpacked the same', async (t) => {
  const parent = join(temporaryDirectory(t), '@x');
  mkdirSync(parent);
  const folder = writePlugin(parent, { name: '@mine' }, { '@file': 'at', 'run.sh': '#!/bin/sh\n', 'ü \\ "q"': 'odd' });
  linkSync(join(folder, '@file'), join(folder, 'linked'));
  symlinkSync('run.sh', join(folder, 'alias'));
  mkdirSync(join(folder, 'd'.repeat(120), 'empty'), { recursive: true });
  const root = await packAndUnpack(t, folder);
  assert.deepEqual(readdirSync(root, { recursive: true }).sort(), readdirSync(folder, { recursive: true }).sort());
  assert.equal(readFileSync(join(root, 'linked'), 'utf8'), 'at');
  execFileSync('test', ['-x', join(root, 'alias')]);
});

test('what is no part of a plugin is left out', async (t) => {
  const folder = writePlugin(temporaryDirectory(t), { name: 'mine' }, { 'run.sh': '' });
  for (const left of ['.git/hooks', '__pycache__', 'lib/__pycache__', 'node_modules/.cache/x', '.pytest_cache']) {
    mkdirSync(join(folder, left), { recursive: true });
    writeFileSync(join(folder, left, 'file'), '');
  }
  writeFileSync(join(folder, 'node_modules', 'kept.js'), '');
  const root = await packAndUnpack(t, folder);
  assert.deepEqual(readdirSync(root, { recursive: true }).sort(), [
    'lib',
    'node_modules',
    'node_modules/kept.js',
    'plugin.json',
    'run.sh',
  ]);
});

test('the same files make the same package, byte for byte', async (t) => {
  const [one, two] = [0, 1].map(() => writePlugin(temporaryDirectory(t), { name: 'mine' }, { 'run.sh': 'x', a: 'y' }));
  assert.ok((await packFolder(one ?? '')).equals(await packFolder(two ?? '')));
});

test('a setuid program is packed as what it is, so that it is refused and not silently changed', async (t) => {
  const folder = writePlugin(temporaryDirectory(t), { name: 'mine' }, { 'run.sh': '' });
  chmodSync(join(folder, 'run.sh'), 0o4755);
  await assert.rejects(packAndUnpack(t, folder), /run\.sh has a setuid or setgid bit/);
});

test('a folder with a fifo in it cannot be packed, and packing does not wait for it', async (t) => {
  const folder = writePlugin(temporaryDirectory(t), { name: 'mine' });
  assert.equal(spawnSync('mkfifo', [join(folder, 'pipe')]).status, 0);
  await assert.rejects(packFolder(folder), /pipe: a plugin is files, folders and links, and this is none of them/);
});
