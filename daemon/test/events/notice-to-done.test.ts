import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { rfc3339, systemClock } from '../../src/clock.ts';
import { createImds } from '../../src/cloud/aws/imds.ts';
import { createDispatcher } from '../../src/events/dispatcher.ts';
import type { Handler } from '../../src/events/event.ts';
import { ec2Spot } from '../../src/events/sources/ec2-spot.ts';
import { watchSources } from '../../src/events/sources/watch-sources.ts';
import { openHostFiles } from '../../src/monitors/host-files.ts';
import { openStore } from '../../src/store/open.ts';
import { defaultEvents } from '../support/default-events.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { startFakeImds } from '../support/fake-imds.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { waitFor } from '../support/wait-for.ts';
import { SPOT } from './world.ts';

const ID = 'spot-interrupt:i-0abc:terminate:boot1';
const silent = () => {};
const log = { debug: silent, info: silent, warn: silent, error: silent };

/** A real metadata service, the real source, dispatcher and SQLite file; only time stands still. */
async function startAll(t: TestContext) {
  const stateDirectory = temporaryDirectory(t);
  const clock = createFakeClock();
  const service = await startFakeImds({ lifecycle: 'spot' });
  const imds = createImds({ endpoint: service.url, clock: systemClock, timeoutMs: 60_000 });
  const store = openStore({ stateDirectory, clock, log });
  const called: { name: string; onDisk: string | undefined }[] = [];
  const handler = (name: string, priority: number): Handler => ({
    name,
    priority,
    mode: 'handle',
    timeoutMs: 30_000,
    concurrent: false,
    async handle(event) {
      const other = openStore({ stateDirectory, clock, log });
      called.push({ name, onDisk: other.journal.get(event.id)?.state });
      other.close();
      return { handled: true, result: null };
    },
  });
  const config = () => defaultEvents();
  const dispatcher = createDispatcher({
    journal: store.journal,
    history: store.history,
    handlers: () => [handler('low', 10), handler('high', 90), handler('middle', 50)],
    config,
    clock,
    log,
  });
  const sources = watchSources(
    {
      bootId: 'boot1',
      environment: {},
      clock,
      log,
      config,
      stateDirectory,
      files: openHostFiles(),
      onSample: () => () => {},
      emit: dispatcher.accept,
      send: dispatcher.send,
      find: dispatcher.find,
      isWritten: dispatcher.isWritten,
      idsWith: dispatcher.idsWith,
      open: dispatcher.open,
    },
    [ec2Spot],
  );
  sources.reconsider({
    identity: {
      provider: 'aws',
      instanceId: 'i-0abc',
      instanceType: null,
      region: null,
      availabilityZone: null,
      accountId: null,
      lifecycle: null,
    },
    imds,
    metadata: null,
  });
  t.after(async () => {
    await sources.stop();
    await dispatcher.stop();
    store.close();
    imds.close();
    await service.close();
  });
  const polls = () => service.requests.filter(({ method }) => method === 'GET').length;
  const poll = async () => {
    const before = polls();
    await clock.advance(5000);
    await waitFor('a poll', () => polls() > before && clock.waiting() === 1);
  };
  await waitFor('the first poll', () => polls() === 1 && clock.waiting() === 1);
  return { service, store, dispatcher, clock, poll, called, polls };
}

test('a notice is on disk before its handlers are called by priority, and 151 polls of it are one event', async (t) => {
  const { service, store, dispatcher, clock, poll, called, polls } = await startAll(t);
  const tellOf = () =>
    service.set('spot/instance-action', { action: 'terminate', time: rfc3339(clock.wallMs() + 120_000) });
  tellOf();
  await poll();
  await dispatcher.idle();
  assert.deepEqual(called, [
    { name: 'high', onDisk: 'dispatching' },
    { name: 'middle', onDisk: 'dispatching' },
    { name: 'low', onDisk: 'dispatching' },
  ]);
  for (let again = 1; again < 151; again++) {
    tellOf(); // the service moves its time at every poll
    await poll();
  }
  assert.equal(polls(), 152);
  const [record, ...others] = store.journal.list(1000);
  assert.deepEqual(others, []);
  assert.deepEqual([record?.event.id, record?.event.type, record?.state], [ID, SPOT, 'done']);
  assert.deepEqual(
    record?.outcomes.map(({ handler, status }) => `${handler} ${status}`),
    ['high handled', 'middle handled', 'low handled'],
  );
  assert.equal(called.length, 3);
  assert.deepEqual(
    store.history.list(10, { kind: 'event' }).map(({ cause }) => cause),
    ['ec2-metadata', 'ec2-metadata'],
  );
});

test('what the event tells: action, time, instance and the time that remained when it was seen', async (t) => {
  const { service, store, clock, poll } = await startAll(t);
  const time = rfc3339(clock.wallMs() + 125_000);
  service.set('spot/instance-action', { action: 'terminate', time });
  await poll();
  await poll();
  const { severity, deadline, source, data } = store.journal.get(ID)?.event ?? assert.fail('there is no event');
  assert.deepEqual({ severity, deadline, source }, { severity: 3, deadline: time, source: 'ec2-metadata' });
  assert.deepEqual(data, {
    action: 'terminate',
    time,
    instance_id: 'i-0abc',
    time_remaining_seconds: 120,
    incident: 'spot:i-0abc:boot1',
    stage: 'interrupt',
  });
});
