import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { busy, definePlugin, idle, idleIf, type Log, type Plugin } from '../src/index.ts';
import type { HostLink } from '../src/link.ts';
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
