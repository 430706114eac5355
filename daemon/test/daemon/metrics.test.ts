import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { test } from 'node:test';
import { QUIET, startDaemonProcess, writePlugin } from '../support/daemon-process.ts';
import { startFakeMetadata } from '../support/fake-metadata.ts';
import { freePort } from '../support/free-port.ts';
import { requires } from '../support/requires.ts';
import { snooze } from '../support/snooze.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { waitFor } from '../support/wait-for.ts';
import { parseExposition } from '../watch/parse-exposition.ts';

const skip = requires('python3');

/** Reports a number with every check, what is no plugin's to give or no label of Prometheus, and handles what it is sent. */
const PLUGIN = `import json, sys
for line in sys.stdin:
    request = json.loads(line)
    if request.get("method") == "CheckIdle":
        for name, label in [("queue_depth", "db"), ("cloudsnooze_state", "db"), ("queue_depth", "db-name"), ("queue_depth", "__name__")]:
            print(json.dumps({"method": "Host.ReportMetric", "params": {"name": name, "value": 7.5, "labels": {label: 'a"b'}}}), flush=True)
    if "id" in request:
        print(json.dumps({"id": request["id"], "result": {"is_idle": False, "handled": True, "reason": "x"}}), flush=True)
`;

test('what is measured and counted is there for Prometheus, in the CLI and over HTTP', { skip }, async (t) => {
  const directory = temporaryDirectory(t);
  writePlugin(
    directory,
    {
      name: 'reporter',
      exec: { command: 'python3', args: ['plugin.py'] },
      capabilities: ['check_idle', 'handle_event'],
      events: { 'custom.save': {} },
      permissions: { host: ['Host.ReportMetric'] },
    },
    { 'plugin.py': PLUGIN },
  );
  const config = {
    ...QUIET,
    plugins: { sandbox: 'off', directories: [directory], plugin_configs: { reporter: {} } },
  };
  const daemon = await startDaemonProcess(t, { directory, config });
  const read = async () => parseExposition((await snooze(daemon, 'metrics')).out);
  await waitFor('a reported number', async () => (await read()).has('queue_depth'));
  const { id } = await daemon.client.call('events.send', { type: 'custom.save', data: {} });
  await waitFor('the end', async () => (await daemon.client.call('events.show', { id })).state === 'done');

  const families = await read();
  const value = (name: string, labels = '') => families.get(name)?.samples.get(labels);
  assert.equal(value('queue_depth', 'db=a"b,plugin_instance=reporter'), 7.5);
  assert.equal(value('cloudsnooze_state', 'state=active'), 1);
  assert.equal(families.get('queue_depth')?.samples.size, 1);
  assert.equal(families.get('cloudsnooze_state')?.samples.size, 6);
  assert.equal(value('cloudsnooze_check_verdict', 'check=reporter,kind=plugin,verdict=busy'), 1);
  assert.equal(value('cloudsnooze_check_threshold', 'check=cpu,kind=monitor,unit=%'), 100);
  assert.equal(value('cloudsnooze_plugin_calls_total', 'method=HandleEvent,plugin_instance=reporter'), 1);
  assert.equal(value('cloudsnooze_events_seen_total', 'source=user,type=custom.save'), 1);
  assert.equal(value('cloudsnooze_events_ended_total', 'source=user,state=done,type=custom.save'), 1);
  assert.equal(value('cloudsnooze_handler_outcomes_total', 'handler=reporter,status=handled,type=custom.save'), 1);
  assert.equal(value('cloudsnooze_naptime_seconds'), 0.6);
  assert.ok(![...families].some(([, { samples }]) => [...samples.keys()].some((labels) => labels.includes(id))));
  const { text } = JSON.parse((await snooze(daemon, 'metrics', '--json')).out) as { text: string };
  assert.deepEqual([...parseExposition(text).keys()], [...families.keys()]);

  const port = await freePort();
  const url = `http://127.0.0.1:${port}/metrics`;
  await assert.rejects(fetch(url));
  await daemon.client.call('config.set', { key: 'metrics', value: { enabled: true, port } });
  const answer = await waitFor('the page', () => fetch(url).catch(() => undefined));
  assert.equal(answer.headers.get('content-type'), 'text/plain; version=0.0.4; charset=utf-8');
  assert.deepEqual([...parseExposition(await answer.text()).keys()], [...families.keys()]);
  assert.equal((await fetch(url, { method: 'POST' })).status, 405);
  assert.equal((await fetch(`${url}/x`)).status, 404);
  await daemon.client.call('config.set', { key: 'metrics.enabled', value: false });
  await waitFor('the end of the page', () =>
    fetch(url).then(
      () => false,
      () => true,
    ),
  );
});

test('a port that somebody else has is one line in the log, and the daemon goes on', async (t) => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  t.after(() => other.close());
  const { port } = other.address() as AddressInfo;
  const daemon = await startDaemonProcess(t, { config: { ...QUIET, metrics: { enabled: true, port } } });
  await waitFor('the line', () =>
    /metrics cannot be served at http:\/\/127\.0\.0\.1:\d+\/metrics/.test(daemon.output()),
  );
  assert.equal((await snooze(daemon, 'metrics')).exitCode, 0);
});

test('the questions to the metadata service of Azure are counted, which gives no tokens and is asked through no proxy', async (t) => {
  const service = await startFakeMetadata(t, ['Metadata', 'true'], ({ path }) => ({
    body: path.endsWith('/compute') ? JSON.stringify({ vmId: 'one', name: 'vm0' }) : '{"Events":[]}',
  }));
  const proxy = { NODE_USE_ENV_PROXY: '1', http_proxy: 'http://127.0.0.1:1', HTTP_PROXY: 'http://127.0.0.1:1' };
  const environment = { AZURE_METADATA_ENDPOINT: service.url, ...proxy };
  const daemon = await startDaemonProcess(t, { config: QUIET, environment });
  const counted = async () => {
    const families = parseExposition((await snooze(daemon, 'metrics')).out);
    assert.ok(!families.has('cloudsnooze_metadata_tokens_total'));
    return families.get('cloudsnooze_metadata_requests_total')?.samples.get('') ?? 0;
  };
  await waitFor('three questions', async () => (await counted()) >= 3);
  assert.ok((await counted()) <= service.requests.length);
});
