import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as immediate } from 'node:timers/promises';
import { systemClock } from '../../src/clock.ts';
import { descendantsOf } from '../../src/plugins/sandbox/processes.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { isRunning } from '../support/processes.ts';
import { requires } from '../support/requires.ts';
import { waitFor } from '../support/wait-for.ts';
import { idlePlugin, shellPlugin, startHost, type TestPlugin } from './plugin-host.ts';

const answerIf = (method: string, answer: string) =>
  `if [ "$method" = ${method} ]; then ${answer}; else echo '{"id":'$id',"result":{}}'; fi`;
const quick = { timeouts: { check_seconds: 0.3, start_seconds: 20 } };
const SILENT = /did not answer CheckIdle within 300 ms/;

/** What a bad plugin answers to CheckIdle, and the reason that must be shown for it. */
const NONSENSE: [name: string, answer: string, reason: RegExp][] = [
  [
    'wrong types',
    `echo '{"id":'$id',"result":{"is_idle":"yes"}}'`,
    /answered CheckIdle with \{"is_idle":"yes"\}, expected/,
  ],
  ['null', `echo '{"id":'$id',"result":null}'`, /answered CheckIdle with null/],
  ['an error', `echo '{"id":'$id',"error":{"code":-1,"message":"database is gone"}}'`, /^database is gone$/],
  ['a bare error', `echo '{"id":'$id',"error":"database is gone"}'`, /^database is gone$/],
  ['junk', `echo 'Segmentation fault'`, SILENT],
  ['another id', `echo '{"id":12345,"result":{"is_idle":true}}'`, SILENT],
  ['half a message', `printf '{"id":'`, SILENT],
  ['nothing', ':', SILENT],
  ['its own end', 'echo "out of memory" >&2; exit 3', /ended with exit code 3; it said last: out of memory/],
];

for (const [name, answer, reason] of NONSENSE) {
  test(`a plugin that answers with ${name} is unknown with that reason, and the others are asked on time`, async (t) => {
    const plugins = [shellPlugin('bad', answerIf('CheckIdle', answer), quick), idlePlugin('good')];
    // what does answer is waited for as long as it takes
    const { check } = await startHost(t, plugins, { clock: reason === SILENT ? systemClock : createFakeClock() });
    const [bad, good] = await check();
    assert.equal(bad?.verdict, 'unknown');
    assert.match(bad?.reason ?? '', reason);
    assert.deepEqual([good?.verdict, good?.reason], ['idle', 'nothing to do']);
  });
}

test('a plugin that crashes is started again, and every state is in the history with its cause', async (t) => {
  const once =
    'if [ -e "$HOME/crashed" ]; then echo \'{"id":\'$id\',"result":{"is_idle":true,"reason":"back"}}\'; else touch "$HOME/crashed"; exit 9; fi';
  const { check, host, history } = await startHost(t, [shellPlugin('frail', answerIf('CheckIdle', once))]);
  assert.equal((await check())[0]?.verdict, 'unknown');
  await waitFor('a verdict after the restart', async () => (await check())[0]?.verdict === 'idle');
  assert.equal(host.list()[0]?.restarts, 1);
  const states = history.map(({ summary }) => /^frail is (\w+)/.exec(summary)?.[1]);
  const [first, second] = [states.slice(0, 3), states.slice(4)];
  assert.deepEqual([first, states[3], second], [first, 'failed', first]);
  assert.deepEqual(first, ['loaded', 'initialized', 'running']);
  assert.match(history.find(({ summary }) => summary.includes('failed'))?.summary ?? '', /exit code 9/);
});

test('a plugin that has stopped answering is started again', async (t) => {
  const { check, host } = await startHost(t, [shellPlugin('hung', answerIf('CheckIdle', 'sleep 1000'), quick)]);
  const pid = host.list()[0]?.pid;
  await waitFor('the restart', async () => {
    await check();
    return host.list()[0]?.restarts === 1;
  });
  assert.equal(isRunning(pid ?? 0), false);
  assert.ok((host.list()[0]?.timeouts ?? 0) >= 3);
});

test('P-40 exit code 78 means a wrong configuration: no restart until it changes', async (t) => {
  const plugin = shellPlugin('wrong', 'echo "no such table" >&2; exit 78');
  const { host, lines } = await startHost(t, [plugin]);
  assert.equal(host.list()[0]?.state, 'failed');
  assert.match(
    lines.find(({ plugin: name, level }) => name === 'wrong' && level === 'warn')?.message ?? '',
    /not started again until its configuration or its files change/,
  );
});

const START: [name: string, plugin: TestPlugin, reason: RegExp][] = [
  [
    'a program that is nowhere',
    { manifest: { name: 'p', exec: { command: 'no-such-program' } } },
    /no-such-program cannot be started: there is no program no-such-program on the PATH/,
  ],
  ['a file that is missing', { manifest: { name: 'p', exec: { command: './gone.sh' } } }, /there is no such file/],
  [
    'an interpreter that is missing',
    { manifest: { name: 'p', exec: { command: './p.sh' } }, files: { 'p.sh': '#!/no/such/sh\n' } },
    /the interpreter in its first line does not exist/,
  ],
  [
    'an argument that no program can be given',
    { manifest: { name: 'p', exec: { command: 'true', args: ['a\0b'] } } },
    /p: true a\0b cannot be started: .*must be a string without null bytes/,
  ],
  [
    'a configuration that does not fit',
    {
      manifest: { name: 'p', exec: { command: 'true' }, config_schema: { limit: { type: 'int', required: true } } },
      config: { limit: 'x' },
    },
    /plugins\.plugin_configs\.p\.limit: expected a whole number, found "x"/,
  ],
  [
    'a key of its configuration that there is not',
    {
      manifest: { name: 'p', exec: { command: 'true' }, config_schema: { limit: { type: 'int', default: 1 } } },
      config: { limti: 1 },
    },
    /p\.limti: unknown key, did you mean limit\?/,
  ],
];

for (const [name, plugin, reason] of START) {
  test(`a plugin with ${name} is failed and says so in its verdict`, async (t) => {
    const { check, host } = await startHost(t, [plugin]);
    const [verdict] = await check();
    assert.equal(verdict?.verdict, 'unknown');
    assert.match(verdict?.reason ?? '', reason);
    assert.equal(host.list()[0]?.state, 'failed');
  });
}

test('whoever enables a plugin that must be told something is told what to type', async (t) => {
  const needed = { type: 'int', required: true };
  const config_schema = { limit: needed, url: { ...needed, type: 'string' } };
  const { host } = await startHost(t, [{ manifest: { name: 'p', exec: { command: 'true' }, config_schema } }]);
  await assert.rejects(host.tryOut('p'), { hint: 'type: snooze plugin configure p limit=… url=…' });
});

test('P-52 a stop ends a plugin that ignores every polite word, and what it has started', async (t) => {
  const stubborn = shellPlugin('stubborn', `echo '{"id":'$id',"result":{"is_idle":true,"reason":"ok"}}'`);
  stubborn.files = {
    'run.sh': (stubborn.files?.['run.sh'] ?? '')
      .replace('while', "trap '' TERM INT\nsh -c 'trap \"\" TERM; echo $$$$ >&2; while :; do sleep 1; done' &\nwhile")
      .concat('while :; do sleep 1; done\n'),
  };
  const clock = createFakeClock();
  const { host, lines } = await startHost(t, [stubborn], { clock });
  const pid = host.list()[0]?.pid ?? 0;
  await waitFor('its child', () => lines.some(({ plugin, level }) => plugin === 'stubborn' && level === 'info'));
  const children = descendantsOf(pid);
  assert.ok(isRunning(pid) && children.length > 0);
  const stopped = host.stopInstance('stubborn', 'the test');
  await waitFor('its end', async () => {
    await clock.advance(1_000);
    return !isRunning(pid);
  });
  await stopped;
  await waitFor('the end of its children', () => !children.some(isRunning));
});

test('junk on standard output is said once, not for each line', async (t) => {
  const { lines, host } = await startHost(t, [
    shellPlugin(
      'loud',
      `i=0; while [ $i -lt 500 ]; do echo "progress $i"; i=$((i+1)); done; echo '{"id":'$id',"result":{}}'`,
    ),
  ]);
  const said = lines.filter(({ plugin }) => plugin === 'loud');
  assert.equal(said.filter(({ level }) => level === 'warn').length, 1);
  assert.match(said.find(({ level }) => level === 'warn')?.message ?? '', /not a message: "progress 0"/);
  assert.ok(((await host.details('loud')).statistics.faults['junk'] ?? 0) >= 500);
});

test('a message that is too large ends the plugin, and the daemon’s memory does not grow with it', {
  skip: requires('python3'),
}, async (t) => {
  const { check, host } = await startHost(t, [
    {
      manifest: { name: 'huge', exec: { command: 'python3', args: ['huge.py'] } },
      files: {
        'huge.py': `import sys\nfor line in sys.stdin:\n    if '"CheckIdle"' in line:\n        for _ in range(50): sys.stdout.write("x" * 1000000)\n        sys.stdout.write("\\n")\n    else: sys.stdout.write('{"id":1,"result":{}}'.replace("1", line.split('"id":')[1].split(",")[0], 1) + "\\n")\n    sys.stdout.flush()\n`,
      },
    },
  ]);
  const before = process.memoryUsage().rss;
  const [verdict] = await check();
  assert.equal(verdict?.verdict, 'unknown');
  assert.match(verdict?.reason ?? '', /huge\.py was ended: it sent a message of more than 1048576 bytes/);
  assert.ok(process.memoryUsage().rss - before < 20 * 1024 * 1024);
  await waitFor('the failure', () => host.list()[0]?.state === 'failed' || (host.list()[0]?.restarts ?? 0) > 0);
});

test('what a native plugin answers after it was started again counts for nothing', async (t) => {
  const module = `const answers = (globalThis.lateAnswers ??= []);
  export const plugin = {
    checkIdle: () => answers.length >= 3 ? { is_idle: true, reason: 'fresh' } : new Promise((answer) => { answers.push(answer); }),
  };`;
  const { check, host } = await startHost(t, [
    { manifest: { name: 'late', type: 'native', module: 'late.mjs', ...quick }, files: { 'late.mjs': module } },
  ]);
  await waitFor('a verdict after the restart', async () => (await check())[0]?.reason === 'fresh');
  const { lateAnswers } = globalThis as unknown as { lateAnswers: ((answer: object) => void)[] };
  for (const answer of lateAnswers) answer({ is_idle: false, reason: 'late' });
  await immediate();
  const [late] = host.list();
  assert.deepEqual([late?.reason, late?.state, late?.restarts], ['fresh', 'running', 1]);
});

test('a native plugin that never ends its loading fails in its time, and does not hold up the end', async (t) => {
  const { host } = await startHost(t, [
    {
      manifest: { name: 'endless', type: 'native', module: 'endless.mjs', timeouts: { start_seconds: 0.1 } },
      files: { 'endless.mjs': 'await new Promise((never) => setTimeout(never, 2 ** 30).unref());' },
    },
  ]);
  assert.match(host.list()[0]?.last_error ?? '', /endless\.mjs cannot be loaded: it is not loaded after 100 ms/);
});
