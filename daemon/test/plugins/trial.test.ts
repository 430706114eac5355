import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { systemClock } from '../../src/clock.ts';
import { plainSpec } from '../../src/plugins/manifest/instance-spec.ts';
import { readManifest } from '../../src/plugins/manifest/read-manifest.ts';
import { descendantsOf } from '../../src/plugins/sandbox/processes.ts';
import { startTrial, type Trial } from '../../src/plugins/trial.ts';
import { writePlugin } from '../support/daemon-process.ts';
import { isRunning } from '../support/processes.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { waitFor } from '../support/wait-for.ts';

const LOOP = 'while read -r line; do :; done';
const nameOf = (pid: number) => readFileSync(`/proc/${pid}/comm`, 'utf8').trim();
const QUIET = { debug() {}, info() {}, warn() {}, error() {} };

async function start(t: TestContext, script: string): Promise<{ trial: Trial; faults: string[] }> {
  const folder = temporaryDirectory(t);
  const directory = writePlugin(
    folder,
    { name: 'mine', exec: { command: 'sh', args: ['run.sh'] } },
    { 'run.sh': script },
  );
  const faults: string[] = [];
  const trial = await startTrial({
    spec: plainSpec(readManifest(directory), directory),
    stateDirectory: join(folder, 'state'),
    sandbox: 'off',
    environment: process.env,
    clock: systemClock,
    log: QUIET,
    onFault: ({ message }) => void faults.push(message),
    onExchange: () => {},
  });
  t.after(() => trial.stop());
  return { trial, faults };
}

test('a plugin on trial is ended one way at a time, and tells how it went', async (t) => {
  const { trial: ended } = await start(t, `${LOOP}; exit 3`);
  ended.process?.endInput();
  assert.deepEqual(await ended.process?.exited, { code: 3, signal: null, leftBehind: [] });
  const { trial: terminated } = await start(t, LOOP);
  terminated.process?.terminate();
  assert.deepEqual(await terminated.process?.exited, { code: null, signal: 'SIGTERM', leftBehind: [] });
  const { trial: unread } = await start(t, `while read -r line; do echo "$line" || exit 5; done`);
  unread.process?.endOutput();
  unread.runner.call('CheckIdle', {}, { timeoutMs: 5_000 }).catch(() => {});
  const { code, signal } = (await unread.process?.exited) ?? {};
  assert.ok(code === 5 || signal === 'SIGPIPE', `${code} ${signal}`);
});

test('what a plugin leaves behind is found before it is ended, even outside of its process group', async (t) => {
  const { trial } = await start(t, `setsid sleep 600 & sleep 601 & ${LOOP}`);
  const pid = trial.process?.pid ?? 0;
  await waitFor('its memory', () => (trial.process?.rssBytes() ?? 0) > 0);
  const areAsleep = () => descendantsOf(pid).map(nameOf).join() === 'sleep,sleep';
  await waitFor('what it has started to be what it will be', areAsleep);
  trial.process?.endInput();
  const { leftBehind = [] } = (await trial.process?.exited) ?? {};
  assert.equal(leftBehind.filter(({ name }) => name !== '').length, 2);
  for (const { pid: left } of leftBehind) process.kill(left, 'SIGKILL');
  await waitFor('all to be gone', () => [pid, ...leftBehind.map((one) => one.pid)].every((one) => !isRunning(one)));
});

test('what is no message is told, each time', async (t) => {
  const { trial, faults } = await start(t, `echo hello; echo world; ${LOOP}`);
  await waitFor('two lines', () => faults.length === 2);
  await trial.stop();
  assert.match(faults.join(), /hello.*world/);
});
