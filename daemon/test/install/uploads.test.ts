import assert from 'node:assert/strict';
import { readdirSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { createUploads } from '../../src/install/uploads.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { makeInstaller } from './package.ts';

const FOREVER = new Promise<void>(() => {});

function room(t: TestContext) {
  const directory = temporaryDirectory(t);
  const clock = createFakeClock();
  const uploads = createUploads(makeInstaller(directory).installer, clock);
  return { clock, uploads, left: () => readdirSync(join(directory, 'plugins')) };
}

test('an upload that nobody ends is forgotten after a quarter of an hour, with all that it has left', async (t) => {
  const { clock, uploads, left } = room(t);
  const id = uploads.begin('/from/here', null, FOREVER);
  uploads.append(id, Buffer.from('some'));
  await clock.advance(14 * 60_000);
  assert.equal(uploads.find(id).source, '/from/here');
  await clock.advance(60_000);
  assert.throws(() => uploads.find(id), /there is no upload .*, or no more/);
  assert.deepEqual(left(), []);
});

test('an upload that is ended leaves no timer and no file, and can be ended again', (t) => {
  const { clock, uploads, left } = room(t);
  const id = uploads.begin('x', null, FOREVER);
  uploads.end(id);
  uploads.end(id);
  assert.deepEqual([left(), clock.waiting()], [[], 0]);
});

test('a package that is too large ends its upload as soon as that is known', (t) => {
  const { uploads, left } = room(t);
  const id = uploads.begin('x', null, FOREVER);
  const part = Buffer.alloc(32 * 1024 * 1024);
  uploads.append(id, part);
  uploads.append(id, part);
  assert.throws(() => uploads.append(id, Buffer.from('x')), /the package has more than 64 MiB/);
  assert.throws(() => uploads.append(id, Buffer.from('x')), /there is no upload/);
  assert.deepEqual(left(), []);
});

test('an upload whose client goes away leaves nothing, but where it is being installed, which ends by itself', async (t) => {
  const { clock, uploads, left } = room(t);
  const { promise: gone, resolve: go } = Promise.withResolvers<void>();
  const id = uploads.begin('x', null, gone);
  const taken = uploads.take(uploads.begin('y', null, gone));
  go();
  await clock.advance(0);
  assert.throws(() => uploads.find(id), /there is no upload/);
  assert.deepEqual([left(), clock.waiting()], [[basename(taken.staging)], 0]);
});

test('a package that cannot be written is told with where it is from, and is over', (t) => {
  const { uploads, left } = room(t);
  const id = uploads.begin('/from/here', null, FOREVER);
  rmSync(uploads.find(id).staging, { recursive: true });
  assert.throws(
    () => uploads.append(id, Buffer.from('x')),
    /^SnoozeError: \/from\/here: this cannot be installed: ENOENT/,
  );
  assert.throws(() => uploads.find(id), /there is no upload/);
  assert.deepEqual(left(), []);
});
