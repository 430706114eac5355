import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { SnoozeEvent } from '../../../src/events/event.ts';
import { variablesOf } from '../../../src/plugins/runners/exit-code.ts';
import { endOf } from '../../../src/plugins/runners/per-call.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import { processesWithEnvironment } from '../../support/processes.ts';
import { requires } from '../../support/requires.ts';
import { waitFor } from '../../support/wait-for.ts';
import { startHost, type TestPlugin } from '../plugin-host.ts';

const EVENT: SnoozeEvent = {
  id: 'e1',
  type: 'cloud.spot.interrupt',
  source: 'test',
  timestamp: '2026-11-21T08:00:00.000Z',
  data: { action: 'stop' },
  severity: 3,
  deadline: '2026-11-21T08:02:00.000Z',
};
const never = new AbortController().signal;
const skipPython = requires('python3');

const script = (name: string, text: string, manifest: Record<string, unknown>): TestPlugin => ({
  manifest: { name, exec: { command: './run.sh' }, ...manifest },
  files: { 'run.sh': `#!/bin/sh\n${text}\n` },
});
const exec = (text: string, manifest: Record<string, unknown> = {}) =>
  script('plain', text, { process_model: 'exec', ...manifest });
const oneshot = (text: string, manifest: Record<string, unknown> = {}) =>
  script('once', `read -r line; id=\${line#*'"id":'}; id=\${id%%[!0-9]*}; ${text}`, {
    process_model: 'oneshot',
    ...manifest,
  });

const EXIT_CODES: [text: string, verdict: string, reason: RegExp][] = [
  ['echo nobody; echo second line', 'idle', /^nobody$/],
  ['echo three sessions; exit 1', 'busy', /^three sessions$/],
  ['exit 1', 'busy', /^exit code 1$/],
  [
    'echo half; echo "no such table" >&2; exit 2',
    'unknown',
    /ended with exit code 2; it said last: no such table; half$/,
  ],
  ['kill -9 $$', 'unknown', /was ended by SIGKILL/],
];

for (const [text, verdict, reason] of EXIT_CODES) {
  test(`an exec plugin that does "${text}" is ${verdict}`, async (t) => {
    const { check } = await startHost(t, [exec(text)]);
    const [answer] = await check();
    assert.equal(answer?.verdict, verdict);
    assert.match(answer?.reason ?? '', reason);
  });
}

test('an exec plugin finds metrics, configuration and events in its environment', async (t) => {
  const { check, host, directory } = await startHost(t, [
    {
      ...exec('env | grep ^SNOOZE_ | sort > "$HOME/env"; [ -n "$SNOOZE_EVENT_TYPE" ] && echo saved; exit 0', {
        events: { [EVENT.type]: {} },
        config_schema: { limit: { type: 'int', default: 3 } },
      }),
    },
  ]);
  const environment = () => readFileSync(join(directory, 'state', 'plugin-state', 'plain', 'env'), 'utf8').split('\n');
  await check();
  const checked = environment();
  assert.ok(
    checked.includes('SNOOZE_METRIC_CPU_USAGE=1.5') && checked.includes('SNOOZE_CONFIG_LIMIT=3'),
    checked.join(),
  );
  assert.equal(checked.filter((line) => /GPU_USAGE|EVENT/.test(line)).length, 0, 'what is null is not there');
  const [handler] = host.handlers(EVENT.type);
  assert.deepEqual(await handler?.handle(EVENT, 10_000, never), { handled: true, result: 'saved' });
  const told = environment();
  for (const line of [
    'SNOOZE_EVENT_TYPE=cloud.spot.interrupt',
    'SNOOZE_EVENT_DATA={"action":"stop"}',
    'SNOOZE_EVENT_DEADLINE=2026-11-21T08:02:00.000Z',
  ])
    assert.ok(told.includes(line), line);
});

test('names that no shell could read become names that it can', () => {
  const variables = variablesOf({ method: 'CheckIdle', params: {}, config: { 'a-b.c': [1], deep: { x: null } } });
  assert.deepEqual(variables, { SNOOZE_CONFIG_A_B_C: '[1]', SNOOZE_CONFIG_DEEP: '{"x":null}' });
});

test('a oneshot plugin is started for each call with its configuration in the request, and nothing runs in between', async (t) => {
  const { check, host, directory } = await startHost(t, [
    {
      ...oneshot(
        `limit=\${line#*'"limit":'}; echo '{"id":'$id',"result":{"is_idle":true,"reason":"limit '\${limit%%[!0-9]*}'"}}'`,
      ),
      config: { limit: 7 },
    },
  ]);
  for (let round = 0; round < 2; round++) {
    const [answer] = await check();
    assert.deepEqual([answer?.verdict, answer?.reason], ['idle', 'limit 7']);
    assert.deepEqual(processesWithEnvironment(`HOME=${join(directory, 'state', 'plugin-state', 'once')}`), []);
  }
  assert.deepEqual([host.list()[0]?.state, host.list()[0]?.pid], ['running', null]);
});

test('a oneshot plugin may speak with headers', { skip: skipPython }, async (t) => {
  const program = `import json, sys
header = sys.stdin.buffer.readline(); sys.stdin.buffer.readline()
request = json.loads(sys.stdin.buffer.read(int(header.split(b":")[1])))
body = json.dumps({"id": request["id"], "result": {"is_idle": False, "reason": "at work"}}).encode()
sys.stdout.buffer.write(b"Content-Length: %d\\r\\n\\r\\n" % len(body) + body)
`;
  const { check } = await startHost(t, [
    {
      manifest: {
        name: 'headed',
        process_model: 'oneshot',
        framing: 'headers',
        exec: { command: 'python3', args: ['p.py'] },
      },
      files: { 'p.py': program },
    },
  ]);
  assert.deepEqual(
    (await check()).map(({ verdict, reason }) => [verdict, reason]),
    [['busy', 'at work']],
  );
});

test('a oneshot plugin that ends without an answer is unknown with what it said last', async (t) => {
  const { check } = await startHost(t, [oneshot('echo "no socket" >&2; exit 3')]);
  const [answer] = await check();
  assert.equal(answer?.verdict, 'unknown');
  assert.match(
    answer?.reason ?? '',
    /once did not answer CheckIdle: .*ended with exit code 3; it said last: no socket/,
  );
});

for (const model of ['oneshot', 'exec'] as const) {
  test(`a program of model ${model} that hangs is ended with all that it has started, and is unknown`, async (t) => {
    const { check, host, directory } = await startHost(t, [
      script('stuck', 'sleep 1000 & sleep 1000', { process_model: model, timeouts: { check_seconds: 0.3 } }),
    ]);
    const [answer] = await check();
    assert.match(answer?.reason ?? '', /stuck did not answer CheckIdle within 300 ms/);
    const home = `HOME=${join(directory, 'state', 'plugin-state', 'stuck')}`;
    await waitFor('its end', () => processesWithEnvironment(home).length === 0);
    assert.equal(host.list()[0]?.timeouts, 1);
  });

  test(`exit code 78 of model ${model} means a wrong configuration: no more starts until it changes`, async (t) => {
    const { check, host } = await startHost(t, [script('wrong', 'exit 78', { process_model: model })]);
    await check();
    await waitFor('the failure', () => host.list()[0]?.state === 'failed');
    assert.equal(host.list()[0]?.next_try, null);
  });
}

test('a program of model oneshot that closes its output and lives on is ended in its time, without a sandbox too', async (t) => {
  const { check, host, config } = await startHost(t, [
    script('mute', 'exec >&-; sleep 1000', { process_model: 'oneshot', timeouts: { check_seconds: 0.3 } }),
  ]);
  config.plugins.sandbox = 'off';
  await host.reload();
  const [answer] = await check();
  assert.match(answer?.reason ?? '', /mute did not answer CheckIdle within 300 ms/);
});

test('nobody waits for the end of a program whose call was given up while it was started', async () => {
  const ended = new Promise<never>(() => {});
  await assert.rejects(endOf({ ended }, AbortSignal.abort()), /nobody waits any more/);
});

test('a stop ends a program that is just being started for a call', async (t) => {
  const plugin = oneshot('exec sleep 60', { capabilities: ['check_idle', 'before_snooze'] });
  // time stands still: the call's own timeout ends nothing here
  const { host, directory } = await startHost(t, [plugin], { clock: createFakeClock() });
  let answered = false;
  const asked = host.beforeSnooze({ reason: 'idle', idle_seconds: 1, action: 'none' }, never);
  void asked.then(() => (answered = true));
  await host.stop('the test is over', 400);
  await waitFor('the end of the call', () => answered);
  const home = `HOME=${join(directory, 'state', 'plugin-state', 'once')}`;
  assert.deepEqual(processesWithEnvironment(home), []);
});
