import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { busy, definePlugin, idle, type Log } from '../src/index.ts';
import { createMethods } from '../src/methods.ts';

const SILENT: Log = { debug() {}, info() {}, warn() {}, error() {} };
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
    const answer = createMethods(plugin, SILENT);
    await answer('Initialize', { config: { limit: 2 } }, signal);
    assert.deepEqual(await answer('CheckIdle', call, signal), { is_idle: true, reason: 'limit 2' });
    assert.deepEqual(await answer('BeforeSnooze', { action: 'stop' }, signal), { allow: true, reason: 'stop' });
    assert.deepEqual(await answer('AfterResume', { reason: 'idle' }, signal), {});
  });

  it('hand the state folder and the log to initialize', async () => {
    const said: string[] = [];
    const plugin = definePlugin({ initialize: ({ stateDirectory, log }) => log.info(stateDirectory) });
    const answer = createMethods(plugin, { ...SILENT, info: (message) => said.push(message) });
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
    const answer = createMethods(plugin, SILENT);
    await answer('Initialize', { config: { limit: 2 } }, signal);
    await assert.rejects(answer('Configure', { config: { limit: -1 } }, signal), /limit is under 0/);
    assert.deepEqual(await answer('CheckIdle', call, signal), idle('2'));
  });

  it('do not exist where the plugin has no such part', async () => {
    const answer = createMethods(definePlugin({}), SILENT);
    for (const method of ['CheckIdle', 'HandleEvent', 'BeforeSnooze', 'AfterResume', 'toString'])
      await assert.rejects(answer(method, {}, signal), { code: -32601 });
  });

  it('refuse what is no verdict', async () => {
    for (const nonsense of [undefined, null, true, 'idle', {}, { is_idle: 'yes' }]) {
      const plugin = definePlugin({ checkIdle: () => nonsense as never });
      await assert.rejects(createMethods(plugin, SILENT)('CheckIdle', call, signal), /expected an object with is_idle/);
    }
  });
});
