import assert from 'node:assert/strict';
import { closeSync, fstatSync, mkdirSync, openSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { openHostFiles } from '../../src/monitors/host-files.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

/** Each record of these is short and there are many: the kernel hands them out a page at a time. */
const PAGED = ['kallsyms', 'self/smaps'].find((path) => {
  try {
    return readFileSync(join('/proc', path)).length > 16_384;
  } catch {
    return false; // this kernel has no such file
  }
});

test('a file of many records is read to its end, not to its first page', {
  skip: PAGED === undefined && 'needs a long file in /proc',
}, (t) => {
  const files = openHostFiles();
  t.after(() => files.close());
  const path = PAGED ?? '';
  for (const round of ['opened', 'kept']) {
    const lines = files.proc(path).split('\n').length;
    const expected = readFileSync(join('/proc', path), 'latin1').split('\n').length;
    assert.ok(Math.abs(lines - expected) < expected / 10, `${round}: ${lines} lines of ${expected}`);
  }
});

test('a kept descriptor gives what stands in the file now, shorter or longer than the buffer', (t) => {
  const root = temporaryDirectory(t);
  const files = openHostFiles({ procRoot: root });
  t.after(() => files.close());
  for (const length of [10, 16_383, 16_384, 16_385, 100_000, 0, 3]) {
    const text = 'x'.repeat(length);
    writeFileSync(join(root, 'stat'), text);
    assert.equal(files.proc('stat'), text);
  }
});

test('a descriptor that went bad is opened anew, once', (t) => {
  const root = temporaryDirectory(t);
  writeFileSync(join(root, 'stat'), 'cpu 1\n');
  const before = openSync(join(root, 'stat'), 'r');
  closeSync(before);
  const files = openHostFiles({ procRoot: root });
  t.after(() => files.close());
  files.proc('stat');
  assert.equal(fstatSync(before).isFile(), true, 'the lowest free descriptor is the one that is kept');
  closeSync(before);
  assert.equal(files.proc('stat'), 'cpu 1\n');
  closeSync(before);
  rmSync(join(root, 'stat'));
  assert.throws(() => files.proc('stat'), /ENOENT.*stat/);
  writeFileSync(join(root, 'stat'), 'cpu 2\n');
  assert.equal(files.proc('stat'), 'cpu 2\n');
});

test('what is missing is an error in /proc, and nothing in /sys and /dev', (t) => {
  const root = temporaryDirectory(t);
  const files = openHostFiles({ procRoot: root, sysRoot: root, devRoot: root });
  assert.throws(() => files.proc('net/dev'), /ENOENT/);
  assert.deepEqual(
    [files.sys('a'), files.listSys('a'), files.resolveSys('a'), files.listDev('pts'), files.terminalTimes('tty1')],
    [undefined, [], undefined, [], undefined],
  );
});

test('/sys is read trimmed, listed, and followed through its links; a plain file is no terminal', (t) => {
  const root = temporaryDirectory(t);
  mkdirSync(join(root, 'devices/eth0'), { recursive: true });
  symlinkSync('devices/eth0', join(root, 'eth0'));
  writeFileSync(join(root, 'eth0/type'), '1\n');
  const files = openHostFiles({ sysRoot: root, devRoot: root });
  assert.equal(files.sys('eth0/type'), '1');
  assert.deepEqual(files.listSys('eth0'), ['type']);
  assert.match(files.resolveSys('eth0') ?? '', /devices\/eth0$/);
  assert.equal(files.terminalTimes('eth0/type'), undefined);
  assert.equal(typeof openHostFiles().terminalTimes('null')?.mtimeMs, 'number');
});

test('closing ends every descriptor, and twice is once', (t) => {
  const root = temporaryDirectory(t);
  writeFileSync(join(root, 'stat'), 'cpu 1\n');
  const files = openHostFiles({ procRoot: root });
  const next = openSync(join(root, 'stat'), 'r');
  closeSync(next);
  files.proc('stat');
  files.close();
  assert.throws(() => fstatSync(next), /EBADF/);
  files.close();
});
