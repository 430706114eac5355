import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { type DaemonProcess, QUIET, startDaemonProcess, writePlugin } from '../support/daemon-process.ts';
import { requires } from '../support/requires.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { waitFor } from '../support/wait-for.ts';

const SNOOZE = new URL('../../../cli/bin/snooze', import.meta.url).pathname;
const MINE = String.raw`#!/bin/sh
while read -r line; do
  id=$(expr "$line" : '.*"id":\([0-9]*\)')
  case $line in
    *'"method":"Diagnose"'*) answer='{"status":"degraded","findings":[{"id":"1","category":"memory","severity":"warning","title":"fragmented","detail":"1.9 of 1.5","suggestion":"restart redis"}]}' ;;
    *'"args":["--last","10"]'*) answer='{"exit_code":0,"output":"  ten\nlines\n"}' ;;
    *'"method":"RunCommand"'*) sleep 0.01; answer='{"exit_code":2,"output":"what?"}' ;;
    *) answer='{"is_idle":true,"reason":"nothing to do"}' ;;
  esac
  printf '%s\n' '{"id":'"$id"',"result":'"$answer"'}'
done
`;

/** A daemon with the plugin `mine` enabled and `spare` disabled, and the CLI for it. */
async function startWithMine(t: Parameters<typeof startDaemonProcess>[0]) {
  const directory = temporaryDirectory(t);
  for (const name of ['mine', 'spare'])
    writePlugin(join(directory, 'plugins'), { name, exec: { command: './run.sh' } }, { 'run.sh': MINE });
  const plugins = { plugin_configs: { mine: {} } };
  // asked seldom, so that on a slow machine its checks do not fill the log of slow calls
  const config = { ...QUIET, check_interval_seconds: 60, naptime_minutes: 60, plugins };
  const daemon = await startDaemonProcess(t, { directory, config });
  await waitFor('the plugin', async () => (await daemon.status()).plugins[0]?.state === 'running');
  return { daemon, snooze: (...args: string[]) => snooze(daemon, ...args) };
}

/** Runs the CLI as a user does. */
async function snooze(daemon: DaemonProcess, ...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const child = spawn(SNOOZE, ['--socket', daemon.socket, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '';
  let err = '';
  child.stdout.on('data', (chunk) => (out += chunk));
  child.stderr.on('data', (chunk) => (err += chunk));
  const [code] = await once(child, 'close');
  return { code: code as number, out, err };
}

test('restart gives the first verdict of the new process, or says why there is none', async (t) => {
  const { daemon, snooze } = await startWithMine(t);
  const before = (await daemon.status()).plugins[0]?.pid;
  const { code, out } = await snooze('plugin', 'restart', 'mine');
  assert.equal(code, 0);
  assert.match(out, /mine running · idle · nothing to do/);
  assert.notEqual((await daemon.status()).plugins[0]?.pid, before);
  const info = await snooze('plugin', 'info', 'mine');
  assert.match(info.out, /since +\d\d:\d\d:\d\d: it is ready/);
  const disabled = await snooze('plugin', 'restart', 'spare');
  assert.deepEqual(
    [disabled.code, disabled.err],
    [1, 'snooze: spare is disabled\n  type: snooze plugin enable spare\n'],
  );
  assert.equal((await snooze('plugin', 'restart', 'nobody')).code, 1);
});

test('diagnose and run show what the plugin says, and a failed command ends with 1', async (t) => {
  const { snooze } = await startWithMine(t);
  const { code, out } = await snooze('plugin', 'diagnose', 'mine');
  assert.deepEqual(
    [code, out.split('\n')],
    [0, ['degraded · 1 found', '  warning · memory: fragmented', '    1.9 of 1.5', '    → restart redis', '']],
  );
  assert.deepEqual(await snooze('plugin', 'run', 'mine', 'slowlog', '--last', '10'), {
    code: 0,
    out: '  ten\nlines\n',
    err: '',
  });
  assert.deepEqual(await snooze('plugin', 'run', 'mine', 'dance'), { code: 1, out: 'what?\n', err: '' });
  assert.equal((await snooze('plugin', 'run', 'mine')).code, 2);
});

test('a plugin keeps the host awake, and status says which one and why', { skip: requires('python3') }, async (t) => {
  const directory = temporaryDirectory(t);
  const program = readFileSync(new URL('../plugins/fixtures/caller.py', import.meta.url), 'utf8');
  const host = ['Host.Inhibit', 'Host.EmitEvent'];
  const manifest = { name: 'caller', exec: { command: 'python3', args: ['caller.py'] }, permissions: { host } };
  writePlugin(join(directory, 'plugins'), manifest, { 'caller.py': program });
  const plugins = { plugin_configs: { caller: {} } };
  const daemon = await startDaemonProcess(t, { directory, config: { ...QUIET, naptime_minutes: 60, plugins } });
  const inhibited = await snooze(
    daemon,
    'plugin',
    'run',
    'caller',
    'Host.Inhibit',
    '{"reason":"saving","ttl_seconds":60}',
  );
  assert.equal(inhibited.code, 0, inhibited.err + inhibited.out);
  const { inhibitors } = await daemon.status();
  assert.ok(
    inhibitors.some(({ kind, reason }) => kind === 'lease' && reason === 'plugin caller keeps it awake: saving'),
  );
  const emitted = await snooze(daemon, 'plugin', 'run', 'caller', 'Host.EmitEvent', '{"type":"custom.mine"}');
  const { id } = JSON.parse(emitted.out) as { id: string };
  assert.equal((await daemon.client.call('events.show', { id })).event.source, 'plugin caller');
});

test('logs shows what a plugin has said, and -f what it says next until it is interrupted', async (t) => {
  const { daemon, snooze } = await startWithMine(t);
  const { code, out } = await snooze('plugin', 'logs', 'mine');
  assert.equal(code, 0);
  assert.match(out, /^\d\d:\d\d:\d\d debug is running: it is ready$/m);
  assert.equal((await snooze('plugin', 'logs', 'nobody')).code, 1);
  const follow = spawn(SNOOZE, ['--socket', daemon.socket, 'plugin', 'logs', 'mine', '-f']);
  const ended = once(follow, 'close');
  let followed = '';
  follow.stdout.on('data', (chunk) => (followed += chunk));
  await waitFor('the lines of before', () => followed.includes('it is ready'));
  await snooze('plugin', 'restart', 'mine');
  await waitFor('the restart', () => followed.includes('is stopped: snooze plugin restart'));
  follow.kill('SIGINT');
  assert.deepEqual((await ended)[0], 0);
});

test('info shows what a plugin costs, and slowlog the calls that took long', async (t) => {
  const { snooze } = await startWithMine(t);
  const info = await snooze('plugin', 'info', 'mine');
  assert.match(info.out, /memory +\d+\.\d MiB in \d process/);
  assert.match(info.out, /Initialize +1 /);
  const { details } = JSON.parse((await snooze('plugin', 'info', 'mine', '--json')).out);
  assert.ok(details.statistics.methods.Initialize.calls === 1);
  assert.equal(JSON.parse((await snooze('plugin', 'info', 'spare', '--json')).out).details, null);
  await snooze('plugin', 'slowlog', '--threshold', '1');
  await snooze('plugin', 'run', 'mine', 'dance');
  const slow = await snooze('plugin', 'slowlog', '--reset');
  assert.match(slow.out, /mine +RunCommand dance\n(.*\n)*calls of 1 ms or longer are kept\n$/);
  assert.equal((await snooze('plugin', 'slowlog', '--threshold', 'many')).code, 2);
});
