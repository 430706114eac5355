import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { isRunning } from '../support/processes.ts';
import { requires } from '../support/requires.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { waitFor } from '../support/wait-for.ts';

const ROOT = new URL('../../..', import.meta.url).pathname;

/** A terminal with a command; closed when a SIGHUP has made the daemon ($2: its pid) look at a file ($1) that is not valid. */
const TERMINAL = `import os, pty, signal, sys
pid, master = pty.fork()
if pid == 0: os.execvp(sys.argv[3], sys.argv[3:])
seen = b""
while b"is ready" not in seen: seen += os.read(master, 4096)
open(sys.argv[1], "w").write("{")
os.kill(int(open(sys.argv[2]).read()), signal.SIGHUP)
while b"was not read again" not in seen: seen += os.read(master, 4096)
os.close(master)
`;

/** Runs `npm start`, by `program` where one is given; gives its process and the daemon's. */
async function npmStart(t: TestContext, ...program: string[]) {
  const directory = temporaryDirectory(t);
  const config = join(directory, 'snooze.json');
  const pidFile = join(directory, 'snoozed.pid');
  writeFileSync(config, '{}');
  const places = ['--config', config, '--state-dir', directory, '--socket', join(directory, 'snoozed.sock')];
  const above = program.length === 0 ? [] : [...program, config, pidFile];
  const [command = '', ...args] = [...above, 'npm', 'start', '--', ...places];
  const child = spawn(command, args, {
    cwd: ROOT,
    stdio: 'ignore',
    env: { ...process.env, AWS_EC2_METADATA_DISABLED: 'true', SNOOZE_EVENTS__TELL_PEOPLE: 'false' },
  });
  const ended = once(child, 'exit');
  const pid = await waitFor('the daemon', () =>
    child.exitCode === null ? existsSync(pidFile) && Number(readFileSync(pidFile, 'utf8')) : Number.NaN,
  );
  t.after(() => existsSync(pidFile) && process.kill(pid, 'SIGKILL'));
  return { child, ended, pid, pidFile };
}

test('npm start passes on the signal that ends it, and leaves no daemon behind', async (t) => {
  const { child, ended, pid, pidFile } = await npmStart(t);
  child.kill('SIGTERM');
  await ended;
  assert.equal(existsSync(pidFile), false);
  assert.throws(() => process.kill(pid, 0), { code: 'ESRCH' });
});

test('npm start ends with its terminal, on which a SIGHUP only reads the configuration again', {
  skip: requires('python3'),
}, async (t) => {
  const { ended, pid, pidFile } = await npmStart(t, 'python3', '-c', TERMINAL);
  assert.deepEqual(await ended, [0, null]);
  await waitFor('the end of the daemon', () => !isRunning(pid));
  assert.equal(existsSync(pidFile), false, 'it has cleared up');
});
