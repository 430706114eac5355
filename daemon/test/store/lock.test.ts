import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { lockStateDirectory } from '../../src/store/lock.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const LOCK = new URL('../../src/store/lock.ts', import.meta.url).href;

test('another process holds the lock until it is killed', async (t) => {
  const directory = temporaryDirectory(t);
  const program = `import { lockStateDirectory } from ${JSON.stringify(LOCK)}; lockStateDirectory(${JSON.stringify(directory)}); console.log('held'); setInterval(() => {}, 1000);`;
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', program],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const exited = once(child, 'exit');
  await once(child.stdout, 'data');
  assert.throws(
    () => lockStateDirectory(directory),
    new RegExp(`snoozed with process id ${child.pid} uses this state directory`),
  );
  child.kill('SIGKILL');
  await exited;
  lockStateDirectory(directory).release();
  lockStateDirectory(directory).release();
});
