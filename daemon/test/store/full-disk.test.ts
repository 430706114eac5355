import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const NODE = [process.execPath, '--disable-warning=ExperimentalWarning'];
const FILL_AND_FREE = new URL('./fixtures/fill-and-free.ts', import.meta.url).pathname;
const OPEN_STATE = new URL('./fixtures/open-state.ts', import.meta.url).pathname;

const mayMount = spawnSync('unshare', ['-rm', 'mount', '-t', 'tmpfs', 'none', '/mnt']).status === 0;
const skipMount = { skip: !mayMount && 'needs unshare -rm with mount, not allowed here' };
const mayLimit = spawnSync('prlimit', ['--fsize=100000', 'true']).status === 0;
const skipLimit = { skip: !mayLimit && 'needs prlimit, not installed here' };

/** Runs a fixture on `disk`, a disk of 4 MiB, after the shell command `before`. */
function onSmallDisk(disk: string, before: string, fixture: string): string {
  mkdirSync(disk);
  const script = `mount -t tmpfs -o size=4m none "$0" && cd "$0" && ${before}; cd / && exec "$@"`;
  const args = ['-rm', 'sh', '-c', script, disk, ...NODE, fixture, disk];
  const { stdout, stderr } = spawnSync('unshare', args, { encoding: 'utf8', timeout: 60_000 });
  assert.notEqual(stdout, '', stderr);
  return stdout;
}

test(
  'a full disk costs history and samples a line each, and an event says so; with room all goes on',
  skipMount,
  (t) => {
    const stdout = onSmallDisk(join(temporaryDirectory(t), 'disk'), 'true', FILL_AND_FREE);
    const { lines, full, free, kept } = JSON.parse(stdout);
    assert.deepEqual(lines, [
      'the history cannot be written, entries are lost: the disk is full',
      'samples are not kept until there is room: the disk is full',
      'the history is written again',
      'samples are kept again',
    ]);
    assert.equal(full, 'the journal of events cannot be written: the disk is full');
    assert.deepEqual([free, kept], [true, ['free']]);
  },
);

test('a disk that is full at the start is one line for the lock and one for the store', skipMount, (t) => {
  const disk = join(temporaryDirectory(t), 'disk');
  const lines = onSmallDisk(disk, 'head -c 5000000 /dev/zero > filler 2>/dev/null', OPEN_STATE).trim().split('\n');
  assert.deepEqual(lines, [
    `SNOOZE_E_STATE ${disk}/snoozed.lock: the state directory cannot be used: the disk is full`,
    `SNOOZE_E_STATE ${disk}/snoozed.sqlite: the state directory cannot be used: the disk is full`,
  ]);
});

test('a read-only file system is told as that', skipMount, (t) => {
  const disk = join(temporaryDirectory(t), 'disk');
  const line = `SNOOZE_E_STATE ${disk}: the state directory cannot be used: its file system is read-only (EROFS)`;
  const stdout = onSmallDisk(disk, 'mount -o remount,ro "$0"', OPEN_STATE);
  assert.deepEqual(stdout.trim().split('\n'), [line, line]);
});

test('a file that may not grow is the same as a full disk', skipLimit, (t) => {
  const directory = temporaryDirectory(t);
  const program = `
    process.on('SIGXFSZ', () => {});
    const { openStore } = await import('${new URL('../../src/store/open.ts', import.meta.url).href}');
    const { systemClock: clock } = await import('${new URL('../../src/clock.ts', import.meta.url).href}');
    const lines = [], say = (_, line) => lines.push(line), log = { debug: say, info: say, warn: say, error: say };
    const { history, journal, samples } = openStore({ stateDirectory: ${JSON.stringify(directory)}, clock, log });
    const big = 'x'.repeat(20_000);
    for (let i = 0; i < 40; i++) history.add({ kind: 'daemon', cause: 'test', summary: big });
    let refused;
    try { journal.add({ id: 'e', type: 'custom', source: big, timestamp: '', data: {}, severity: 0, deadline: null }); }
    catch (error) { refused = error.code; }
    console.log(JSON.stringify({ lines, refused }));`;
  const { stdout, stderr } = spawnSync('prlimit', ['--fsize=200000', ...NODE, '--input-type=module', '-e', program], {
    encoding: 'utf8',
    timeout: 60_000,
  });
  assert.notEqual(stdout, '', stderr);
  const { lines, refused } = JSON.parse(stdout);
  assert.equal(refused, 'SNOOZE_E_STATE');
  assert.deepEqual(lines.length, 1, lines.join('\n'));
  assert.match(lines[0], /^the history cannot be written, entries are lost: .*(full|I\/O error)/);
});
