import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, realpathSync, statSync, writeFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { SnoozeError } from '../../src/errors.ts';
import { unpackPackage } from '../../src/install/unpack.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { MANIFEST, type MadeEntry, writeTarball } from './package.ts';

/** Few names, so that what is made of them meets, overwrites and leads through each other. */
const part = fc.constantFrom('a', 'b', 'A', '..', '.', 'victim');
const path = fc.array(part, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/'));
const target = fc.oneof(
  path,
  path.map((relative) => `/${relative}`),
  path.map((relative) => `../${relative}`),
);
const entry: fc.Arbitrary<MadeEntry> = fc.oneof(
  path.map((name) => ({ name: `package/${name}`, contents: 'evil', mode: 0o666 })),
  fc.tuple(path, target).map(([name, linkname]) => ({ name: `package/${name}`, linkname, type: 'symlink' as const })),
  fc.tuple(path, target).map(([name, linkname]) => ({ name: `package/${name}`, linkname, type: 'link' as const })),
  path.map((name) => ({ name: `package/${name}/`, type: 'directory' as const, mode: 0o777 })),
);

test('whatever a package holds, it is refused or stays in its folder, and what lies beside that is never touched', async (t) => {
  const directory = temporaryDirectory(t);
  let round = 0;
  let taken = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(entry, { maxLength: 8 }), async (entries) => {
      round += 1;
      const world = join(directory, String(round));
      const staging = join(world, 'plugins', 'staging');
      mkdirSync(staging, { recursive: true });
      for (const place of [world, join(world, 'plugins')]) {
        mkdirSync(join(place, 'victim'));
        writeFileSync(join(place, 'victim', 'a'), 'untouched', { mode: 0o640 });
      }
      const plugin = [{ name: 'package/plugin.json', contents: JSON.stringify(MANIFEST) }, ...entries];
      const tarball = await writeTarball(world, plugin);
      const outside = () =>
        [world, join(world, 'plugins')].map((place) => {
          const { mode } = statSync(join(place, 'victim', 'a'));
          return [
            readdirSync(place),
            readdirSync(join(place, 'victim')),
            mode,
            readFileSync(join(place, 'victim', 'a'), 'utf8'),
          ];
        });
      const before = outside();
      try {
        const root = await unpackPackage(tarball, staging);
        taken += 1;
        for (const found of readdirSync(root, { recursive: true, encoding: 'utf8' }))
          assert.ok(`${realpathSync(join(root, found))}${sep}`.startsWith(realpathSync(root) + sep), found);
      } catch (error) {
        assert.ok(error instanceof SnoozeError && error.code === 'SNOOZE_E_INSTALL', String(error));
      }
      assert.deepEqual(outside(), before);
    }),
    { numRuns: 150 },
  );
  assert.ok(taken > 0);
});
