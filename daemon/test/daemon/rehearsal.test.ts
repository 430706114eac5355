import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { QUIET, startDaemonProcess, writePlugin } from '../support/daemon-process.ts';
import { requires } from '../support/requires.ts';
import { snooze } from '../support/snooze.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { waitFor } from '../support/wait-for.ts';

const skip = requires('python3');

/** Writes down each event that it is given; the one that is called `stuck` then never answers. */
const HANDLER = `import json, os, sys
for line in sys.stdin:
    request = json.loads(line)
    if "id" not in request: continue
    if request["method"] == "HandleEvent":
        with open("calls.jsonl", "a") as file: file.write(json.dumps(request["params"]["event"]) + "\\n")
        if os.environ["SNOOZE_PLUGIN"] == "stuck": continue
    print(json.dumps({"id": request["id"], "result": {"handled": True}}), flush=True)
`;

async function start(t: TestContext, handlers: readonly string[]) {
  const directory = temporaryDirectory(t);
  const events = { 'cloud.spot.interrupt': {}, 'cloud.instance.rebalance': {}, 'cloud.instance.maintenance': {} };
  for (const name of handlers) {
    const folder = writePlugin(
      directory,
      { name, exec: { command: 'python3', args: ['plugin.py'] }, capabilities: ['handle_event'], events },
      { 'plugin.py': HANDLER, 'calls.jsonl': '' },
    );
    writeFileSync(join(folder, 'calls.jsonl'), '');
  }
  const daemon = await startDaemonProcess(t, {
    directory,
    config: {
      ...QUIET,
      naptime_minutes: 60,
      events: { spot_poll_seconds: 1 },
      plugins: {
        sandbox: 'off', // it writes into its own folder
        directories: [directory],
        plugin_configs: Object.fromEntries(handlers.map((name) => [name, {}])),
      },
    },
  });
  await waitFor('the handlers', async () => (await daemon.status()).plugins.every(({ state }) => state === 'running'));
  const calls = (name: string) =>
    readFileSync(join(directory, name, 'calls.jsonl'), 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map(
        (line) =>
          JSON.parse(line) as {
            type: string;
            source: string;
            timestamp: string;
            deadline: string | null;
            data: Record<string, unknown>;
          },
      );
  return { daemon, calls };
}

test('a rehearsal goes the whole way, is marked as one, and ends with a report', { skip }, async (t) => {
  const { daemon, calls } = await start(t, ['saver']);
  for (const [kind, type] of [
    ['spot', 'cloud.spot.interrupt'],
    ['rebalance', 'cloud.instance.rebalance'],
    ['maintenance', 'cloud.instance.maintenance'],
    ['azure-preempt', 'cloud.spot.interrupt'],
    ['gcp-preempt', 'cloud.spot.interrupt'],
  ] as const) {
    const { exitCode, out, err } = await snooze(daemon, 'events', 'rehearse', kind, '--in', '60');
    assert.equal(exitCode, 0, out + err);
    assert.match(out, /all 1 were done in time/);
    assert.equal(/^a rebalance names no deadline: --in is of no use/.test(out), kind === 'rebalance');
    const call = calls('saver').at(-1);
    assert.deepEqual([call?.type, call?.source, call?.data['rehearsal']], [type, 'rehearsal', true]);
    if (call?.deadline) assert.ok(Date.parse(call.deadline) - Date.parse(call.timestamp) > 50_000, kind);
  }
  assert.equal(calls('saver').length, 5);
  const events = await daemon.client.call('events.list', { limit: 10 });
  assert.deepEqual(
    events.map(({ state, event }) => [state, event.source]),
    Array.from({ length: 5 }, () => ['done', 'rehearsal']),
  );
  const history = await daemon.client.call('history.list', { limit: 50, kind: 'event' });
  const told = [...history.map(({ summary }) => summary), ...daemon.output().split('\n')];
  const unmarked = told.filter((line) => /cloud\.\S+/.test(line) && !/cloud\.\S+ \(rehearsal\)/.test(line));
  assert.deepEqual(unmarked, []);
});

test('a handler that is not done in time, or nobody at all, is a rehearsal that failed', { skip }, async (t) => {
  const { daemon } = await start(t, ['stuck']);
  const late = await snooze(daemon, 'events', 'rehearse', 'spot', '--in', '3');
  assert.equal(late.exitCode, 1);
  assert.match(late.out, /stuck +too late/);
  assert.match(late.out, /not done: stuck/);
  assert.equal((await snooze(daemon, 'plugin', 'disable', 'stuck')).exitCode, 0);
  const nobody = await snooze(daemon, 'events', 'rehearse', 'spot');
  assert.equal(nobody.exitCode, 1);
  assert.match(nobody.out, /nobody handles cloud\.spot\.interrupt: nothing would have been saved/);
});

test('a dry run of a rehearsal calls nobody, and a kind that there is not is told', { skip }, async (t) => {
  const { daemon, calls } = await start(t, ['saver']);
  const { exitCode, out } = await snooze(daemon, 'events', 'rehearse', 'spot', '--dry-run');
  assert.equal(exitCode, 0);
  assert.match(out, /saver +handles/);
  assert.equal(calls('saver').length, 0);
  for (const more of [[], ['--dry-run']]) {
    const wrong = await snooze(daemon, 'events', 'rehearse', 'sopt', ...more);
    assert.equal(wrong.exitCode, 2);
    assert.match(
      wrong.err,
      /there is no rehearsal of "sopt"[\s\S]*there are spot, rebalance, maintenance, azure-preempt, gcp-preempt/,
    );
  }
  assert.deepEqual(await daemon.client.call('history.list', { limit: 9, kind: 'event' }), []);
});
