import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { describeError, ERROR_MEANINGS, messageOf, SnoozeError, systemCodeOf } from '../src/errors.ts';
import { VERSION } from '../src/version.ts';

const root = new URL('../..', import.meta.url).pathname;

test('the page of errors and the catalogue say the same', () => {
  const page = readFileSync(join(root, 'docs/errors.md'), 'utf8');
  const documented = Object.fromEntries(
    [...page.matchAll(/^\| `(SNOOZE_E_\w+)` \| (.*) \|$/gm)].map(([, code, meaning]) => [code, meaning]),
  );
  assert.deepEqual(documented, ERROR_MEANINGS);
});

test('every code of the catalogue is used, and every code that is used is in it', () => {
  const files = ['daemon/src', 'cli/src'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts') && file !== 'errors.ts')
      .map((file) => join(root, folder, file)),
  );
  const used = new Set(
    files.flatMap((file) => readFileSync(file, 'utf8').match(/(?<=')SNOOZE_E_[A-Z_]+[A-Z](?=')/g) ?? []),
  );
  assert.deepEqual([...used].sort(), Object.keys(ERROR_MEANINGS).sort());
});

test('an error reads as what, and behind it what to do', () => {
  assert.equal(
    describeError(new SnoozeError('SNOOZE_E_STATE', 'the disk is full', { hint: 'make room' })),
    'the disk is full — make room',
  );
  assert.equal(describeError(new Error('a\n  b')), 'a b');
  const faults = new SnoozeError('SNOOZE_E_PLUGIN_CONFIG', 'db.port: expected a number\ndb.host: unknown key');
  assert.equal(messageOf(faults), 'db.port: expected a number; db.host: unknown key');
  assert.equal(messageOf('text'), 'text');
  assert.equal(systemCodeOf(Object.assign(new Error('x'), { code: 'ENOENT' })), 'ENOENT');
  assert.equal(systemCodeOf('x'), undefined);
});

test('every package has the version of the whole', () => {
  for (const folder of ['.', 'daemon', 'cli', 'plugin-sdk/typescript']) {
    const { version } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')) as { version: string };
    assert.equal(version, VERSION, folder);
  }
});
