import assert from 'node:assert/strict';
import { chmodSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { ActionContext } from '../../src/actions/action.ts';
import { ACTIONS, findAction } from '../../src/actions/registry.ts';
import { createLocalProvider } from '../../src/cloud/local.ts';
import type { Provider } from '../../src/cloud/provider.ts';
import { runCommand } from '../../src/command.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const PROVIDER: Provider = {
  ...createLocalProvider(),
  identity: {
    provider: 'aws',
    instanceId: 'i-0aa',
    instanceType: null,
    region: null,
    availabilityZone: null,
    accountId: null,
    lifecycle: null,
  },
};

function context(values: Partial<ActionContext> = {}): ActionContext {
  return {
    provider: PROVIDER,
    run: runCommand,
    reason: 'idle for 30 min',
    idleSeconds: 1800.4,
    execCommand: [],
    signal: new AbortController().signal,
    ...values,
  };
}

/** A `systemctl` of our own, first on the PATH for the time of the test. */
function withSystemctl(t: TestContext, script: string): string {
  const directory = temporaryDirectory(t);
  const file = join(directory, 'systemctl');
  writeFileSync(file, `#!/bin/sh\n${script}\n`);
  chmodSync(file, 0o755);
  const path = process.env['PATH'];
  process.env['PATH'] = `${directory}:${path}`;
  t.after(() => {
    process.env['PATH'] = path;
  });
  return directory;
}

test('every action that has a file is in the list, under its file’s name', () => {
  const files = readdirSync(new URL('../../src/actions/', import.meta.url));
  const actions = files.filter((name) => !['action.ts', 'registry.ts'].includes(name));
  assert.deepEqual(ACTIONS.map(({ name }) => `${name}.ts`).toSorted(), actions.toSorted());
  for (const action of ACTIONS) assert.equal(findAction(action.name), action);
});

test('stop asks the provider, and describes what the provider would do', async () => {
  const stopped: AbortSignal[] = [];
  const provider: Provider = {
    ...PROVIDER,
    describeStop: () => 'call StopInstances for i-0aa',
    stop: async (signal) => void stopped.push(signal),
  };
  const given = context({ provider });
  assert.equal(findAction('stop').describe(given), 'call StopInstances for i-0aa');
  assert.deepEqual(stopped, []);
  await findAction('stop').perform(given);
  assert.deepEqual(stopped, [given.signal]);
});

test('stop passes the cloud’s refusal on as it is', async () => {
  await assert.rejects(findAction('stop').perform(context()), {
    code: 'SNOOZE_E_CLOUD_FAILED',
    message: /in no cloud/,
  });
});

test('none does nothing and says so', async () => {
  assert.equal(findAction('none').describe(context()), 'do nothing (action "none")');
  await findAction('none').perform(context());
});

test('exec runs the program with the reason in its environment and its arguments as they are', async (t) => {
  const file = join(temporaryDirectory(t), 'seen');
  const given = context({ execCommand: ['sh', '-c', 'printf "%s\\n" "$@" > "$0"; env >> "$0"', file, 'a b', '$HOME'] });
  await findAction('exec').perform(given);
  const lines = readFileSync(file, 'utf8').trim().split('\n');
  assert.deepEqual(lines.slice(0, 2), ['a b', '$HOME']);
  for (const line of [
    'SNOOZE_ACTION=exec',
    'SNOOZE_REASON=idle for 30 min',
    'SNOOZE_IDLE_SECONDS=1800',
    'SNOOZE_INSTANCE_ID=i-0aa',
    `PATH=${process.env['PATH']}`,
  ]) {
    assert.ok(lines.includes(line), line);
  }
  assert.equal(
    lines.some((line) => line.startsWith('HOME=')),
    false,
  );
});

test('exec stands a reason that no environment can hold', async (t) => {
  const file = join(temporaryDirectory(t), 'seen');
  const execCommand = ['sh', '-c', 'echo "$SNOOZE_REASON" > "$0"', file];
  await findAction('exec').perform(context({ reason: 'a\0b', execCommand }));
  assert.equal(readFileSync(file, 'utf8'), 'a b\n');
});

test('exec describes the words so that they can be told apart', () => {
  const described = findAction('exec').describe(context({ execCommand: ['/opt/stop it', '--why', 'a "b"'] }));
  assert.equal(described, 'run "/opt/stop it" "--why" "a \\"b\\""');
});

test('exec that fails is an error with the exit code and the last line it wrote', async () => {
  const perform = (script: string) => findAction('exec').perform(context({ execCommand: ['sh', '-c', script] }));
  await assert.rejects(perform('echo first >&2; echo the disk is busy >&2; exit 3'), {
    code: 'SNOOZE_E_ACTION',
    message: 'sh ended with 3: the disk is busy',
  });
  await assert.rejects(perform('exit 1'), { code: 'SNOOZE_E_ACTION', message: 'sh ended with 1: it said nothing' });
});

test('exec of a program that is not there names it', async () => {
  await assert.rejects(findAction('exec').perform(context({ execCommand: ['/no/such/program'] })), {
    code: 'SNOOZE_E_COMMAND',
    message: '/no/such/program: there is no such program',
  });
});

test('exec without a program says what to configure', async () => {
  assert.match(findAction('exec').describe(context()), /exec_command is empty/);
  await assert.rejects(findAction('exec').perform(context()), { code: 'SNOOZE_E_ACTION', hint: /set exec_command to/ });
});

test('poweroff runs systemctl poweroff', async (t) => {
  const directory = withSystemctl(t, 'echo "$@" > "$(dirname "$0")/called"');
  assert.equal(findAction('poweroff').describe(context()), 'run systemctl poweroff');
  await findAction('poweroff').perform(context());
  assert.equal(readFileSync(join(directory, 'called'), 'utf8'), 'poweroff\n');
});

test('poweroff that is refused says why and what gives the right', async (t) => {
  withSystemctl(t, 'echo "Call to PowerOff failed: Access denied" >&2; exit 1');
  await assert.rejects(findAction('poweroff').perform(context()), {
    code: 'SNOOZE_E_ACTION',
    message: 'systemctl poweroff ended with 1: Call to PowerOff failed: Access denied',
    hint: /polkit/,
  });
});

for (const name of ['exec', 'poweroff'] as const) {
  test(`${name} is not begun when the daemon is ending`, async (t) => {
    withSystemctl(t, 'exit 0');
    const given = context({ execCommand: ['true'], signal: AbortSignal.abort() });
    await assert.rejects(findAction(name).perform(given), { code: 'SNOOZE_E_COMMAND', message: /not started/ });
  });
}
