import assert from 'node:assert/strict';
import { userInfo } from 'node:os';
import { test } from 'node:test';
import { QUIET, startDaemonProcess, writePlugin } from '../support/daemon-process.ts';
import { requires } from '../support/requires.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { waitFor } from '../support/wait-for.ts';

const SPOT = 'cloud.spot.interrupt';
const skip = requires('python3');

/** Handles the notice itself only when it is told that it is off. */
const HANGS_UNTIL_OFF = `import json, sys
for line in sys.stdin:
    request = json.loads(line)
    if "id" not in request: continue
    if request["method"] == "HandleEvent" and "stage" not in request["params"]["event"]["data"]: continue
    print(json.dumps({"id": request["id"], "result": {"handled": True}}), flush=True)
`;

async function start(t: Parameters<typeof startDaemonProcess>[0], config: object = {}) {
  const directory = temporaryDirectory(t);
  const exec = { command: 'python3', args: ['plugin.py'] };
  writePlugin(
    directory,
    { name: 'saver', exec, concurrent: true, capabilities: ['handle_event'], events: { [SPOT]: { priority: 90 } } },
    { 'plugin.py': HANGS_UNTIL_OFF },
  );
  const daemon = await startDaemonProcess(t, {
    directory,
    config: {
      ...QUIET,
      naptime_minutes: 60,
      plugins: { directories: [directory], plugin_configs: { saver: {} } },
      ...config,
    },
  });
  await waitFor('the handler', async () => (await daemon.status()).plugins[0]?.state === 'running');
  const send = () => daemon.client.call('events.send', { type: SPOT, data: {}, deadline_seconds: 600 });
  return { ...daemon, send };
}

test('an event that is taken back is told to the plugin that has it, and what cannot be done is said', {
  skip,
}, async (t) => {
  const { client, send } = await start(t);
  const { id } = await send();
  await waitFor('the turn', async () => (await client.call('events.show', { id })).state === 'dispatching');
  await client.call('events.cancel', { id, reason: 'a slip' });
  const record = await waitFor('the end', async () => {
    const found = await client.call('events.show', { id });
    return found.state === 'canceled' && found;
  });
  assert.deepEqual(
    record.outcomes.map(({ status, stage }) => [status, stage]),
    [
      ['canceled', undefined],
      ['handled', 'canceled'],
    ],
  );
  await assert.rejects(
    client.call('events.cancel', { id, reason: 'again' }),
    /cannot be taken back: it is canceled already/,
  );
  await assert.rejects(client.call('events.ack', { id }), /cannot be acknowledged: it is canceled already/);
  await assert.rejects(client.call('events.cancel', { id: 'none', reason: 'x' }), /there is no event none/);
});

test('an event is named by a part of its id that no other has', { skip }, async (t) => {
  const { client, send } = await start(t);
  const [{ id }, { id: other }] = [await send(), await send()];
  const shown = async (typed: string) => (await client.call('events.show', { id: typed })).event.id;
  assert.deepEqual([await shown(id), await shown(id.slice(0, 8)), await shown(other.slice(-8))], [id, id, other]);
  await assert.rejects(shown(id.slice(0, 3)), /there is no event/);
  assert.deepEqual(await client.call('events.ack', { id: id.slice(0, 13) }), { id });
  assert.deepEqual(await client.call('events.cancel', { id: other.slice(0, 13), reason: 'a slip' }), { id: other });
  for (const _ of [1, 2]) await client.call('events.rehearse', { kind: 'spot', in_seconds: 60 });
  await assert.rejects(shown('spot-interrupt'), {
    code: 'SNOOZE_E_USAGE',
    hint: /^which of them\?(\nspot-interrupt:\S+){2}$/,
  });
});

test('an event that somebody acknowledges ends at once', { skip }, async (t) => {
  const { client, send } = await start(t);
  const { id } = await send();
  await client.call('events.ack', { id });
  const record = await waitFor('the end', async () => {
    const found = await client.call('events.show', { id });
    return found.state === 'done' && found;
  });
  assert.equal(record.outcomes[0]?.message, `acknowledged by ${userInfo().username}`);
});

test('who would be called is told for each type, with what the configuration says of it', { skip }, async (t) => {
  const { client } = await start(t, {
    events: { types: { [SPOT]: { handlers: { saver: { priority: 5, timeout_seconds: 7 } } } } },
  });
  const tables = await client.call('events.handlers', {});
  assert.deepEqual(
    tables
      .find(({ type }) => type === SPOT)
      ?.handlers.map(({ instance, priority, timeout_seconds: seconds }) => [instance, priority, seconds]),
    [['saver', 5, 7]],
  );
  await client.call('plugin.disable', { name: 'saver' });
  const [after] = (await client.call('events.handlers', {})).filter(({ type }) => type === SPOT);
  assert.deepEqual(
    [after?.handlers, after?.not_called],
    [[], [{ instance: 'saver', reason: 'the plugin is disabled' }]],
  );
});

test('a plugin in use that cannot be tried is named where it would be called, with its fault', { skip }, async (t) => {
  const { client, directory } = await start(t);
  const exec = { command: 'python3', args: ['plugin.py'] };
  const handler = { exec, capabilities: ['handle_event'], events: { [SPOT]: {} } };
  writePlugin(directory, { name: 'broken', ...handler, lifecycle: 'nonsense' });
  writePlugin(directory, { name: 'needy', ...handler, dependencies: [{ name: 'nobody', version: '^1.0.0' }] });
  const plugin_configs = { saver: {}, broken: {}, needy: {} };
  await client.call('config.set', { key: 'plugins.plugin_configs', value: plugin_configs });
  const tables = await waitFor('both', async () => {
    const found = await client.call('events.handlers', {});
    return found.some(({ not_called: others }) => others.length === 2) && found;
  });
  const others = tables.flatMap(({ type, not_called }) => not_called.map((one) => ({ type, ...one })));
  assert.deepEqual(others.map(({ type, instance }) => [type, instance]).toSorted(), [
    [SPOT, 'broken'],
    [SPOT, 'needy'],
  ]);
  const reasonOf = (name: string) => others.find(({ instance }) => instance === name)?.reason ?? '';
  assert.match(reasonOf('broken'), /^and it is not known whether it handles this: it has failed: .*lifecycle/);
  assert.match(reasonOf('needy'), /^it has failed: .*nobody/);
});
