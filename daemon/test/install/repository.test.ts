import assert from 'node:assert/strict';
import { createReadStream, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { SnoozeError } from '../../src/errors.ts';
import { integrityOf } from '../../src/install/hash-files.ts';
import { matching, type RepositoryIndex, readIndex, writeIndex } from '../../src/install/repository.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { MANIFEST, pluginEntries, writeTarball } from './package.ts';
import { fetchAs, serve } from './sources/serve.ts';

/** A folder with two versions of one plugin and one of another. */
async function folder(t: TestContext): Promise<string> {
  const directory = temporaryDirectory(t);
  const make = (name: string, version: string, more: object = {}) =>
    writeTarball(directory, pluginEntries({ ...MANIFEST, name, version, ...more }), `${name}-${version}.tar.gz`);
  await make('redis-monitor', '1.9.0', { description: 'old words' });
  await make('redis-monitor', '1.10.0', { description: 'Busy while clients are connected', tags: ['Database'] });
  await make('tmux-monitor', '0.1.0');
  return directory;
}

const signal = new AbortController().signal;
const failsWith = (expected: RegExp) => (error: unknown) =>
  error instanceof SnoozeError && expected.test(error.message);

test('the index of a folder names every package with its integrity, the newest version first, and what it is', async (t) => {
  const directory = await folder(t);
  const index = await writeIndex(directory);
  assert.deepEqual(JSON.parse(readFileSync(join(directory, 'index.json'), 'utf8')), index);
  assert.deepEqual(
    index.plugins.map(({ name, description, tags, versions }) => [
      name,
      description,
      tags,
      versions.map(({ version }) => version),
    ]),
    [
      ['redis-monitor', 'Busy while clients are connected', ['Database'], ['1.10.0', '1.9.0']],
      ['tmux-monitor', undefined, undefined, ['0.1.0']],
    ],
  );
  const [first] = index.plugins[0]?.versions ?? [];
  assert.equal(first?.integrity, integrityOf(readFileSync(join(directory, first?.file ?? ''))));
  assert.deepEqual(await readIndex({ name: 'x', url: directory }, signal), index);
  await writeIndex(directory);
  assert.deepEqual(JSON.parse(readFileSync(join(directory, 'index.json'), 'utf8')), index, 'the same again');
});

test('no index is written for a package that could not be installed, or that is there twice', async (t) => {
  const directory = await folder(t);
  const twin = await writeTarball(
    directory,
    pluginEntries({ ...MANIFEST, name: 'tmux-monitor', version: '0.1.0' }),
    'twin.tgz',
  );
  await assert.rejects(
    writeIndex(directory),
    failsWith(/tmux-monitor-0\.1\.0\.tar\.gz and twin\.tgz are both tmux-monitor 0\.1\.0/),
  );
  writeFileSync(twin, 'no tarball');
  await assert.rejects(writeIndex(directory), failsWith(/^twin\.tgz: this is no package/));
  await writeTarball(directory, [{ name: 'package/plugin.json', contents: '{}' }], 'twin.tgz');
  await assert.rejects(writeIndex(directory), failsWith(/^twin\.tgz: package\/plugin\.json:1:1: name: is missing/));
  await assert.rejects(writeIndex(temporaryDirectory(t)), failsWith(/there is no \.tar\.gz in this folder$/));
  await assert.rejects(writeIndex(join(directory, 'none')), failsWith(/none: there is no such folder/));
  assert.equal(existsSync(join(directory, 'index.json')), false);
});

test('a word is looked for in names, descriptions and tags, however it is written', async (t) => {
  const index = await writeIndex(await folder(t));
  const names = (word: string) => matching(index, word).map(({ name }) => name);
  assert.deepEqual(names('REDIS'), ['redis-monitor']);
  assert.deepEqual(names('clients'), ['redis-monitor']);
  assert.deepEqual(names('database'), ['redis-monitor']);
  assert.deepEqual(names(''), ['redis-monitor', 'tmux-monitor']);
  assert.deepEqual(names('postgres'), []);
});

const place = { name: 'community', url: '' };
for (const how of ['a folder', 'a server'] as const) {
  test(`a plugin is fetched by its name from ${how}: the newest, or the one that is asked for`, async (t) => {
    const directory = await folder(t);
    await writeIndex(directory);
    const address = await serve(t, ({ url = '' }, answer) => {
      const file = join(directory, url.replace('/plugins/', ''));
      if (existsSync(file)) createReadStream(file).pipe(answer);
      else answer.writeHead(404).end();
    });
    const repositories = [{ ...place, url: how === 'a folder' ? directory : `${address}/plugins/` }];
    for (const [typed, file] of [
      ['community:redis-monitor', 'redis-monitor-1.10.0.tar.gz'],
      ['community:redis-monitor@1.9.0', 'redis-monitor-1.9.0.tar.gz'],
      ['community:redis-monitor@~1.9', 'redis-monitor-1.9.0.tar.gz'],
    ] as const) {
      const fetched = await fetchAs(typed, { repositories });
      assert.equal(fetched.integrity, integrityOf(readFileSync(join(directory, file))), typed);
      assert.equal(fetched.source, typed);
    }
    const rejects = (typed: string, expected: RegExp) =>
      assert.rejects(fetchAs(typed, { repositories }), failsWith(expected));
    await rejects('community:redis-monitor@2', /has no such version; it has 1\.10\.0, 1\.9\.0/);
    await rejects('community:redis', /the repository community has no redis$/);
    await rejects('other:redis-monitor', /is called other \(community\)/);
    writeFileSync(join(directory, 'tmux-monitor-0.1.0.tar.gz'), 'another one');
    await rejects('community:tmux-monitor', /is not what the index of community says it is/);
  });
}

test('an index that leads elsewhere, is none, or is not there is told with the repository', async (t) => {
  const directory = temporaryDirectory(t);
  const repositories = [{ ...place, url: directory }];
  const write = (index: unknown) => writeFileSync(join(directory, 'index.json'), JSON.stringify(index));
  const rejects = (expected: RegExp) =>
    assert.rejects(fetchAs('community:mine', { repositories }), failsWith(expected));
  await rejects(/the repository community: .*index\.json: .*ENOENT/);
  write([]);
  await rejects(/the repository community: .*expected an object/i);
  write({ index_version: 2, plugins: [] });
  await rejects(/index_version/);
  const integrity = integrityOf(Buffer.from('x'));
  for (const file of ['../x.tar.gz', '/etc/x.tar.gz', 'https://evil.invalid/x.tar.gz']) {
    write({
      index_version: 1,
      plugins: [{ name: 'mine', versions: [{ version: '1.0.0', file, integrity }] }],
    } satisfies RepositoryIndex);
    await rejects(/which is not in the repository/);
  }
});
