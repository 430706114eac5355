import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { QUIET, startDaemonProcess, writePlugin } from '../support/daemon-process.ts';
import { snooze } from '../support/snooze.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const ECHO = `import json, sys
config = {}
for line in sys.stdin:
    m = json.loads(line)
    config = m.get("params", {}).get("config", config)
    if "id" in m:
        print(json.dumps({"id": m["id"], "result": {"is_idle": True, "reason": "%s %s" % (config.get("host"), config.get("limit"))}}), flush=True)
`;
const config_schema = {
  type: 'object',
  properties: {
    host: { type: 'string', default: 'localhost' },
    limit: { type: 'integer', minimum: 0, default: 5 },
  },
};

/** A daemon in which `mine` runs, which says its configuration with every verdict. */
async function withMine(t: TestContext, enabled = true) {
  const folder = temporaryDirectory(t);
  writePlugin(
    folder,
    { name: 'mine', exec: { command: 'python3', args: ['main.py'] }, config_schema },
    { 'main.py': ECHO },
  );
  const daemon = await startDaemonProcess(t, {
    config: { ...QUIET, naptime_minutes: 60 },
    environment: { SNOOZE_PLUGIN_PATH: folder, TOKEN: 's3cret' },
  });
  if (enabled) await daemon.client.call('plugin.enable', { name: 'mine' });
  const configure = (...settings: string[]) => snooze(daemon, 'plugin', 'configure', 'mine', ...settings);
  const summary = async () => (await daemon.client.call('plugin.info', { name: 'mine' })).summary;
  return {
    daemon,
    configure,
    summary,
    reason: async () => (await daemon.client.call('plugin.enable', { name: 'mine' })).first?.reason,
  };
}

test('a plugin gets one more use under a name of its own, checked as the first one is', async (t) => {
  const { daemon } = await withMine(t);
  const configure = (...typed: string[]) => snooze(daemon, 'plugin', 'configure', ...typed);
  assert.match(
    (await configure('second', 'limit=7')).err,
    /no plugin or instance second\n.*to use a plugin twice: snooze plugin configure second plugin=NAME/,
  );
  assert.match((await configure('second', 'plugin=mine', 'limit=x')).err, /second\.limit: expected a whole number/);
  const made = await configure('second', 'plugin=mine', 'limit=7');
  assert.equal(made.out, 'plugin: null → "mine"\nlimit: 5 → 7\nsecond is disabled\n', made.err);
  assert.match((await snooze(daemon, 'plugin', 'enable', 'second')).out, /second running · idle · localhost 7 · /);
  assert.match(
    (await configure('third', 'plugin=second')).err,
    /second is no plugin, but a use of mine\n.*snooze plugin configure third plugin=mine/,
  );
});

test('a change is shown, is in force at once without a restart of the process, and keeps the comments of the file', async (t) => {
  const { daemon, configure, summary, reason } = await withMine(t);
  writeFileSync(daemon.configFile, readFileSync(daemon.configFile, 'utf8').replace('{', '{\n  // mine\n'));
  const { pid } = await summary();
  const done = await configure('limit=10', 'host=10.0.0.5');
  assert.equal(done.out, 'limit: 5 → 10\nhost: "localhost" → "10.0.0.5"\nmine is running\n', done.err);
  assert.equal(await reason(), '10.0.0.5 10');
  assert.equal((await summary()).pid, pid);
  assert.match(readFileSync(daemon.configFile, 'utf8'), /\/\/ mine/);
  assert.equal((await configure('limit=10')).out, 'mine: nothing changes\n');
  assert.equal((await configure('limit=')).out, 'limit: 10 → 5\nmine is running\n');
  assert.equal(await reason(), '10.0.0.5 5');
});

test('a text that looks like a number is a text where the schema says so', async (t) => {
  const { configure } = await withMine(t);
  assert.match((await configure('host=127')).out, /^host: "localhost" → "127"\n/);
});

const WRONG: [typed: string[], code: number, expected: RegExp][] = [
  [['limit=-1'], 5, /plugins\.plugin_configs\.mine\.limit: expected .*0.*found -1/],
  [['limit=many'], 5, /mine\.limit: expected .*found "many"/],
  [['limt=3'], 5, /limt: .*limit/],
  [['host=a', 'limit=x'], 5, /mine\.limit/],
  [['weight=heavy'], 5, /weight/],
  [['limit'], 2, /expected KEY=VALUE, found "limit"/],
  [['limit=3', 'limit=4'], 2, /^snooze: limit is given twice: expected each key once\n$/],
  [[], 2, /expected KEY=VALUE/],
  [['a.b=1'], 2, /a\.b: this is no key/],
];

test('what is wrong changes nothing, not even beside what is right, and says what was expected', async (t) => {
  const { daemon, configure } = await withMine(t);
  const before = readFileSync(daemon.configFile, 'utf8');
  for (const [typed, code, expected] of WRONG) {
    const { exitCode, err } = await configure(...typed);
    assert.match(err, expected);
    assert.equal(exitCode, code, typed.join());
    assert.equal(readFileSync(daemon.configFile, 'utf8'), before);
  }
  const { exitCode, err } = await snooze(daemon, 'plugin', 'configure', 'yours', 'a=1');
  assert.deepEqual([exitCode, /there is no plugin or instance yours/.test(err)], [1, true], err);
  const mistyped = await snooze(daemon, 'plugin', 'enable', 'mien');
  assert.equal(mistyped.err, 'snooze: there is no plugin or instance mien\n  did you mean mine?\n');
});

test('a word that does not fit is told by its key, not by a line of the file that was never written', async (t) => {
  const { configure, daemon } = await withMine(t, false);
  const expected = 'expected true or false, found "maybe"';
  const { err } = await configure('enabled=maybe');
  assert.equal(err, `snooze: plugins.plugin_configs.mine.enabled: ${expected}\n`);
  const set = daemon.client.call('config.set', { key: 'dry_run', value: 'maybe' });
  await assert.rejects(set, { message: `dry_run: ${expected}` });
});

test('a plugin that is not in use can be configured, and is not put to use by that', async (t) => {
  const { configure, summary } = await withMine(t, false);
  assert.equal((await configure('limit=7')).out, 'limit: 5 → 7\nmine is disabled\n');
  assert.equal((await summary()).state, 'disabled');
});

test('a variable is shown by its name, because what it holds may be a password', async (t) => {
  const { configure } = await withMine(t);
  const { out } = await configure('host=\u0024{TOKEN}');
  assert.match(out, /^host: "localhost" → "\$\{TOKEN\}"\n/);
  assert.doesNotMatch(out, /s3cret/);
});
