import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createHost, createLink, type HostLink } from '../src/host.ts';
import { busy, definePlugin, idle, idleIf, type Log, type Plugin } from '../src/index.ts';
import { manifestOf } from '../src/manifest.ts';
import { createMethods } from '../src/methods.ts';

const SILENT: Log = { debug() {}, info() {}, warn() {}, error() {} };
const NOBODY: HostLink = { ask: () => Promise.reject(new Error('no host')), tell() {} };
const methodsOf = <Config>(plugin: Plugin<Config>) => createMethods(plugin, SILENT, NOBODY);
const signal = new AbortController().signal;
const call = { metrics: { cpu_usage: 1 }, context: {} };

describe('idle and busy', () => {
  it('carry the reason, and details only where there are some', () => {
    assert.deepEqual(idle('3 clients'), { is_idle: true, reason: '3 clients' });
    assert.deepEqual(busy('9 clients', { clients: 9 }), {
      is_idle: false,
      reason: '9 clients',
      details: { clients: 9 },
    });
  });
});

describe('the methods of a plugin', () => {
  it('give each part the configuration of Initialize', async () => {
    const plugin = definePlugin<{ limit: number }>({
      checkIdle: ({ config }) => idle(`limit ${config.limit}`),
      beforeSnooze: ({ config, action }) => ({ allow: config.limit > 1, reason: action }),
      afterResume: ({ reason }) => assert.equal(reason, 'idle'),
    });
    const answer = methodsOf(plugin);
    await answer('Initialize', { config: { limit: 2 } }, signal);
    assert.deepEqual(await answer('CheckIdle', call, signal), { is_idle: true, reason: 'limit 2' });
    assert.deepEqual(await answer('BeforeSnooze', { action: 'stop' }, signal), { allow: true, reason: 'stop' });
    assert.deepEqual(await answer('AfterResume', { reason: 'idle' }, signal), {});
  });

  it('hand the state folder and the log to initialize', async () => {
    const said: string[] = [];
    const plugin = definePlugin({ initialize: ({ stateDirectory, log }) => log.info(stateDirectory) });
    const answer = createMethods(plugin, { ...SILENT, info: (message) => said.push(message) }, NOBODY);
    await answer('Initialize', { config: {}, state_dir: '/var/lib/x' }, signal);
    assert.deepEqual(said, ['/var/lib/x']);
  });

  it('keep the old configuration where the plugin refuses the new one', async () => {
    const plugin = definePlugin<{ limit: number }>({
      configure({ config }) {
        if (config.limit < 0) throw new Error('limit is under 0');
      },
      checkIdle: ({ config }) => idle(String(config.limit)),
    });
    const answer = methodsOf(plugin);
    await answer('Initialize', { config: { limit: 2 } }, signal);
    await assert.rejects(answer('Configure', { config: { limit: -1 } }, signal), /limit is under 0/);
    assert.deepEqual(await answer('CheckIdle', call, signal), idle('2'));
  });

  it('do not exist where the plugin has no such part', async () => {
    const answer = methodsOf(definePlugin({}));
    for (const method of ['CheckIdle', 'HandleEvent', 'BeforeSnooze', 'AfterResume', 'toString'])
      await assert.rejects(answer(method, {}, signal), { code: -32601 });
  });

  it('refuse what is no verdict', async () => {
    for (const nonsense of [undefined, null, true, 'idle', {}, { is_idle: 'yes' }]) {
      const plugin = definePlugin({ checkIdle: () => nonsense as never });
      await assert.rejects(methodsOf(plugin)('CheckIdle', call, signal), /expected an object with is_idle/);
    }
  });
});

describe('settings', () => {
  const plugin = definePlugin({
    name: 'queue-monitor',
    version: '1.0.0',
    description: 'Idle when no jobs wait.',
    settings: {
      spool: { type: 'string', description: 'where they wait' },
      limit: { type: 'integer', default: 3, minimum: 0 },
      hosts: { type: 'array', items: { type: 'string' }, default: [] },
      mode: { enum: ['soft', 'hard'], default: 'soft' },
      until: { type: ['number', 'null'], default: null },
    },
    manifest: { permissions: { read: ['/var/spool'] } },
    checkIdle({ config }) {
      // The types follow from the settings: this would not compile otherwise.
      const spool: string = config.spool;
      const mode: 'soft' | 'hard' = config.mode;
      const until: number | null = config.until;
      const hosts: string[] = config.hosts;
      return idleIf(config.limit > 2, `${spool} ${mode} ${until} ${hosts.length}`);
    },
  });

  it('give the configuration its defaults', async () => {
    const answer = methodsOf(plugin);
    await answer('Initialize', { config: { spool: '/s', mode: 'hard' } }, signal);
    assert.deepEqual(await answer('CheckIdle', call, signal), idle('/s hard null 0'));
  });

  it('become the manifest, for a native plugin and for an external one', () => {
    const external = manifestOf(plugin, 'external', '/p/queue.ts') as Record<string, unknown>;
    assert.deepEqual(external['exec'], { command: 'node', args: ['queue.ts'] });
    assert.deepEqual(external['resources'], { memory_mb: 1024 });
    assert.deepEqual(external['capabilities'], ['check_idle']);
    assert.deepEqual(external['permissions'], { read: ['/var/spool'] });
    assert.partialDeepStrictEqual(external['config_schema'], { required: ['spool'], additionalProperties: false });
    const native = manifestOf(plugin, 'native', '/p/queue.ts') as Record<string, unknown>;
    assert.equal(native['module'], 'queue.ts');
    assert.ok(!('exec' in native) && !('resources' in native));
  });
});

describe('the host, over a link', () => {
  it('answers whoever asked, in any order, and drops what nobody asked', async () => {
    const sent: { id?: number; method: string; params: unknown }[] = [];
    const link = createLink((message) => sent.push(message as (typeof sent)[number]));
    const host = createHost(link);
    const first = host.kv.get('a');
    const second = host.kv.set('b', 2, { ttl_seconds: 9 });
    link.take({ id: 99, result: {} });
    link.take({ id: 2, result: { key: 'b', value: 2, revision: 1 } });
    link.take({ id: 1, error: { code: -32011, message: 'not found' } });
    link.take({ id: 1, result: 'twice' });
    assert.equal(await first, undefined);
    assert.equal((await second).revision, 1);
    assert.deepEqual(sent[1]?.params, { key: 'b', value: 2, ttl_seconds: 9 });
  });

  it('refuses at once what the host does not offer', async () => {
    const link = createLink(() => assert.fail('sent'));
    link.offer(['Host.KV.Get']);
    await assert.rejects(createHost(link).emitEvent({ type: 'custom' }), { code: -32001, message: /permissions.host/ });
    createHost(link).reportMetric('jobs', 1);
  });

  it('puts and gets a file in pieces', async () => {
    const data = Buffer.alloc(1024 * 1024 + 5, 'x');
    const pieces: Buffer[] = [];
    const host = createHost({
      tell() {},
      async ask(method, params) {
        const { data: chunk, offset } = params as { data: string; offset: number };
        if (method.endsWith('Put')) pieces.push(Buffer.from(chunk, 'base64'));
        const part = data.subarray(offset, offset + 512 * 1024).toString('base64');
        return { name: 'f', size: data.length, data: part };
      },
    });
    await host.files.put('f', data);
    assert.deepEqual(
      pieces.map(({ length }) => length),
      [524288, 524288, 5],
    );
    assert.ok(data.equals(await host.files.get('f')));
  });
});
