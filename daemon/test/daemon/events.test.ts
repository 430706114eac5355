import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type TestContext, test } from 'node:test';
import { QUIET, startDaemonProcess, writePlugin } from '../support/daemon-process.ts';
import { startFakeImds } from '../support/fake-imds.ts';
import { requires } from '../support/requires.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { waitFor } from '../support/wait-for.ts';

const skip = requires('python3');
const SPOT = 'cloud.spot.interrupt';

/** Writes its name to a file when it is given an event. */
const HANDLER = `import json, os, sys
for line in sys.stdin:
    m = json.loads(line)
    if m["method"] == "HandleEvent":
        open(sys.argv[1], "a").write(os.environ["SNOOZE_PLUGIN"] + "\\n")
        print(json.dumps({"id": m["id"], "result": {"handled": True}}), flush=True)
    else:
        print(json.dumps({"id": m["id"], "result": {}}), flush=True)
`;

/** Hangs for ever on an event. */
const HANGING = `import json, sys, time
for line in sys.stdin:
    m = json.loads(line)
    if m["method"] == "HandleEvent": time.sleep(3600)
    print(json.dumps({"id": m["id"], "result": {}}), flush=True)
`;

function writeHandler(
  directory: string,
  {
    name,
    priority,
    program = HANDLER,
    ...more
  }: { name: string; priority: number; program?: string; timeouts?: object },
): void {
  writePlugin(
    join(directory, 'plugins'),
    {
      name,
      exec: { command: 'python3', args: ['handler.py', join(directory, 'called')] },
      capabilities: ['handle_event'],
      events: { [SPOT]: { priority } },
      permissions: { write: [directory] },
      ...more,
    },
    { 'handler.py': program },
  );
}

const calledIn = (directory: string) => readFileSync(join(directory, 'called'), 'utf8').trim().split('\n');

async function startSpotHost(t: TestContext) {
  const imds = await startFakeImds({ lifecycle: 'spot' });
  t.after(() => imds.close());
  return { imds, environment: { AWS_EC2_METADATA_SERVICE_ENDPOINT: imds.url, AWS_EC2_METADATA_DISABLED: 'false' } };
}

test('a spot notice reaches three handlers in the order of their priority, and is one event however often it is polled', {
  skip,
}, async (t) => {
  const directory = temporaryDirectory(t);
  const { imds, environment } = await startSpotHost(t);
  for (const [name, priority] of [
    ['low', 10],
    ['high', 90],
    ['middle', 50],
  ] as const)
    writeHandler(directory, { name, priority });
  const daemon = await startDaemonProcess(t, {
    directory,
    environment,
    config: {
      ...QUIET,
      naptime_minutes: 60,
      provider_type: 'aws',
      events: { spot_poll_seconds: 1 },
      plugins: { plugin_configs: { low: {}, high: {}, middle: {} } },
    },
  });
  await waitFor(
    'the handlers',
    async () => (await daemon.status()).plugins.filter(({ state }) => state === 'running').length === 3,
  );
  await waitFor('the source', async () => (await daemon.status()).events.sources.some(({ status }) => status === 'ok'));
  const time = () => new Date(Date.now() + 120_000).toISOString();
  imds.set('spot/instance-action', { action: 'terminate', time: time() });
  const [record] = await waitFor('the end of the event', async () => {
    const events = await daemon.client.call('events.list', { limit: 10 });
    return events[0]?.state === 'done' && events;
  });
  assert.deepEqual(calledIn(directory), ['high', 'middle', 'low']);
  assert.deepEqual(
    record?.outcomes.map(({ handler, status }) => [handler, status]),
    [
      ['high', 'handled'],
      ['middle', 'handled'],
      ['low', 'handled'],
    ],
  );
  // The service moves the time at every poll; it is still the same notice.
  imds.set('spot/instance-action', { action: 'terminate', time: time() });
  const polls = imds.requests.length;
  await waitFor('two more polls', () => imds.requests.length >= polls + 2);
  assert.equal((await daemon.client.call('events.list', { limit: 10 })).length, 1);
  assert.deepEqual(calledIn(directory), ['high', 'middle', 'low']);
});

/** Starts for ever. */
const STARTING = `import sys
for line in sys.stdin: pass
`;

test('a spot notice that is there at the start does not wait for the plugin that is slowest to start', {
  skip,
}, async (t) => {
  const directory = temporaryDirectory(t);
  const { imds, environment } = await startSpotHost(t);
  const time = new Date(Date.now() + 120_000).toISOString();
  imds.set('spot/instance-action', { action: 'terminate', time });
  writeHandler(directory, { name: 'quick', priority: 90 });
  writeHandler(directory, { name: 'starting', priority: 10, program: STARTING, timeouts: { start_seconds: 300 } });
  const plugin_configs = { quick: {}, starting: {} };
  const config = { ...QUIET, naptime_minutes: 60, provider_type: 'aws', plugins: { plugin_configs } };
  const daemon = await startDaemonProcess(t, { directory, environment, config });
  const [record] = await waitFor('the first outcome', async () => {
    const events = await daemon.client.call('events.list', { limit: 10 });
    return events[0]?.outcomes.length === 1 && events;
  });
  assert.deepEqual([record?.state, record?.outcomes[0]?.handler], ['dispatching', 'quick']);
  const { plugins } = await daemon.status();
  assert.equal(plugins.find(({ instance }) => instance === 'starting')?.state, 'loaded');
});

/** At work on a backup until it is told that nobody waits for it any more; the second time it is done at once. */
const WORKING = `import json, sys
given = []
for line in sys.stdin:
    m = json.loads(line)
    if m["method"] == "HandleEvent":
        given.append(m["params"]["event"]["type"])
        print(json.dumps({"level": "info", "message": "has " + given[-1]}), file=sys.stderr, flush=True)
        if given == ["custom.backup"]:
            while json.loads(sys.stdin.readline())["method"] != "$/cancelRequest": pass
    if "id" in m: print(json.dumps({"id": m["id"], "result": {"handled": True}}), flush=True)
`;

test('a plugin at work on a backup is freed for a spot notice, and has the backup again after it', {
  skip,
}, async (t) => {
  const directory = temporaryDirectory(t);
  writePlugin(
    join(directory, 'plugins'),
    {
      name: 'saver',
      exec: { command: 'python3', args: ['handler.py'] },
      capabilities: ['handle_event'],
      events: { [SPOT]: {}, 'custom.backup': {} },
      timeouts: { event_seconds: 300 },
    },
    { 'handler.py': WORKING },
  );
  const config = { ...QUIET, naptime_minutes: 60, plugins: { plugin_configs: { saver: {} } } };
  const daemon = await startDaemonProcess(t, { directory, config });
  const send = async (type: string, seconds?: number) =>
    (await daemon.client.call('events.send', { type, data: {}, ...(seconds && { deadline_seconds: seconds }) })).id;
  const backup = await send('custom.backup');
  await waitFor('the backup to begin', () => daemon.output().includes('has custom.backup'));
  const spot = await send(SPOT, 120);
  const ended = async (id: string) => {
    const found = await daemon.client.call('events.show', { id });
    return found.state === 'done' && found;
  };
  const record = await waitFor('the end of the backup', async () => await ended(backup));
  assert.deepEqual(
    record.outcomes.map(({ status, message }) => [status, message]),
    [
      ['canceled', `it makes way for ${SPOT}, and is called again after it`],
      ['handled', null],
    ],
  );
  const notice = await waitFor('the end of the notice', async () => await ended(spot));
  assert.deepEqual(
    notice.outcomes.map(({ status }) => status),
    ['handled'],
  );
  assert.ok(String(notice.outcomes[0]?.endedAt) <= String(record.outcomes[1]?.startedAt), 'the notice came first');
});

test('an event that the daemon was killed in the middle of is dispatched again, to those who have not finished', {
  skip,
}, async (t) => {
  const directory = temporaryDirectory(t);
  writeHandler(directory, { name: 'first', priority: 90 });
  writeHandler(directory, { name: 'stuck', priority: 50, program: HANGING });
  writeHandler(directory, { name: 'last', priority: 10 });
  const config = { ...QUIET, naptime_minutes: 60, plugins: { plugin_configs: { first: {}, stuck: {}, last: {} } } };
  const daemon = await startDaemonProcess(t, { directory, config });
  await waitFor(
    'the handlers',
    async () => (await daemon.status()).plugins.filter(({ state }) => state === 'running').length === 3,
  );
  const { id } = await daemon.client.call('events.send', { type: SPOT, data: {}, deadline_seconds: 600 });
  // A moment after a handler has begun it is on disk that it has.
  const journal = new DatabaseSync(join(directory, 'snoozed.sqlite'), { readOnly: true });
  const begun = journal.prepare('SELECT handler FROM turns WHERE event_id = ?');
  await waitFor('the start of the second', () => begun.get(id)?.['handler'] === 'stuck');
  await daemon.end('SIGKILL');
  journal.close();

  writeHandler(directory, { name: 'stuck', priority: 50 });
  const again = await startDaemonProcess(t, { directory });
  const record = await waitFor('the end', async () => {
    const found = await again.client.call('events.show', { id });
    return found.state === 'done' && found;
  });
  assert.deepEqual(
    record.outcomes.map(({ handler, status }) => [handler, status]),
    [
      ['first', 'handled'],
      ['stuck', 'canceled'],
      ['stuck', 'handled'],
      ['last', 'handled'],
    ],
  );
  assert.deepEqual(calledIn(directory), ['first', 'stuck', 'last']);
});

test('while a cloud event is pending the host is not snoozed', { skip }, async (t) => {
  const directory = temporaryDirectory(t);
  writeHandler(directory, { name: 'stuck', priority: 50, program: HANGING });
  const daemon = await startDaemonProcess(t, {
    directory,
    flags: ['--dry-run'],
    config: { ...QUIET, naptime_minutes: 0.02, plugins: { plugin_configs: { stuck: {} } } },
  });
  await waitFor('the handler', async () => (await daemon.status()).plugins[0]?.state === 'running');
  await daemon.client.call('events.send', { type: SPOT, data: {}, deadline_seconds: 600 });
  const status = await waitFor('a host that is idle for longer than its naptime', async () => {
    const now = await daemon.status();
    return now.idle_seconds > now.naptime_seconds + 1 && now;
  });
  assert.equal(status.state, 'inhibited');
  assert.equal(status.inhibitors[0]?.kind, 'event');
});
