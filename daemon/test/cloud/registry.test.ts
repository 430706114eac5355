import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import { PROVIDERS } from '../../src/cloud/registry.ts';

/** What stands in the room and is no cloud. */
const OTHERS = [
  'provider.ts',
  'registry.ts',
  'detect.ts',
  'silent.ts',
  'not-built.ts',
  'tags.ts',
  'exchange.ts',
  'metadata.ts',
  'vendor.ts',
];

test('every cloud that has a file is in the list, and the list ends with the host that is in none', () => {
  const files = readdirSync(new URL('../../src/cloud/', import.meta.url)).filter((name) => name.endsWith('.ts'));
  const clouds = files.filter((name) => !OTHERS.includes(name)).map((name) => name.slice(0, -'.ts'.length));
  assert.deepEqual(PROVIDERS.map(({ name }) => name).toSorted(), clouds.toSorted());
  assert.equal(PROVIDERS.at(-1)?.name, 'local');
});
