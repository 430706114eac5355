import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { allEvents } from '../support/all-events.ts';
import { type DaemonProcess, QUIET, startDaemonProcess, writePlugin } from '../support/daemon-process.ts';
import { requires } from '../support/requires.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { waitFor } from '../support/wait-for.ts';

/** `SNOOZE_TEST_CRASHES=200` is the long run. */
const CRASHES = Number(process.env['SNOOZE_TEST_CRASHES'] ?? 5);
/** The long run leaves thousands of events to the last daemon. */
const LONGEST_MS = 300_000;
const HANDLERS = ['first', 'second'];

/** Writes down the id of each event that it is given, then takes its time. */
const HANDLER = `#!/usr/bin/env python3
import json, os, sys, time
for line in sys.stdin:
    request = json.loads(line)
    if "id" not in request: continue
    if request["method"] == "HandleEvent":
        with open(sys.argv[1], "a") as file: file.write(request["params"]["event"]["id"] + "\\n")
        time.sleep(0.003)
    print(json.dumps({"id": request["id"], "result": {"handled": True}}), flush=True)
`;

async function startAt(t: TestContext, directory: string): Promise<DaemonProcess> {
  return await startDaemonProcess(t, {
    directory,
    config: {
      ...QUIET,
      check_interval_seconds: 60,
      naptime_minutes: 60,
      events: { types: { custom: { dispatch: 'all' } } },
      plugins: {
        sandbox: 'off', // the handlers write outside of their folders
        directories: [directory],
        plugin_configs: Object.fromEntries(HANDLERS.map((name) => [name, {}])),
      },
    },
  });
}

/** Sends events one after the other for as long as the daemon answers; the ids are those that it has acknowledged. */
async function sendUntilDead({ client }: DaemonProcess, ids: string[]): Promise<void> {
  try {
    for (let number = 0; ; number++) {
      const { id } = await client.call('events.send', { type: 'custom.job', data: { number } });
      ids.push(id);
    }
  } catch {
    // the daemon is gone: what it had not acknowledged was never promised
  }
}

test(`killed at ${CRASHES} random moments, the daemon loses no event that it has acknowledged`, {
  skip: requires('python3'),
}, async (t) => {
  const directory = temporaryDirectory(t);
  const seenBy = (name: string) => join(directory, `${name}.seen`);
  for (const name of HANDLERS) {
    writeFileSync(seenBy(name), '');
    const exec = { command: 'python3', args: ['plugin.py', seenBy(name)] };
    writePlugin(
      directory,
      { name, exec, capabilities: ['handle_event'], events: { 'custom.job': {} } },
      { 'plugin.py': HANDLER },
    );
  }
  const ids: string[] = [];
  for (let crash = 0; crash < CRASHES; crash++) {
    const daemon = await startAt(t, directory);
    const before = ids.length;
    const sent = Promise.all([sendUntilDead(daemon, ids), sendUntilDead(daemon, ids)]);
    // Every third time it is killed while it still starts.
    if (crash % 3 !== 0) await waitFor('the first event', () => ids.length > before);
    await delay(Math.random() * 300); // the moment is to be any, so this waits for a time and for nothing else
    await daemon.end('SIGKILL');
    await sent;
  }
  assert.ok(ids.length > CRASHES, `only ${ids.length} events were sent`);

  const last = await startAt(t, directory);
  await waitFor(
    'the end of all events',
    async () =>
      (await last.client.call('events.list', { limit: 100 })).every(({ endedAt }) => endedAt !== null) &&
      (await last.status()).events.pending.length === 0,
    LONGEST_MS,
  );
  const records = await allEvents(last.client);
  const states = new Map(records.map(({ event, state }) => [event.id, state]));
  assert.deepEqual([...new Set(ids.map((id) => states.get(id)))], ['done']);
  for (const name of HANDLERS) {
    const seen = new Set(readFileSync(seenBy(name), 'utf8').split('\n'));
    assert.deepEqual(
      ids.filter((id) => !seen.has(id)),
      [],
      `${name} has seen every event`,
    );
  }
  await last.end('SIGTERM');
  const database = new DatabaseSync(join(directory, 'snoozed.sqlite'), { readOnly: true });
  assert.deepEqual({ ...database.prepare('PRAGMA integrity_check').get() }, { integrity_check: 'ok' });
  database.close();
  t.diagnostic(`${ids.length} events, ${CRASHES} crashes`);
});
