import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { waitFor } from '../support/wait-for.ts';

const ROOT = new URL('../../..', import.meta.url).pathname;

test('npm start passes on the signal that ends it, and leaves no daemon behind', async (t) => {
  const directory = temporaryDirectory(t);
  const socket = join(directory, 'snoozed.sock');
  const config = join(directory, 'snooze.json');
  writeFileSync(config, '{}');
  const places = ['--config', config, '--state-dir', directory, '--socket', socket];
  const npm = spawn('npm', ['start', '--', ...places], {
    cwd: ROOT,
    stdio: 'ignore',
    env: { ...process.env, AWS_EC2_METADATA_DISABLED: 'true', SNOOZE_EVENTS__TELL_PEOPLE: 'false' },
  });
  const ended = once(npm, 'exit');
  const pidFile = join(directory, 'snoozed.pid');
  const pid = await waitFor('the daemon', () =>
    npm.exitCode === null ? existsSync(pidFile) && Number(readFileSync(pidFile, 'utf8')) : Number.NaN,
  );
  t.after(() => existsSync(pidFile) && process.kill(pid, 'SIGKILL'));
  npm.kill('SIGTERM');
  await ended;
  assert.equal(existsSync(pidFile), false);
  assert.throws(() => process.kill(pid, 0), { code: 'ESRCH' });
});
