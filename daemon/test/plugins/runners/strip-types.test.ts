import assert from 'node:assert/strict';
import { realpathSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { stripTypes } from '../../../src/plugins/runners/strip-types.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

test('a large plugin in TypeScript is stripped whole', async (t) => {
  const directory = realpathSync(temporaryDirectory(t));
  const [large, small] = ['large.ts', 'small.mts'].map((name) => join(directory, name)) as [string, string];
  writeFileSync(large, `export const text: string = '${'x'.repeat(200_000)}';`);
  writeFileSync(small, 'export const one: number = 1;');
  const stripped = await stripTypes(directory);
  assert.equal(stripped.size, 2);
  assert.match(stripped.get(pathToFileURL(large).href) ?? '', /^export const text +?= 'x{200000}';$/);
  assert.match(stripped.get(pathToFileURL(small).href) ?? '', /^export const one +?= 1;$/);
});
