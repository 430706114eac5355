import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
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

test('a restart of what is not in use says what to do', async (t) => {
  const { host, config } = await startHost(t, [idlePlugin('mine')]);
  delete config.plugins.plugin_configs['mine'];
  await host.reload();
  await assert.rejects(host.restart('mine', 'test'), /mine is disabled/);
  await assert.rejects(host.restart('nobody', 'test'), /there is no plugin or instance nobody/);
});

test('a plugin that gave up over its configuration is tried again when its files change', async (t) => {
  const broken = shellPlugin('broken', 'exit 78');
  const { host, directory } = await startHost(t, [broken]);
  assert.deepEqual([host.list()[0]?.state, host.list()[0]?.next_try], ['failed', null]);
  const mended = idlePlugin('broken').files?.['run.sh'] ?? '';
  writeFileSync(join(directory, 'broken', 'run.sh'), mended);
  await waitFor('its start', () => host.list()[0]?.state === 'running');
  assert.match(host.list()[0]?.cause ?? '', /ready/);
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
