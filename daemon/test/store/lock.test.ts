import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { SnoozeError } from '../../src/errors.ts';
import { lockStateDirectory } from '../../src/store/lock.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const MODULE = new URL('../../src/store/lock.ts', import.meta.url).href;

/** Another process that holds the lock of a directory until it is killed, at the latest with the test. */
async function holder(t: TestContext, directory: string) {
  const program = `import { lockStateDirectory } from '${MODULE}'; globalThis.lock = lockStateDirectory(process.argv[1]);
    console.log('held'); setInterval(() => {}, 1000);`;
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', program, directory],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const exited = once(child, 'exit');
  const kill = async () => {
    child.kill('SIGKILL');
    await exited;
  };
  t.after(kill);
  await once(child.stdout, 'data');
  return { pid: child.pid, kill };
}

function refusalOf(directory: string): SnoozeError {
  try {
    lockStateDirectory(directory).release();
  } catch (error) {
    if (error instanceof SnoozeError) return error;
    throw error;
  }
  throw new Error('it was not refused');
}

test('a second process is refused, with the id of the first, until that is killed', async (t) => {
  const directory = temporaryDirectory(t);
  const first = await holder(t, directory);
  for (let attempt = 0; attempt < 2; attempt++) {
    const { code, message, hint } = refusalOf(directory);
    assert.equal(code, 'SNOOZE_E_RUNNING');
    assert.equal(message, `${directory}: snoozed with process id ${first.pid} uses this state directory`);
    assert.match(hint ?? '', /--state-dir/);
  }
  await first.kill();
  lockStateDirectory(directory).release();
});

test('a second daemon of the same process is refused too, and the id stands in a file as long as it is held', (t) => {
  const directory = temporaryDirectory(t);
  const lock = lockStateDirectory(directory);
  assert.equal(readFileSync(join(directory, 'snoozed.pid'), 'utf8'), `${process.pid}\n`);
  assert.equal(refusalOf(directory).code, 'SNOOZE_E_RUNNING');
  lock.release();
  lock.release();
  assert.equal(existsSync(join(directory, 'snoozed.pid')), false);
  lockStateDirectory(directory).release();
});

test('a holder that has not written its id yet is another snoozed, never process 0', (t) => {
  const directory = temporaryDirectory(t);
  const lock = lockStateDirectory(directory);
  t.after(() => lock.release());
  writeFileSync(join(directory, 'snoozed.pid'), '');
  assert.equal(refusalOf(directory).message, `${directory}: another snoozed uses this state directory`);
});

test('two directories are two locks', async (t) => {
  await holder(t, temporaryDirectory(t));
  lockStateDirectory(temporaryDirectory(t)).release();
});

test('a lock file that something else has written is named, with what to do', (t) => {
  const directory = temporaryDirectory(t);
  writeFileSync(join(directory, 'snoozed.lock'), 'no database at all, but long enough for one. '.repeat(20));
  const { code, message, hint } = refusalOf(directory);
  assert.equal(code, 'SNOOZE_E_STATE');
  assert.match(message, /snoozed\.lock: this is no SQLite file/);
  assert.match(hint ?? '', /move it away/);
});
