import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { QUIET, spawnDaemon, startDaemonProcess, writePlugin } from '../support/daemon-process.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { waitFor } from '../support/wait-for.ts';

type Refusal = { exitCode: number; lines: string[] };

async function refusal(
  t: TestContext,
  { config = '{}', environment = {} as Record<string, string>, flags = [] as string[] },
): Promise<Refusal & { directory: string }> {
  const directory = temporaryDirectory(t);
  writeFileSync(join(directory, 'snooze.json'), config);
  const child = spawnDaemon(
    [
      '--config',
      join(directory, 'snooze.json'),
      '--state-dir',
      join(directory, 'state'),
      '--socket',
      join(directory, 's'),
      ...flags,
    ],
    environment,
  );
  let said = '';
  child.stderr?.on('data', (chunk) => (said += chunk));
  const [exitCode] = await once(child, 'close');
  return { directory, exitCode: exitCode as number, lines: said.trim().split('\n') };
}

const CONFIGS: [name: string, config: string, expected: RegExp][] = [
  [
    'a typo in a key',
    '{"naptime_minuets": 3}',
    /snooze\.json:1:2: naptime_minuets: unknown key, did you mean naptime_minutes\?$/,
  ],
  [
    'a wrong type',
    '{\n  "naptime_minutes": "ten"\n}',
    /snooze\.json:2:3: naptime_minutes: expected a number, found "ten"$/,
  ],
  ['a missing comma', '{\n  "dry_run": true\n  "quorum": 1\n}', /snooze\.json:3:3: expected a comma, found/],
  [
    'an unset variable',
    `{"tagging_prefix": "$\{NOT_SET_ANYWHERE}"}`,
    /snooze\.json:1:2: tagging_prefix: the environment has no NOT_SET_ANYWHERE/,
  ],
  ['an action without its command', '{"action": "exec"}', /exec_command: action "exec" needs a program, found none$/],
];

for (const [name, config, expected] of CONFIGS) {
  test(`a configuration with ${name} is one clear line and exit code 5`, async (t) => {
    const { exitCode, lines } = await refusal(t, { config });
    assert.equal(exitCode, 5);
    assert.equal(lines.length, 1, lines.join('\n'));
    assert.match(lines[0] ?? '', expected);
  });
}

test('a setting of the environment that there is not is named, with the nearest', async (t) => {
  const { exitCode, lines } = await refusal(t, { environment: { SNOOZE_NAPTIME_MINUTE: '3' } });
  assert.equal(exitCode, 5);
  assert.match(lines[0] ?? '', /SNOOZE_NAPTIME_MINUTE: no such setting, did you mean SNOOZE_NAPTIME_MINUTES\?$/);
});

test('an unknown flag is wrong usage', async (t) => {
  const { exitCode, lines } = await refusal(t, { flags: ['--dryrun'] });
  assert.equal(exitCode, 2);
  assert.match(lines[0] ?? '', /'--dryrun'.*snoozed --help/);
});

test('a socket path that is too long is told with its length and what to do', async (t) => {
  const { exitCode, lines } = await refusal(t, { flags: ['--socket', `/tmp/${'long/'.repeat(30)}s`] });
  assert.equal(exitCode, 1);
  assert.match(lines[0] ?? '', /has 156 bytes, at most 107 are possible.*--socket/);
  assert.equal(lines.length, 1);
});

test('a state directory that cannot be made, and one that is a file, are told', async (t) => {
  const directory = temporaryDirectory(t);
  writeFileSync(join(directory, 'file'), '');
  for (const state of [join(directory, 'file'), join(directory, 'file', 'below')]) {
    const { exitCode, lines } = await refusal(t, { flags: ['--state-dir', state] });
    assert.equal(exitCode, 1);
    assert.ok(lines[0]?.includes(`${state}: the state directory cannot be`), lines.join());
    assert.equal(lines.length, 1);
  }
});

const mayMount = spawnSync('unshare', ['-rm', 'mount', '-t', 'tmpfs', 'none', '/mnt']).status === 0;

test('a full state directory is told in one line', {
  skip: !mayMount && 'needs unshare -rm with mount, not allowed here',
}, async (t) => {
  const directory = temporaryDirectory(t);
  mkdirSync(join(directory, 'full'));
  const program = new URL('../../bin/snoozed', import.meta.url).pathname;
  const script = `mount -t tmpfs -o size=16k none "$1/full" && head -c 100000 /dev/zero > "$1/full/filler" 2>/dev/null
    exec "$2" --state-dir "$1/full" --socket "$1/s"`;
  const { status, stderr } = spawnSync('unshare', ['-rm', 'sh', '-c', script, 'sh', directory, program], {
    encoding: 'utf8',
  });
  assert.equal(status, 1);
  assert.match(stderr, /^snoozed: .*\/full.*the state directory cannot be used: .*(full|I\/O error)/);
  assert.equal(stderr.trim().split('\n').length, 1);
});

test('a bad manifest, and a command that does not exist, fail that plugin alone and say why', async (t) => {
  const directory = temporaryDirectory(t);
  const plugins = join(directory, 'plugins');
  mkdirSync(join(plugins, 'nameless'), { recursive: true });
  writeFileSync(join(plugins, 'nameless', 'plugin.json'), '{\n  "version": "1.0.0",\n  "type": "external"\n}');
  writePlugin(plugins, { name: 'ghost', exec: { command: 'no-such-program-anywhere' } });
  const daemon = await startDaemonProcess(t, {
    directory,
    config: { ...QUIET, plugins: { plugin_configs: { nameless: {}, ghost: {} } } },
  });
  const status = await waitFor('both reasons', async () => {
    const now = await daemon.status();
    return (
      now.checks.filter(({ kind, verdict }) => kind === 'plugin' && verdict === 'unknown').length === 2 &&
      now.plugins.every(({ state }) => state === 'failed') &&
      now
    );
  });
  const reasonOf = (name: string) => status.plugins.find(({ instance }) => instance === name)?.last_error ?? '';
  assert.match(reasonOf('nameless'), /nameless\/plugin\.json:1:1: name: is missing/);
  assert.match(reasonOf('ghost'), /there is no program no-such-program-anywhere on the PATH/);
  assert.equal(status.state, 'active');
  assert.ok(status.checks.some(({ name, verdict }) => name === 'cpu' && verdict === 'idle'));
});
