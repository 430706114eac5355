import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { PROVIDERS } from '../../src/cloud/registry.ts';

test('every cloud that has a file is in the list, and the list ends with the host that is in none', () => {
  const folder = new URL('../../src/cloud/', import.meta.url);
  const files = readdirSync(folder).filter((name) => name.endsWith('.ts'));
  const clouds = files.filter((name) => /= defineProvider\(\{/.test(readFileSync(new URL(name, folder), 'utf8')));
  assert.deepEqual(PROVIDERS.map(({ name }) => `${name}.ts`).toSorted(), clouds.toSorted());
  assert.equal(PROVIDERS.at(-1)?.name, 'local');
});
