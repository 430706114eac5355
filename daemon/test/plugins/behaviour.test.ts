import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { SnoozeEvent } from '../../src/events/event.ts';
import { parseLogLine } from '../../src/plugins/process/stderr.ts';
import { requires } from '../support/requires.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { waitFor } from '../support/wait-for.ts';
import { idlePlugin, shellPlugin, startHost } from './plugin-host.ts';

const skipPython = requires('python3');

/** The dialect of the design's first example: no `jsonrpc`, errors inside results, `Info` and `Configure` instead of `Initialize`. */
const OLD_STYLE = `import json, sys
import redis
limit, url = 5, "redis://localhost/0"
for line in sys.stdin:
    request = json.loads(line)
    method, params = request.get("method"), request.get("params", {})
    if method == "Info": result = {"name": "old-style"}
    elif method == "Configure":
        url, limit = params["config"].get("redis_url", url), params["config"].get("connection_threshold", limit)
        result = {"success": True}
    elif method == "CheckIdle":
        try:
            clients = redis.from_url(url).info()["connected_clients"]
            result = {"is_idle": clients < limit, "reason": "%d clients" % clients if clients < limit else ""}
        except Exception as error: result = {"error": str(error)}
    else: result = {"error": "Unknown method: " + method}
    print(json.dumps({"result": result, "id": request.get("id")}))
    sys.stdout.flush()
`;
const redisStandIn = readFileSync(new URL('fixtures/seed/redis.py', import.meta.url), 'utf8');

for (const [url, verdict, reason] of [
  ['redis://host/2', 'idle', /^2 clients$/],
  ['redis://host/7', 'busy', /gives no reason/],
  ['redis://down/0', 'unknown', /^connection refused$/],
] as const) {
  test(`a plugin in the old style is configured and asked: ${url} is ${verdict}`, { skip: skipPython }, async (t) => {
    const { check } = await startHost(t, [
      {
        manifest: { name: 'old-style', exec: { command: 'python3', args: ['p.py'] } },
        files: { 'p.py': OLD_STYLE, 'redis.py': redisStandIn },
        config: { redis_url: url, connection_threshold: 5 },
      },
    ]);
    const [found] = await check();
    assert.equal(found?.verdict, verdict);
    assert.match(found?.reason ?? '', reason);
  });
}

test('headers framing: a plugin that speaks like a language server', { skip: skipPython }, async (t) => {
  const program = `import json, sys
while True:
    header = sys.stdin.buffer.readline()
    if not header: break
    sys.stdin.buffer.readline()
    request = json.loads(sys.stdin.buffer.read(int(header.split(b":")[1])))
    body = json.dumps({"jsonrpc": "2.0", "id": request["id"], "result": {"is_idle": True, "reason": "händisch"}}).encode()
    sys.stdout.buffer.write(b"Content-Length: %d\\r\\n\\r\\n" % len(body) + body); sys.stdout.buffer.flush()
`;
  const { check } = await startHost(t, [
    {
      manifest: { name: 'headed', framing: 'headers', exec: { command: 'python3', args: ['p.py'] } },
      files: { 'p.py': program },
    },
  ]);
  assert.deepEqual(
    (await check()).map(({ verdict, reason }) => [verdict, reason]),
    [['idle', 'händisch']],
  );
});

test('P-50 a native plugin is asked in this process; what it throws is unknown', async (t) => {
  const module = `export const plugin = {
    initialize({ config }) { this.mood = config.mood; },
    async checkIdle({ metrics, config }) {
      if (config.mood === 'angry') throw new Error('leave me alone');
      return { is_idle: metrics.cpu_usage < 5, reason: 'cpu ' + metrics.cpu_usage + ' mood ' + this.mood };
    },
  };`;
  const make = (name: string, mood: string) => ({
    manifest: {
      name,
      type: 'native',
      module: 'plugin.mjs',
      config_schema: { mood: { type: 'string', default: 'calm' } },
    },
    files: { 'plugin.mjs': module },
    config: { mood },
  });
  const { check } = await startHost(t, [make('calm', 'calm'), make('angry', 'angry')]);
  assert.deepEqual(
    (await check()).map(({ verdict, reason }) => [verdict, reason]),
    [
      ['idle', 'cpu 1.5 mood calm'],
      ['unknown', 'leave me alone'],
    ],
  );
});

test('two instances of a native plugin share nothing that its module keeps, and a restart loads a changed one', async (t) => {
  const module = (word: string) => `let calls = 0;
    export const plugin = { checkIdle: () => ({ is_idle: true, reason: '${word} ' + (calls += 1) }) };`;
  const manifest = { name: 'native', type: 'native', module: 'plugin.mjs' };
  const { host, check, config, directory } = await startHost(t, [{ manifest, files: { 'plugin.mjs': module('old') } }]);
  config.plugins.plugin_configs['other'] = { plugin: 'native' };
  await host.reload();
  const reasons = async () => (await check()).map(({ reason }) => reason);
  assert.deepEqual(await reasons(), ['old 1', 'old 1']);
  writeFileSync(join(directory, 'native', 'plugin.mjs'), module('new'));
  await host.restart('other', 'test');
  assert.deepEqual(await reasons(), ['old 2', 'new 1']);
});

test('its environment is a short list and its own name; the secrets of the daemon are not in it', async (t) => {
  process.env['SNOOZE_TEST_SECRET'] = 'hunter2';
  t.after(() => delete process.env['SNOOZE_TEST_SECRET']);
  const { check } = await startHost(t, [
    shellPlugin(
      'nosy',
      `echo '{"id":'$id',"result":{"is_idle":true,"reason":"'$(env | cut -d= -f1 | sort | tr '\\n' ' ')'"}}'`,
    ),
  ]);
  const names = ((await check())[0]?.reason ?? '').split(' ');
  assert.ok(names.includes('SNOOZE_PLUGIN') && names.includes('PATH') && names.includes('HOME'), names.join());
  assert.equal(names.includes('SNOOZE_TEST_SECRET'), false);
});

test('stderr is its log, with levels', async (t) => {
  const { lines } = await startHost(t, [
    shellPlugin(
      'talker',
      `echo 'plain' >&2; echo '<3>broken' >&2; echo '{"level":"warning","message":"careful"}' >&2; echo '{"id":'$id',"result":{}}'`,
    ),
  ]);
  const said = await waitFor('its lines', () => {
    const own = lines.filter(({ plugin, level }) => plugin === 'talker' && level !== 'debug');
    return own.length >= 3 && own.map(({ level, message }) => [level, message]);
  });
  assert.deepEqual(said.slice(0, 3), [
    ['info', 'plain'],
    ['error', 'broken'],
    ['warn', 'careful'],
  ]);
});

test('a reload starts what is new, stops what is gone, configures what changed, and leaves the others alone', async (t) => {
  const { host, config, check } = await startHost(t, [
    idlePlugin('stays'),
    idlePlugin('goes'),
    shellPlugin(
      'changes',
      `[ "$method" = Configure ] && echo "$line" >&2; echo '{"id":'$id',"result":{"is_idle":true,"reason":"ok"}}'`,
    ),
  ]);
  const pidOf = (name: string) => host.list().find(({ instance }) => instance === name)?.pid;
  const before = { stays: pidOf('stays'), changes: pidOf('changes') };
  delete config.plugins.plugin_configs['goes'];
  config.plugins.plugin_configs['changes'] = { limit: 3 };
  config.plugins.plugin_configs['alias'] = { plugin: 'stays', role: 'inform', weight: 3 };
  await host.reload();
  assert.deepEqual({ stays: pidOf('stays'), changes: pidOf('changes') }, before);
  assert.equal(host.list().find(({ plugin }) => plugin === 'goes')?.state, 'disabled');
  const answers = await check();
  assert.deepEqual(
    answers.map(({ name, counts, weight }) => [name, counts, weight]),
    [
      ['stays', true, 1],
      ['changes', true, 1],
      ['alias', false, 3],
    ],
  );
});

test('a handler gets the event whole and answers; an event it did not ask for finds no handler', async (t) => {
  const { host } = await startHost(t, [
    shellPlugin(
      'saver',
      `case $method in HandleEvent) echo '{"id":'$id',"result":{"handled":true,"result":"saved"}}';; *) echo '{"id":'$id',"result":{}}';; esac`,
      { capabilities: ['handle_event'], events: { 'cloud.spot.interrupt': { priority: 90 } } },
    ),
  ]);
  assert.deepEqual(host.handlers('system.disk.low'), []);
  const [handler] = host.handlers('cloud.spot.interrupt');
  assert.deepEqual([handler?.priority, handler?.mode, handler?.timeoutMs], [90, 'handle', 30_000]);
  const event: SnoozeEvent = {
    id: 'e',
    type: 'cloud.spot.interrupt',
    source: 's',
    timestamp: '',
    data: {},
    severity: 3,
    deadline: null,
  };
  assert.deepEqual(await handler?.handle(event, 5000, new AbortController().signal), {
    handled: true,
    result: 'saved',
  });
});

test('the first plugin that does not allow a snooze vetoes it; those that know no BeforeSnooze do not', async (t) => {
  const { host } = await startHost(t, [
    idlePlugin('easy'),
    shellPlugin(
      'backup',
      `case $method in BeforeSnooze) echo '{"id":'$id',"result":{"allow":false,"reason":"backup runs","delay_seconds":60}}';; *) echo '{"id":'$id',"error":"no"}';; esac`,
    ),
  ]);
  const veto = await host.beforeSnooze(
    { reason: 'idle', idle_seconds: 1, action: 'stop' },
    new AbortController().signal,
  );
  assert.deepEqual(veto, { instance: 'backup', reason: 'backup runs', delaySeconds: 60 });
});

test('twenty plugins are asked at the same time, each with its own patience', async (t) => {
  const many = Array.from({ length: 20 }, (_, index) => idlePlugin(`plugin-${index}`));
  const { check } = await startHost(t, [
    ...many,
    shellPlugin('slow', '[ "$method" = CheckIdle ] && sleep 1000; echo \'{"id":\'$id\',"result":{}}\'', {
      timeouts: { check_seconds: 0.5 },
    }),
  ]);
  const answers = await check();
  assert.equal(answers.filter(({ verdict }) => verdict === 'idle').length, 20);
  assert.deepEqual(
    answers.filter(({ verdict }) => verdict === 'unknown').map(({ name }) => name),
    ['slow'],
  );
});

test('log lines: what only looks like JSON or a level is plain text', () => {
  assert.deepEqual(parseLogLine('{"level":"error"}'), { level: 'info', message: '{"level":"error"}' });
  assert.deepEqual(parseLogLine('{broken'), { level: 'info', message: '{broken' });
  assert.deepEqual(parseLogLine('<9>x'), { level: 'info', message: '<9>x' });
  assert.deepEqual(parseLogLine('<7>x'), { level: 'debug', message: 'x' });
});

test('each instance has a state folder of its own', async (t) => {
  const { directory, check } = await startHost(t, [
    shellPlugin('homely', `echo '{"id":'$id',"result":{"is_idle":true,"reason":"'$HOME'"}}'`),
  ]);
  assert.equal((await check())[0]?.reason, join(directory, 'state', 'plugin-state', 'homely'));
});

test('a plugin is started anew where its configuration opens another folder to it, which it would not see else', {
  skip: requires('bwrap'),
}, async (t) => {
  const folder = temporaryDirectory(t);
  for (const name of ['empty', 'full']) mkdirSync(join(folder, name));
  writeFileSync(join(folder, 'full', 'job'), '');
  const counting = shellPlugin(
    'counts',
    `case $line in *'"folder":"'*) folder=\${line#*'"folder":"'}; folder=\${folder%%'"'*} ;; esac
     echo '{"id":'$id',"result":{"is_idle":true,"reason":"sees '$(ls "$folder" 2>/dev/null | wc -l)'"}}'`,
    { permissions: { read: [`$\{config.folder}`] } },
  );
  const { host, config, check } = await startHost(t, [{ ...counting, config: { folder: join(folder, 'empty') } }]);
  assert.equal((await check())[0]?.reason, 'sees 0');
  config.plugins.plugin_configs['counts'] = { folder: join(folder, 'full') };
  await host.reload();
  assert.equal((await check())[0]?.reason, 'sees 1');
  assert.equal(host.list()[0]?.state, 'running');
});

test('a change of plugins.sandbox starts a plugin anew, because no sandbox comes over a process that runs', async (t) => {
  const { host, config } = await startHost(t, [idlePlugin('p')]);
  const pidOf = () => host.list().find(({ instance }) => instance === 'p')?.pid;
  const before = pidOf();
  config.plugins.sandbox = 'off';
  await host.reload();
  assert.ok(pidOf());
  assert.notEqual(pidOf(), before);
});

test('a first verdict between two rounds is about what was measured last', async (t) => {
  const answer = `case $line in *cpu_usage*) cpu=\${line#*'"cpu_usage":'}; cpu=\${cpu%%,*} ;; *) cpu=none ;; esac
    echo '{"id":'$id',"result":{"is_idle":true,"reason":"cpu '$cpu'"}}'`;
  const { host, check } = await startHost(t, [shellPlugin('p', answer)]);
  assert.equal((await host.tryOut('p'))?.reason, 'cpu null');
  await check();
  assert.equal((await host.tryOut('p'))?.reason, 'cpu 1.5');
});

test('a list begins with what failed, be it tried or not, and ends with what is off', async (t) => {
  const { host } = await startHost(t, [
    idlePlugin('zebra'),
    idlePlugin('alpha'),
    { ...idlePlugin('off'), config: { enabled: false } },
    { manifest: { name: 'tried', exec: { command: 'sh', args: ['-c', 'exit 78'] } } }, // and is not tried again soon
    { manifest: { name: 'needs', exec: { command: 'true' }, dependencies: [{ name: 'gone', version: '*' }] } },
  ]);
  const names = host.list().map(({ instance }) => instance);
  assert.deepEqual(names, ['needs', 'tried', 'alpha', 'zebra', 'off']);
});
