import assert from 'node:assert/strict';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { SOURCES } from '../../../src/install/sources/registry.ts';
import { writePlugin } from '../../support/daemon-process.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';
import { fetchAs } from './serve.ts';

const sourceOf = (typed: string) => SOURCES.find((source) => source.is(typed))?.name;

test('every file of the folder is in the list', () => {
  const files = readdirSync(new URL('../../../src/install/sources', import.meta.url)).filter(
    (file) => !['registry.ts', 'source.ts'].includes(file),
  );
  assert.deepEqual(SOURCES.map(({ name }) => `${name}.ts`).sort(), files.sort());
});

test('what is typed is taken for what it looks like', () => {
  const expected = {
    'https://example.org/p.tar.gz': 'url',
    'https://example.org/p.git': 'git',
    'https://example.org/p.git#v1': 'git',
    'git+https://example.org/p': 'git',
    'git@example.org:team/p.git': 'git',
    'ssh://git@example.org/p': 'git',
    'community:redis-monitor': 'repository',
    'community:redis-monitor@^1.0.0': 'repository',
    'redis-monitor': 'npm',
    'redis-monitor@^1.0.0': 'npm',
    '@team/redis-monitor': 'npm',
    'npm:redis-monitor': 'npm',
    './redis-monitor': 'file',
    '../x': 'file',
    'redis-monitor/': 'file',
    'p.tar.gz': 'file',
    'p-1.0.0.tar': 'file',
    'p.zip': 'file',
    '/': 'folder',
    '': 'file',
  };
  assert.deepEqual(Object.fromEntries(Object.keys(expected).map((typed) => [typed, sourceOf(typed)])), expected);
});

test('a URL of a kind that nothing comes from is not taken for a path', async () => {
  await assert.rejects(fetchAs('ftp://example.org/p.tar.gz'), {
    message:
      'ftp://example.org/p.tar.gz: plugins come from https:// and git+https:// (also git+ssh://, git+file://), a path, or npm',
  });
});

test('a signature that lies beside a tarball comes with it', async (t) => {
  const directory = temporaryDirectory(t);
  writeFileSync(join(directory, 'p.tar.gz'), 'the package');
  assert.equal((await fetchAs(join(directory, 'p.tar.gz'))).signature, null);
  writeFileSync(join(directory, 'p.tar.gz.minisig'), 'the signature');
  assert.equal((await fetchAs(join(directory, 'p.tar.gz'))).signature, 'the signature');
});

test('a folder is packed and named by its whole path', async (t) => {
  const folder = writePlugin(temporaryDirectory(t), { name: 'mine' });
  const fetched = await fetchAs(`${folder}/.`);
  assert.equal(fetched.source, folder);
  assert.deepEqual([...fetched.contents.subarray(0, 2)], [0x1f, 0x8b]);
});
