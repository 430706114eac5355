import assert from 'node:assert/strict';
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { createFakeClock } from '../support/fake-clock.ts';
import { waitFor } from '../support/wait-for.ts';
import { idlePlugin, shellPlugin, startHost } from './plugin-host.ts';

test('a restart gives a new process, and the history says who asked for it', async (t) => {
  const { host, history } = await startHost(t, [idlePlugin('mine')]);
  const pid = host.list()[0]?.pid;
  await host.restart('mine', 'somebody asked');
  const [after] = host.list();
  assert.deepEqual([after?.state, after?.restarts], ['running', 0]);
  assert.notEqual(after?.pid, pid);
  assert.ok(history.some(({ summary }) => summary === 'mine is stopped: somebody asked'));
});

test('of a plugin that was restarted again and again nothing is kept but the last', async (t) => {
  setFlagsFromString('--expose-gc');
  const collect: () => void = runInNewContext('gc');
  const plain = { manifest: { name: 'plain', process_model: 'exec', exec: { command: './run.sh' } } };
  const { host, lines, history } = await startHost(t, [plain]);
  const heapAfter = async (restarts: number) => {
    for (let count = 0; count < restarts; count++) await host.restart('plain', 'test');
    lines.length = 0;
    history.length = 0;
    collect();
    return process.memoryUsage().heapUsed;
  };
  const before = await heapAfter(200); // fills the log, which keeps its last lines
  assert.ok((await heapAfter(300)) - before < 1_000_000);
});

test('a restart of what is not in use says what to do', async (t) => {
  const { host, config, directory } = await startHost(t, [idlePlugin('mine')]);
  config.plugins.plugin_configs = { other: { plugin: 'mine', enabled: false } };
  await host.reload();
  await assert.rejects(host.restart('mine', 'test'), /mine is disabled/);
  await assert.rejects(host.restart('other', 'test'), /other is disabled/);
  await assert.rejects(host.restart('nobody', 'test'), /there is no plugin or instance nobody/);
  writeFileSync(join(directory, 'mine', 'plugin.json'), '{"naem": "mine"}');
  await assert.rejects(host.restart('mine', 'test'), /plugin\.json:1:2: naem: unknown key, did you mean name\?/);
});

test('a plugin that gave up over its configuration is tried again when a file of a folder in it changes', async (t) => {
  const sources = (program: string) => ({ 'run.sh': '#!/bin/sh\n. ./lib/sh/plugin.sh\n', 'lib/sh/plugin.sh': program });
  const broken = { ...idlePlugin('broken'), files: sources('exit 78') };
  const { host, directory } = await startHost(t, [broken]);
  assert.deepEqual([host.list()[0]?.state, host.list()[0]?.next_try], ['failed', null]);
  const mended = idlePlugin('broken').files?.['run.sh'] ?? '';
  writeFileSync(join(directory, 'broken', 'lib/sh/plugin.sh'), mended);
  await waitFor('its start', () => host.list()[0]?.state === 'running');
  assert.match(host.list()[0]?.cause ?? '', /ready/);
});

test('what cannot even be tried is tried when its manifest is mended, be it spoiled while it was mended', async (t) => {
  const { host, directory } = await startHost(t, [shellPlugin('broken', 'exit 78')]);
  const file = join(directory, 'broken', 'plugin.json');
  const manifest = readFileSync(file, 'utf8');
  writeFileSync(file, `${manifest}}`);
  await waitFor('its refusal', () => /plugin\.json:\d+:\d+/.test(host.list()[0]?.last_error ?? ''));
  writeFileSync(join(directory, 'broken', 'run.sh'), idlePlugin('broken').files?.['run.sh'] ?? '');
  writeFileSync(file, manifest);
  await waitFor('its start', () => host.list()[0]?.state === 'running');
});

test('an instance that is turned off is told by its own name, beside one of the same plugin that runs', async (t) => {
  const { host, config } = await startHost(t, [idlePlugin('mine')]);
  config.plugins.plugin_configs['other'] = { plugin: 'mine', enabled: false };
  await host.reload();
  assert.deepEqual(
    host.list().map(({ instance, plugin, state }) => [instance, plugin, state]),
    [
      ['mine', 'mine', 'running'],
      ['other', 'mine', 'disabled'],
    ],
  );
  assert.equal(host.info('other').summary.instance, 'other');
});

test('a plugin that runs is left as it is by a manifest or a configuration that cannot be read, and says so', async (t) => {
  const mine = idlePlugin('mine');
  const { host, config, directory, history, check } = await startHost(t, [
    { ...mine, manifest: { ...mine.manifest, config_schema: { limit: { type: 'int', default: 1 } } } },
  ]);
  const file = join(directory, 'mine', 'plugin.json');
  const manifest = readFileSync(file, 'utf8');
  const pid = host.list()[0]?.pid;
  for (const [broken, expected] of [
    [
      () => writeFileSync(file, manifest.replace('"exec"', '"exce"')),
      /^runs on as it was: .*plugin\.json:\d+:\d+: .*exec/s,
    ],
    [() => (config.plugins.plugin_configs['mine'] = { limti: 2 }), /^runs on as it was: .*mine\.limti: unknown key/],
  ] as const) {
    broken();
    await host.reload();
    const [summary] = host.list();
    assert.deepEqual([summary?.state, summary?.pid], ['running', pid]);
    assert.match(summary?.degraded ?? '', expected);
    await assert.rejects(host.restart('mine', 'test'), /mine runs on as it was: /);
    assert.equal((await check())[0]?.verdict, 'idle');
    writeFileSync(file, manifest);
  }
  assert.equal(history.filter(({ summary }) => summary.startsWith('mine runs on as it was: ')).length, 2);
  config.plugins.plugin_configs['mine'] = { limit: 2 };
  writeFileSync(file, manifest.replace('1.0.0', '1.1.0'));
  await host.restart('mine', 'test');
  const [{ version, degraded } = {}] = host.list();
  assert.deepEqual([version, degraded], ['1.1.0', null]);
});

test('a plugin whose configuration could not be read is started by a restart once it can be', async (t) => {
  const picky = {
    ...idlePlugin('picky'),
    config: { limti: 1 },
    manifest: { ...idlePlugin('picky').manifest, config_schema: { limit: { type: 'int', default: 1 } } },
  };
  const { host, config } = await startHost(t, [picky]);
  await assert.rejects(host.restart('picky', 'test'), /limti: unknown key/);
  config.plugins.plugin_configs['picky'] = { limit: 1 };
  await host.restart('picky', 'test');
  assert.equal(host.list()[0]?.state, 'running');
});

/** Diagnoses itself, greets, and hangs on `wait` until it is canceled. */
const able = shellPlugin(
  'able',
  `case $line in
    *'"method":"Diagnose"'*) echo '{"id":'$id',"result":{"status":"degraded","findings":[{"id":"a","category":"memory","severity":"warning","title":"much","suggestion":"less"}]}}';;
    *'"command":"wait"'*) touch "$HOME/waits";;
    *'"command":"greet"'*) echo '{"id":'$id',"result":{"exit_code":3,"output":"hello"}}';;
    *'"method":"RunCommand"'*) echo '{"id":'$id',"error":"unknown command"}';;
    *'$/cancelRequest'*) echo canceled >&2;;
    *) echo '{"id":'$id',"result":{"is_idle":true,"reason":"quiet"}}';;
  esac`,
);
const { signal: never } = new AbortController();

test('a diagnosis is told with all that it left out, and a command with its exit code', async (t) => {
  const { host } = await startHost(t, [able, shellPlugin('dumb', `echo '{"id":'$id',"error":{"code":-32601}}'`)]);
  const finding = { id: 'a', category: 'memory', severity: 'warning', title: 'much', detail: null, suggestion: 'less' };
  assert.deepEqual(await host.diagnose('able', [], never), { status: 'degraded', findings: [finding], metrics: {} });
  const greeting = await host.runCommand('able', { command: 'greet', args: ['you'] }, never);
  assert.deepEqual(greeting, { exit_code: 3, output: 'hello' });
  await assert.rejects(
    host.runCommand('able', { command: 'x', args: [] }, never),
    /^SnoozeError: able: unknown command$/,
  );
  await assert.rejects(host.diagnose('dumb', [], never), /dumb does not do Diagnose/);
  await assert.rejects(host.diagnose('nobody', [], never), /there is no plugin or instance nobody/);
});

test('a plugin at a command is busy, and is told when nobody waits for it any more', async (t) => {
  const { host, check, lines, directory } = await startHost(t, [able]);
  const leaving = new AbortController();
  const left = assert.rejects(host.runCommand('able', { command: 'wait', args: [] }, leaving.signal), /nobody waits/);
  await waitFor('the command', () => existsSync(join(directory, 'state', 'plugin-state', 'able', 'waits')));
  assert.deepEqual(
    (await check()).map(({ verdict, reason }) => [verdict, reason]),
    [['busy', 'it runs wait']],
  );
  leaving.abort();
  await left;
  await waitFor('the cancellation', () => lines.some(({ message }) => message === 'canceled'));
  assert.equal((await check())[0]?.verdict, 'idle');
});

test('what is too large for one message is not sent, and the plugin is left as it was', async (t) => {
  const { host, check } = await startHost(t, [able]);
  const pid = host.list()[0]?.pid;
  const huge = { command: 'greet', args: ['x'.repeat(1024 * 1024)] };
  await assert.rejects(host.runCommand('able', huge, never), /RunCommand was not sent: a message of 1048\d+ bytes/);
  assert.equal((await check())[0]?.verdict, 'idle');
  assert.equal(host.list()[0]?.pid, pid);
});

test('the fifth crash in three minutes parks a plugin, which is tried again in an hour, and whenever somebody asks', async (t) => {
  const clock = createFakeClock();
  const crashes = shellPlugin('crashes', `[ "$method" = CheckIdle ] && exit 3; echo '{"id":'$id',"result":{}}'`);
  const { host, history, check } = await startHost(t, [crashes], { clock });
  const crash = async () => {
    await waitFor('its start', () => host.list()[0]?.state === 'running');
    const answer = check();
    await waitFor('its end', () => host.list()[0]?.state === 'failed');
    await clock.advance(1_000); // whoever asked waits so long for its last words
    assert.equal((await answer)[0]?.verdict, 'unknown');
    await clock.advance(8_000);
  };
  const crashFiveTimes = async () => {
    for (let number = 0; number < 5; number++) await crash();
    assert.equal(host.list()[0]?.state, 'failed');
  };
  const words = 'crashes is failed: ./run.sh ended with exit code 3; it crashes again and again: next try in an hour';
  const parked = () => history.filter(({ summary }) => summary === words).length;
  await crashFiveTimes();
  assert.equal(parked(), 1);
  await host.restart('crashes', 'somebody asked');
  await crashFiveTimes();
  assert.equal(parked(), 2);
  await clock.advance(3_600_000);
  await crash();
  assert.equal(parked(), 3);
});

test('a plugin whose folder was moved away with the one around it says so, until it is back', async (t) => {
  const { host, directory } = await startHost(t, [idlePlugin('mine')]);
  const degraded = () => host.list()[0]?.degraded;
  renameSync(directory, `${directory}.away`);
  assert.equal(degraded(), `runs on as it was: its folder ${join(directory, 'mine')} is gone`);
  renameSync(`${directory}.away`, directory);
  assert.equal(degraded(), null);
});

test('of a plugin that is removed and takes its time to end nobody says that its folder is gone', async (t) => {
  const slow = shellPlugin('p', `[ $method = Shutdown ] && sleep 0.8; echo '{"id":'$id',"result":{}}'`);
  const { host, directory, config, lines } = await startHost(t, [slow]);
  delete config.plugins.plugin_configs['p'];
  rmSync(join(directory, 'p'), { recursive: true });
  await host.reload();
  assert.deepEqual(
    lines.filter(({ level, message }) => level === 'warn' && message.includes('is gone')),
    [],
  );
});
