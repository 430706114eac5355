import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { QUIET, startDaemonProcess, writePlugin } from '../support/daemon-process.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const SNOOZE = new URL('../../../cli/bin/snooze', import.meta.url).pathname;
const REFERENCE = `$\{DB_PASSWORD}`;
/** Busy while its configuration has the password: so it is seen that the plugin got it. */
const PROGRAM = `#!/bin/sh
while read -r line; do
  case $line in *Initialize*hunter2*) knows=false ;; *Initialize*) knows=true ;; esac
  id=\${line#*'"id":'}; id=\${id%%[!0-9]*}
  echo '{"id":'"$id"',"result":{"is_idle":'"$knows"',"reason":"asked"}}'
done
`;

test('a password from the environment reaches its plugin, and nothing that people read or that is written', async (t) => {
  const plugins = temporaryDirectory(t);
  const config_schema = { type: 'object', properties: { password: { type: 'string' }, port: { type: 'integer' } } };
  writePlugin(plugins, { name: 'db', exec: { command: './run.sh' }, config_schema }, { 'run.sh': PROGRAM });
  const daemon = await startDaemonProcess(t, {
    config: { ...QUIET, naptime_minutes: 60, plugins: { plugin_configs: { db: { password: REFERENCE } } } },
    environment: { DB_PASSWORD: 'hunter2', SNOOZE_PLUGIN_PATH: plugins },
    flags: ['--log-level', 'trace'],
  });
  const said: string[] = [];
  const snooze = (...typed: string[]) => {
    const { stdout, stderr } = spawnSync(SNOOZE, ['--socket', daemon.socket, ...typed], { encoding: 'utf8' });
    said.push(stdout + stderr);
    return stdout + stderr;
  };
  const key = 'plugins.plugin_configs.db.password';
  const first = await daemon.client.call('plugin.enable', { name: 'db' });
  assert.equal(first.first?.verdict, 'busy');
  assert.ok(snooze('config', 'show').includes(`${key}  `) && said.at(-1)?.includes(REFERENCE));
  assert.equal(snooze('config', 'get', key), `${REFERENCE}\n`);
  snooze('config', 'get', 'plugins');
  assert.ok(snooze('plugin', 'info', 'db').includes(REFERENCE));
  assert.ok(snooze('config', 'set', 'plugins.plugin_configs.db.port', REFERENCE).includes(REFERENCE));
  assert.ok(snooze('plugin', 'list').includes(`expected a whole number, found "${REFERENCE}"`));
  assert.ok(snooze('config', 'set', 'plugins.plugin_configs.db.weight', REFERENCE).includes(REFERENCE));
  snooze('config', 'set', key, `x${REFERENCE}`);
  for (const command of ['status', 'why', 'history']) snooze(command, '--json');
  assert.match(said.at(-1) ?? '', /plugin_configs\.db\.password/);
  await daemon.end('SIGTERM');
  assert.ok(readFileSync(daemon.configFile, 'utf8').includes(`x${REFERENCE}`));
  const files = readdirSync(daemon.directory, { recursive: true, withFileTypes: true }).filter((file) => file.isFile());
  assert.ok(files.length >= 2);
  const written = files.map(({ parentPath, name }) => readFileSync(join(parentPath, name), 'latin1'));
  for (const text of [...said, daemon.output(), ...written]) {
    assert.ok(!text.includes('hunter2'), text.slice(0, 2000));
  }
});

test('the token of the webhook, as it stands in the file, is told to nobody on the socket', async (t) => {
  const config = { ...QUIET, events: { sources: { webhook: { token: 'hunter2-hunter2-hunter2' } } } };
  const { client } = await startDaemonProcess(t, { config });
  const key = 'events.sources.webhook.token';
  const answers = [
    await client.call('config.show', {}),
    await client.call('config.get', { key }),
    await client.call('config.get', { key: 'events' }),
    await client.call('config.set', { key, value: 'hunter2-the-next-one' }),
    await client.call('history.list', { limit: 100 }),
  ];
  for (const answer of answers) assert.ok(!JSON.stringify(answer).includes('hunter2'), JSON.stringify(answer));
  assert.equal((await client.call('config.get', { key })).value, '********');
});

test('a key that a variable has set is not set in the file, where it would have no effect', async (t) => {
  const daemon = await startDaemonProcess(t, {
    config: QUIET,
    environment: { SNOOZE_QUORUM: '0.7', SNOOZE_PLUGINS__PLUGIN_CONFIGS: '{"db": {"password": "hunter2"}}' },
  });
  for (const [key, winner] of [
    ['quorum', 'SNOOZE_QUORUM'],
    ['plugins.plugin_configs.db.enabled', 'SNOOZE_PLUGINS__PLUGIN_CONFIGS'],
  ] as const) {
    await assert.rejects(daemon.client.call('config.set', { key, value: true }), (error: Error) =>
      error.message.includes(`${key} is set by ${winner} of snoozed, which wins over the file`),
    );
  }
  assert.deepEqual(JSON.parse(readFileSync(daemon.configFile, 'utf8')), QUIET);
  assert.equal((await daemon.client.call('config.get', { key: 'plugins.plugin_configs.db' })).origin, 'environment');
});
