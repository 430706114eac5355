import assert from 'node:assert/strict';
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { type CommandOptions, runCommand } from '../src/command.ts';
import { isRunning } from './support/processes.ts';
import { temporaryDirectory } from './support/temporary-directory.ts';
import { waitFor } from './support/wait-for.ts';

const PATH = process.env['PATH'] ?? '';
const LIMIT_MS = 60_000;

function sh(script: string, options: Partial<CommandOptions> = {}) {
  return runCommand('sh', ['-c', script], { timeoutMs: LIMIT_MS, env: { PATH }, ...options });
}

function failsWith(message: RegExp) {
  return { name: 'SnoozeError', code: 'SNOOZE_E_COMMAND', message };
}

test('a program gives its exit code and both outputs, whatever the code is', async () => {
  assert.deepEqual(await sh('echo out; echo err >&2; exit 3'), { exitCode: 3, stdout: 'out\n', stderr: 'err\n' });
});

test('nothing of the environment is inherited but what is given', async () => {
  const { stdout } = await runCommand('/usr/bin/env', [], { timeoutMs: LIMIT_MS, env: { ONLY: 'this' } });
  assert.equal(stdout, 'ONLY=this\n');
  const none = await runCommand('/usr/bin/env', [], { timeoutMs: LIMIT_MS });
  assert.equal(none.stdout, '');
});

test('arguments reach the program as they are, without a shell between', async () => {
  const { stdout } = await runCommand('printf', ['%s|', 'a b', '$HOME; "x"'], { timeoutMs: LIMIT_MS, env: { PATH } });
  assert.equal(stdout, 'a b|$HOME; "x"|');
});

test('a program reads its input and works where it is told to', async (t) => {
  const cwd = temporaryDirectory(t);
  const { stdout } = await sh('cat; pwd', { cwd, input: 'hello\n' });
  assert.equal(stdout, `hello\n${cwd}\n`);
});

test('without input a program meets the end of its standard input at once', async () => {
  assert.equal((await sh('cat; echo done')).stdout, 'done\n');
});

test('a program that reads none of a large input is no error', async () => {
  assert.equal((await sh('exit 0', { input: 'x'.repeat(1_000_000) })).exitCode, 0);
});

test('each output is cut at 64 KiB, and the program is not held up by that', async () => {
  const { stdout, stderr, exitCode } = await sh('head -c 300000 /dev/zero | tr "\\0" a; echo end >&2; exit 7');
  assert.equal(stdout.length, 64 * 1024);
  assert.equal(stderr, 'end\n');
  assert.equal(exitCode, 7);
});

test('each output is cut where the caller says', async () => {
  const { stdout, stderr } = await sh('head -c 300000 /dev/zero; head -c 200001 /dev/zero >&2', {
    outputLimitBytes: 200_000,
  });
  assert.deepEqual([stdout.length, stderr.length], [200_000, 200_000]);
});

test('a missing program is named', async () => {
  await assert.rejects(
    runCommand('no-such-program', [], { timeoutMs: LIMIT_MS, env: { PATH } }),
    failsWith(/^no-such-program: there is no such program$/),
  );
});

test('a missing working directory is not taken for a missing program', async () => {
  await assert.rejects(sh('true', { cwd: '/nonexistent' }), failsWith(/^sh: .*\/nonexistent does not exist$/));
});

test('a file that is no program is named with the reason', async (t) => {
  const file = join(temporaryDirectory(t), 'plain.txt');
  writeFileSync(file, 'text');
  chmodSync(file, 0o644);
  await assert.rejects(runCommand(file, [], { timeoutMs: LIMIT_MS }), failsWith(/plain\.txt: it may not be executed$/));
});

test('what the system would refuse before a start is a clear error too', async () => {
  await assert.rejects(runCommand('', [], { timeoutMs: LIMIT_MS }), failsWith(/^an empty command: /));
  await assert.rejects(runCommand('echo', ['a\0b'], { timeoutMs: LIMIT_MS }), failsWith(/^echo: .*null bytes/));
});

test('a program that a signal ends is an error that names the signal', async () => {
  await assert.rejects(sh('kill -TERM $$'), failsWith(/^sh: it was ended by SIGTERM$/));
});

test('when the time is over the whole process group ends, deaf ones included', async (t) => {
  const file = join(temporaryDirectory(t), 'pid');
  const script = `trap "" TERM; sh -c 'trap "" TERM; echo $$ > ${file}; sleep 600' & wait; sleep 600`;
  const written = () => Number(existsSync(file) && readFileSync(file, 'utf8'));
  // as long as this machine takes to start both
  for (let timeoutMs = 250; written() === 0 && timeoutMs < LIMIT_MS; timeoutMs *= 4)
    await assert.rejects(
      sh(script, { timeoutMs }),
      failsWith(new RegExp(`^sh: it did not end within ${timeoutMs} ms$`)),
    );
  const grandchild = written();
  assert.ok(grandchild > 0);
  await waitFor('the end of the grandchild', () => !isRunning(grandchild));
});

test('a program that shares the group of its caller is in it, and is ended without it', async () => {
  const groups = async (sharesGroup: boolean) =>
    new Set((await sh('ps -o pgid= -p $$ -p $PPID', { sharesGroup })).stdout.trim().split(/\s+/)).size;
  assert.deepEqual([await groups(true), await groups(false)], [1, 2]);
  const late = sh('exec sleep 600', { sharesGroup: true, timeoutMs: 100 });
  await assert.rejects(late, failsWith(/^sh: it did not end within 100 ms$/));
});

test('an abort ends the group and says that nobody waits', async (t) => {
  const file = join(temporaryDirectory(t), 'pid');
  const controller = new AbortController();
  const running = sh(`echo $$ > ${file}; sleep 600`, { signal: controller.signal });
  const rejected = assert.rejects(running, failsWith(/^sh: it was not waited for any more$/));
  const pid = Number(await waitFor('the program', () => existsSync(file) && readFileSync(file, 'utf8').trim()));
  controller.abort();
  await rejected;
  await waitFor('its end', () => !isRunning(pid));
});

test('an abort that came first starts nothing', async (t) => {
  const file = join(temporaryDirectory(t), 'started');
  await assert.rejects(sh(`touch ${file}`, { signal: AbortSignal.abort() }), failsWith(/^sh: it was not started/));
  assert.equal(existsSync(file), false);
});

test('a signal that outlives many programs keeps no listener of them', async () => {
  const { signal } = new AbortController();
  let listeners = 0;
  const add = signal.addEventListener.bind(signal);
  const remove = signal.removeEventListener.bind(signal);
  signal.addEventListener = (...args: Parameters<typeof add>) => {
    listeners += 1;
    add(...args);
  };
  signal.removeEventListener = (...args: Parameters<typeof remove>) => {
    listeners -= 1;
    remove(...args);
  };
  await sh('true', { signal });
  await assert.rejects(runCommand('no-such-program', [], { timeoutMs: LIMIT_MS, env: { PATH }, signal }));
  assert.equal(listeners, 0);
});

test('a grandchild that keeps the output open does not keep the caller waiting', async (t) => {
  const file = join(temporaryDirectory(t), 'pid');
  const { stdout, exitCode } = await sh(`sleep 600 & echo $! > ${file}; echo said; exit 0`);
  const grandchild = Number(readFileSync(file, 'utf8'));
  t.after(() => process.kill(grandchild, 'SIGKILL'));
  assert.deepEqual({ stdout, exitCode }, { stdout: 'said\n', exitCode: 0 });
  assert.ok(isRunning(grandchild), 'what a program leaves behind on purpose goes on');
});
