import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type DaemonProcess, QUIET, startDaemonProcess, writePlugin } from '../support/daemon-process.ts';
import { requires } from '../support/requires.ts';
import { snooze } from '../support/snooze.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { waitFor } from '../support/wait-for.ts';

const skip = requires('python3');
/** Keeps a file, a file with the host, and a key, and says so when the last one is kept. */
const KEEPER = `import json, sys
def send(message): print(json.dumps(message), flush=True)
for line in sys.stdin:
    m = json.loads(line)
    if m.get("method") == "Initialize":
        open(m["params"]["state_dir"] + "/own", "w").write("x")
        send({"id": 1, "method": "Host.Files.Put", "params": {"name": "f", "offset": 0, "data": "eA=="}})
        send({"id": 2, "method": "Host.KV.Set", "params": {"key": "k", "value": 1}})
    if m.get("id") == 2 and "method" not in m: print("kept", file=sys.stderr, flush=True)
    if "method" in m: send({"id": m.get("id"), "result": {"is_idle": True, "reason": "fine"}})
`;
const MANIFEST = {
  name: 'keeper',
  exec: { command: 'python3', args: ['main.py'] },
  permissions: { host: ['Host.KV.Set', 'Host.Files.Put'] },
};

/** A daemon in which an instance of `keeper` under another name has kept something. */
async function withKeeper(t: TestContext): Promise<DaemonProcess> {
  const plugins = { plugin_configs: { other: { plugin: 'keeper', enabled: false } } };
  const daemon = await startDaemonProcess(t, { config: { ...QUIET, naptime_minutes: 60, plugins } });
  const folder = writePlugin(temporaryDirectory(t), MANIFEST, { 'main.py': KEEPER });
  assert.equal((await snooze(daemon, 'plugin', 'install', folder, '--yes')).exitCode, 0);
  await daemon.client.call('plugin.enable', { name: 'other' });
  await waitFor('it to have kept something', async () => (await linesOf(daemon)).includes('kept'));
  return daemon;
}

const linesOf = async ({ client }: DaemonProcess) => {
  const { lines } = await client.call('plugin.logs', { name: 'other', after: 0, limit: 100, wait_seconds: 0 });
  return lines.map(({ message }) => message);
};
const configured = ({ configFile }: DaemonProcess) =>
  Object.keys(JSON.parse(readFileSync(configFile, 'utf8')).plugins.plugin_configs);

test('uninstall keeps what a plugin has kept and says where; --purge removes it, also afterwards', {
  skip,
}, async (t) => {
  const daemon = await withKeeper(t);
  const kept = join(daemon.directory, 'plugin-state', 'other');
  const first = await snooze(daemon, 'plugin', 'uninstall', 'keeper');
  assert.equal(
    first.out,
    `keeper is uninstalled, ${join(daemon.directory, 'plugins', 'keeper')} is removed\n` +
      `kept for the next time: plugins.plugin_configs.other, ${kept}, ${kept}.files, 1 key of other; ` +
      'to remove that: snooze plugin uninstall keeper --purge\n',
    first.err,
  );
  assert.deepEqual([existsSync(join(kept, 'own')), configured(daemon)], [true, ['other']]);
  const second = await snooze(daemon, 'plugin', 'uninstall', 'keeper', '--purge');
  assert.equal(second.out, 'keeper was uninstalled before, and what it has kept is removed\n', second.err);
  assert.deepEqual([existsSync(kept), existsSync(`${kept}.files`), configured(daemon)], [false, false, []]);
  const third = await snooze(daemon, 'plugin', 'uninstall', 'keeper', '--purge');
  assert.deepEqual([third.exitCode, third.err.split('\n')[0]], [1, 'snooze: there is no plugin keeper']);
});

test('--purge of a plugin that runs ends it and leaves nothing of it, and says so in the history', {
  skip,
}, async (t) => {
  const daemon = await withKeeper(t);
  const { out, err } = await snooze(daemon, 'plugin', 'uninstall', 'keeper', '--purge');
  assert.match(out, /^keeper is uninstalled, \S+ is removed, and what it has kept is removed\n$/, err);
  assert.deepEqual(configured(daemon), []);
  assert.ok(!existsSync(join(daemon.directory, 'plugin-state', 'other')));
  const entries = await daemon.client.call('history.list', { limit: 20, kind: 'plugin' });
  const entry = entries.find(({ summary }) => summary === 'keeper is removed, with all that it has kept');
  assert.match(entry?.cause ?? '', /^snooze plugin uninstall --purge by /);
  // a plugin of that name that comes again begins anew
  const folder = writePlugin(temporaryDirectory(t), MANIFEST, { 'main.py': KEEPER });
  await snooze(daemon, 'plugin', 'install', folder, '--yes');
  await daemon.client.call('plugin.uninstall', { name: 'keeper' }).then(({ kept }) => assert.deepEqual(kept, []));
});

test('uninstall of one use of a plugin ends that use alone, and leaves the plugin', { skip }, async (t) => {
  const daemon = await withKeeper(t);
  const own = join(daemon.directory, 'plugin-state', 'other');
  const first = await snooze(daemon, 'plugin', 'uninstall', 'other');
  assert.equal(
    first.out,
    'other, which was a use of keeper, is removed; keeper stays installed\n' +
      `kept for the next time: ${own}, ${own}.files, 1 key of other; to remove that: snooze plugin uninstall other --purge\n`,
    first.err,
  );
  assert.deepEqual(configured(daemon), []);
  const [keeper, ...rest] = await daemon.client.call('plugin.list', {});
  assert.deepEqual([keeper?.instance, keeper?.state, rest], ['keeper', 'disabled', []]);
  const second = await daemon.client.call('plugin.uninstall', { name: 'other', purge: true });
  assert.deepEqual([second, existsSync(own)], [{ directory: null, kept: [], use_of: null }, false]);
});

test('--purge takes no path for a name', async (t) => {
  const daemon = await startDaemonProcess(t, { config: { ...QUIET, naptime_minutes: 60 } });
  const victim = join(daemon.directory, 'victim');
  mkdirSync(victim);
  writeFileSync(join(victim, 'file'), '');
  const { exitCode, err } = await snooze(daemon, 'plugin', 'uninstall', '../victim', '--purge');
  assert.deepEqual([exitCode, existsSync(join(victim, 'file'))], [1, true]);
  assert.match(err, /^snooze: "\.\.\/victim" is no plugin's name/);
});
