import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { SnoozeError } from '../../../src/errors.ts';
import { integrityOf } from '../../../src/install/hash-files.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';
import { MANIFEST, pluginEntries, writeTarball } from '../package.ts';
import { fetchAs, serve } from './serve.ts';

/** A registry that has `mine` and `@team/mine` in two versions; `change` spoils what it says of a version. */
async function startRegistry(t: TestContext, change: (dist: Record<string, unknown>) => object = (dist) => dist) {
  const directory = temporaryDirectory(t);
  const tarballs = Object.fromEntries(
    await Promise.all(
      ['1.0.0', '1.1.0'].map(async (version) => {
        const scripts = { preinstall: 'touch /tmp/snooze-ran', prepare: 'touch /tmp/snooze-ran' };
        const file = { name: 'package/package.json', contents: JSON.stringify({ name: 'mine', version, scripts }) };
        const path = await writeTarball(directory, pluginEntries({ ...MANIFEST, version }, file), `${version}.tgz`);
        return [version, readFileSync(path)] as const;
      }),
    ),
  );
  const address = await serve(t, ({ url = '' }, answer) => {
    const name = decodeURIComponent(url.slice(1));
    const version = /-(\d\.\d\.\d)\.tgz$/.exec(url)?.[1];
    if (version !== undefined) return answer.end(tarballs[version]);
    if (!['mine', '@team/mine'].includes(name)) return answer.writeHead(404).end('{"error":"not found"}');
    const versions = Object.fromEntries(
      Object.entries(tarballs).map(([one, bytes]) => [
        one,
        { name, version: one, dist: change({ tarball: `${address}/mine-${one}.tgz`, integrity: integrityOf(bytes) }) },
      ]),
    );
    return answer.end(JSON.stringify({ name, versions, 'dist-tags': { latest: '1.1.0' } }));
  });
  return { address, tarballs, directory: join(directory) };
}

test('a package is fetched by its name, a version, a range or a tag, and with a scope', async (t) => {
  const { address, tarballs } = await startRegistry(t);
  const registry = { registry: address };
  for (const [typed, version, source] of [
    ['mine', '1.1.0', 'npm:mine'],
    ['npm:mine@1.0.0', '1.0.0', 'npm:mine@1.0.0'],
    ['mine@~1.0.0', '1.0.0', 'npm:mine@~1.0.0'],
    ['mine@latest', '1.1.0', 'npm:mine'],
    ['@team/mine@1.0.0', '1.0.0', 'npm:@team/mine@1.0.0'],
  ] as const) {
    const fetched = await fetchAs(typed, registry);
    assert.ok(fetched.contents.equals(tarballs[version] ?? Buffer.alloc(0)), typed);
    assert.equal(fetched.source, source);
  }
});

const failsWith = (expected: RegExp) => (error: unknown) =>
  error instanceof SnoozeError && error.code === 'SNOOZE_E_FETCH' && expected.test(error.message);

test('a package that is not what the registry says it is is refused', async (t) => {
  const { address } = await startRegistry(t, (dist) => ({ ...dist, integrity: integrityOf(Buffer.from('other')) }));
  await assert.rejects(
    fetchAs('mine', { registry: address }),
    failsWith(/^mine: the package is not the one that the registry says it is/),
  );
});

test('a name that is neither here nor in the registry, or a version that is not, is told in a line', async (t) => {
  const { address } = await startRegistry(t);
  const registry = { registry: address };
  await assert.rejects(
    fetchAs('yours', registry),
    failsWith(/^yours: there is no such file or folder, and no such package in the npm registry$/),
  );
  await assert.rejects(fetchAs('npm:@x', registry), failsWith(/^npm:@x: this is no name of an npm package$/));
  await assert.rejects(fetchAs('mine@9', registry), failsWith(/^mine@9: No matching version found for mine@9/));
  await assert.rejects(fetchAs('mine', { registry: 'http://127.0.0.1:1' }), failsWith(/^mine: .*ECONNREFUSED/));
});

test('a registry that never answers is left when the user does not wait any more', async (t) => {
  const stop = new AbortController();
  const address = await serve(t, () => stop.abort());
  await assert.rejects(fetchAs('mine', { registry: address, signal: stop.signal }), failsWith(/^mine: interrupted$/));
});
