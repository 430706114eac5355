import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parseManifest } from '../../../src/plugins/manifest/read-manifest.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import { waitFor } from '../../support/wait-for.ts';
import { startHost, type TestPlugin } from '../plugin-host.ts';

const QUICK = { timeouts: { check_seconds: 0.3, start_seconds: 20 } };

/** A native plugin in a thread of its own: what its module does, and more of its manifest. */
function workerPlugin(name: string, module: string, manifest: Record<string, unknown> = {}): TestPlugin {
  return {
    manifest: { name, type: 'native', isolation: 'worker', module: 'plugin.mjs', ...manifest },
    files: { 'plugin.mjs': module },
  };
}

const quiet = workerPlugin('quiet', `export const plugin = { checkIdle: () => ({ is_idle: true, reason: 'quiet' }) };`);

/** Threads of this process with one of these names: Node and its libraries start others when they like. */
function threads(...names: string[]): string[] {
  const found = readdirSync('/proc/self/task').map((id) => {
    try {
      return readFileSync(`/proc/self/task/${id}/comm`, 'utf8').trim();
    } catch {
      return ''; // it has ended
    }
  });
  return found.filter((name) => names.includes(name)).sort();
}

test('a native plugin with isolation worker runs in a thread of its own, with a short environment and its log', async (t) => {
  process.env['SNOOZE_TEST_SECRET'] = 'hunter2';
  t.after(() => delete process.env['SNOOZE_TEST_SECRET']);
  const module = `import { isMainThread } from 'node:worker_threads';
    export const plugin = {
      initialize({ log, stateDirectory }) { log.warn('careful in ' + stateDirectory); console.log('printed'); },
      checkIdle: ({ metrics, config }) => ({ is_idle: !isMainThread,
        reason: [metrics.cpu_usage, config.mood, process.env.SNOOZE_PLUGIN, process.env.SNOOZE_TEST_SECRET].join() }),
      runCommand: ({ args }) => ({ exit_code: 0, output: args.join('+') }),
    };`;
  const config_schema = { mood: { type: 'string', default: 'calm' } };
  const { host, check, lines, directory } = await startHost(t, [workerPlugin('threaded', module, { config_schema })]);
  const [result] = await check();
  assert.deepEqual([result?.verdict, result?.reason], ['idle', '1.5,calm,threaded,']);
  const { signal } = new AbortController();
  const ran = await host.runCommand('threaded', { command: 'add', args: ['a', 'b'] }, signal);
  assert.deepEqual(ran, { exit_code: 0, output: 'a+b' });
  await waitFor('its log', () => ['printed', 'careful'].every((word) => lines.some((l) => l.message.includes(word))));
  const warning = lines.find(({ message }) => message.startsWith('careful'));
  assert.deepEqual(
    [warning?.level, warning?.plugin, warning?.message],
    ['warn', 'threaded', `careful in ${join(directory, 'state/plugin-state/threaded')}`],
  );
  const details = await host.details('threaded');
  assert.equal(details.statistics.methods['CheckIdle']?.calls, 1);
  assert.ok(details.statistics.bytes_from_plugin > 0 && details.statistics.bytes_to_plugin > 0);
});

test('a thread that spins for ever is unknown, is ended and started again, and the others are asked on time', async (t) => {
  const module = `import { existsSync, writeFileSync } from 'node:fs';
    let mark;
    export const plugin = {
      initialize({ stateDirectory }) { mark = stateDirectory + '/spun'; },
      checkIdle() {
        if (existsSync(mark)) return { is_idle: true, reason: 'fresh' };
        writeFileSync(mark, '');
        for (;;);
      },
    };`;
  const { host, check } = await startHost(t, [workerPlugin('spinner', module, QUICK), quiet]);
  const [spinner, other] = await check();
  assert.deepEqual([spinner?.verdict, spinner?.reason], ['unknown', 'spinner did not answer CheckIdle within 300 ms']);
  assert.deepEqual([other?.verdict, other?.reason], ['idle', 'quiet']);
  await waitFor('a verdict after the restart', async () => (await check())[0]?.reason === 'fresh');
  assert.equal(host.list().find(({ instance }) => instance === 'spinner')?.restarts, 1);
});

for (const [does, body, told] of [
  ['throws where nobody catches it', `setImmediate(() => { throw new Error('out of nowhere'); });`, /out of nowhere/],
  ['exits', 'process.exit(3);', /ended its thread with exit code 3/],
  ['fills its memory', 'for (const all = []; ; ) all.push(new Array(1e5).fill(all));', /memory/],
  [
    'fills its memory in a loop that V8 optimizes',
    'for (const all = []; ; ) all.push(new Array(1000));',
    /memory|was ended/,
  ],
  [
    'floods its port',
    `import('node:worker_threads').then(({ workerData: { port } }) => {
     for (const text = ' '.repeat(2 ** 20) + '\\n'; ; ) port.postMessage(text); });`,
    /sends more than can be read/,
  ],
] as const) {
  test(`a thread that ${does} is unknown and is started again; the daemon lives`, async (t) => {
    const module = `export const plugin = { checkIdle() { ${body} return new Promise(() => {}); } };`;
    const manifest = { resources: { memory_mb: 32 } };
    // the other one has all the time that a busy machine takes to end a thread and to free its memory
    const clock = createFakeClock();
    const { host, check } = await startHost(t, [workerPlugin('bad', module, manifest), quiet], { clock });
    const [bad, other] = await check();
    assert.equal(bad?.verdict, 'unknown');
    assert.equal(other?.verdict, 'idle');
    await waitFor('its failure', () => told.test(host.list()[0]?.last_error ?? ''));
    await waitFor('its restart', async () => {
      await clock.advance(1_000);
      return (host.list()[0]?.restarts ?? 0) > 0;
    });
  });
}

test('what a thread says last is told, however much it has said before', async (t) => {
  const module = `export const plugin = { checkIdle() {
    for (let line = 0; line < 2000; line += 1) console.error('a line of a hundred characters '.repeat(4));
    console.error('the last word');
    setImmediate(() => { throw new Error('and out'); });
    return new Promise(() => {});
  } };`;
  const { host, check } = await startHost(t, [workerPlugin('talker', module)]);
  await check();
  await waitFor('its failure', () => /and out/.test(host.list()[0]?.last_error ?? ''));
  assert.match(host.list()[0]?.last_error ?? '', /it said last: .*the last word/);
});

test('exit code 78 in a thread means a wrong configuration: no restart', async (t) => {
  const { host } = await startHost(t, [workerPlugin('wrong', 'process.exit(78);')]);
  const { state, history } = { state: host.list()[0]?.state, history: host.list()[0]?.last_error };
  assert.equal(state, 'failed');
  assert.match(history ?? '', /exit code 78/);
});

test('a module that cannot be loaded in a thread, or exports no plugin, says so', async (t) => {
  const { host } = await startHost(t, [
    workerPlugin('broken', `throw new Error('not today');`),
    workerPlugin('empty', 'export const other = 1;'),
  ]);
  const [broken, empty] = host.list();
  assert.match(broken?.last_error ?? '', /broken.*plugin\.mjs.*not today/);
  assert.match(empty?.last_error ?? '', /exports no plugin/);
});

test('in TypeScript of a thread what cannot be stripped is told by Node, and CommonJS is left to it', async (t) => {
  const typed = (name: string, text: string): TestPlugin => ({
    manifest: { name, type: 'native', isolation: 'worker', module: 'plugin.ts' },
    files: { 'plugin.ts': text },
  });
  const { host, check } = await startHost(t, [
    typed('common', `module.exports = { checkIdle: (): object => ({ is_idle: true, reason: 'old' }) };`),
    typed('enumerated', 'enum Mood { Calm } export const plugin = { checkIdle: () => Mood.Calm };'),
  ]);
  const [common] = await check();
  assert.deepEqual([common?.verdict, common?.reason], ['idle', 'old']);
  assert.match(host.info('enumerated').summary.last_error ?? '', /enum is not supported/);
});

test('after a stop nothing is left of the threads, whether they hang or not', {
  skip: process.platform !== 'linux',
}, async (t) => {
  const spins = workerPlugin('spins', 'export const plugin = { checkIdle() { for (;;); } };', QUICK);
  const { host, check } = await startHost(t, [spins, quiet]);
  await check();
  assert.deepEqual(threads('quiet', 'spins'), ['quiet', 'spins']);
  await host.stop('the end', 400);
  await waitFor('the end of the threads', () => threads('quiet', 'spins').length === 0);
});

test('an isolation is for a native plugin, and there is one', () => {
  const parse = (more: object) => () => parseManifest(JSON.stringify({ name: 'p', version: '1.0.0', ...more }), 'f');
  const external = { type: 'external', exec: { command: 'true' }, isolation: 'worker' };
  assert.throws(parse(external), /isolation: an external plugin has a process of its own/);
  assert.throws(parse({ type: 'native', module: 'p.ts', isolation: 'thread' }), /isolation: expected one of "worker"/);
});
