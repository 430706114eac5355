import assert from 'node:assert/strict';
import { chmodSync, chownSync, lchownSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { startHost } from '../plugin-host.ts';

const MODULE = `export const plugin = { checkIdle: () => ({ is_idle: true, reason: 'loaded' }) };`;
const isRoot = process.getuid?.() === 0;
const NOBODY = 65_534;

/** What becomes of a native plugin whose folder was changed like that before it is started. */
async function afterChange(t: Parameters<typeof startHost>[0], change: (folder: string) => void, isolation?: string) {
  const { host, directory } = await startHost(t, [
    {
      manifest: { name: 'native', type: 'native', module: 'native.mjs', ...(isolation && { isolation }) },
      files: { 'native.mjs': MODULE },
    },
  ]);
  assert.equal(host.list()[0]?.state, 'running');
  change(join(directory, 'native'));
  await host.restart('native', 'the test');
  const [plugin] = host.list();
  return { state: plugin?.state, error: plugin?.last_error ?? '', folder: join(directory, 'native') };
}

for (const [who, mode, remedy] of [
  ['everybody', 0o646, 'chmod o-w'],
  ['group', 0o664, 'chmod g-w'],
] as const) {
  test(`a native plugin with a file that ${who} can write is refused in one line that says what to type`, {
    skip: !isRoot && who === 'group' && 'a user’s own group may write',
  }, async (t) => {
    const { state, error, folder } = await afterChange(t, (at) => chmodSync(join(at, 'native.mjs'), mode));
    assert.equal(state, 'failed');
    assert.match(
      error,
      new RegExp(`^native: ${folder}/native.mjs can be written by ${who}.*${remedy} ${folder}/native.mjs$`),
    );
    assert.equal(error.includes('\n'), false);
  });
}

test('a native plugin whose folder everybody can write is refused, in a thread of its own too', async (t) => {
  const open = (folder: string) => chmodSync(folder, 0o777);
  assert.equal((await afterChange(t, open)).state, 'failed');
  assert.equal((await afterChange(t, open, 'worker')).state, 'failed');
});

test('a native plugin with a file, or a link to one, of another user is refused', {
  skip: !isRoot && 'needs root',
}, async (t) => {
  const own = await afterChange(t, (folder) => chownSync(join(folder, 'native.mjs'), NOBODY, NOBODY));
  assert.match(own.error, /native\.mjs belongs to user 65534, .*chown/);
  const link = await afterChange(t, (folder) => {
    symlinkSync(join(folder, 'native.mjs'), join(folder, 'link.mjs'));
    lchownSync(join(folder, 'link.mjs'), NOBODY, NOBODY);
  });
  assert.match(link.error, /link\.mjs belongs to user 65534/);
});

test('a link that leads nowhere does not keep a native plugin from its start', async (t) => {
  const { state } = await afterChange(t, (folder) => {
    symlinkSync('nowhere', join(folder, 'link'));
    writeFileSync(join(folder, 'more.txt'), '');
  });
  assert.equal(state, 'running');
});
