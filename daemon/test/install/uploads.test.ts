import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { createUploads } from '../../src/install/uploads.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { makeInstaller } from './package.ts';

function room(t: TestContext) {
  const directory = temporaryDirectory(t);
  const clock = createFakeClock();
  const uploads = createUploads(makeInstaller(directory).installer, clock);
  return { clock, uploads, left: () => readdirSync(join(directory, 'plugins')) };
}

test('an upload that nobody ends is forgotten after a quarter of an hour, with all that it has left', async (t) => {
  const { clock, uploads, left } = room(t);
  const id = uploads.begin('/from/here', null);
  uploads.append(id, Buffer.from('some'));
  await clock.advance(14 * 60_000);
  assert.equal(uploads.find(id).source, '/from/here');
  await clock.advance(60_000);
  assert.throws(() => uploads.find(id), /there is no upload .*, or no more/);
  assert.deepEqual(left(), []);
});

test('an upload that is ended leaves no timer and no file, and can be ended again', (t) => {
  const { clock, uploads, left } = room(t);
  const id = uploads.begin('x', null);
  uploads.end(id);
  uploads.end(id);
  assert.deepEqual([left(), clock.waiting()], [[], 0]);
});

test('a package that is too large ends its upload as soon as that is known', (t) => {
  const { uploads, left } = room(t);
  const id = uploads.begin('x', null);
  const part = Buffer.alloc(32 * 1024 * 1024);
  uploads.append(id, part);
  uploads.append(id, part);
  assert.throws(() => uploads.append(id, Buffer.from('x')), /the package has more than 67108864 bytes/);
  assert.throws(() => uploads.append(id, Buffer.from('x')), /there is no upload/);
  assert.deepEqual(left(), []);
});
