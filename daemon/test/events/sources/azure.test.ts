import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { systemClock } from '../../../src/clock.ts';
import { createMetadata, type Metadata } from '../../../src/cloud/metadata.ts';
import type { EventRecord, HandlerOutcome } from '../../../src/events/event.ts';
import { azure } from '../../../src/events/sources/azure.ts';
import { parseScheduledEvents } from '../../../src/events/sources/azure-events.ts';
import { mayStart } from '../../../src/events/sources/azure-start-requests.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import { startFakeMetadata } from '../../support/fake-metadata.ts';
import { HTTP_FAULTS } from '../../support/http-faults.ts';
import { createMemoryJournal } from '../../support/memory-journal.ts';
import { waitFor } from '../../support/wait-for.ts';
import { identity, sourceContext } from './source-world.ts';

const AZURE_IDENTITY = { ...identity, provider: 'azure', instanceId: 'vm-id' };
const at = (seconds: number) => new Date(Date.now() + seconds * 1000).toUTCString();
const scheduled = (change: object = {}) => ({
  EventId: 'A1',
  EventType: 'Preempt',
  ResourceType: 'VirtualMachine',
  Resources: ['vm0'],
  EventStatus: 'Scheduled',
  NotBefore: at(30),
  Description: 'the machine is preempted',
  EventSource: 'Platform',
  DurationInSeconds: -1,
  ...change,
});

/** The source on a service of its own, polling as fast as it is answered. */
async function start(
  t: TestContext,
  {
    journal = createMemoryJournal(),
    startRequests = false,
    clock = systemClock,
    pollSeconds = 0.01,
    firstNames = [] as string[],
  } = {},
) {
  let events: object[] = [];
  let postStatus = 200;
  const names = [...firstNames];
  const service = await startFakeMetadata(t, ['Metadata', 'true'], ({ method, path }) => {
    if (path === '/metadata/instance/compute/name') return { body: names.shift() ?? 'VM0' };
    if (path !== '/metadata/scheduledevents') return undefined;
    if (method === 'POST') return postStatus === 200 ? { body: '' } : postStatus;
    return { body: JSON.stringify({ DocumentIncarnation: 1, Events: events }) };
  });
  const metadata = createMetadata({ endpoint: service.url, clock, header: ['Metadata', 'true'], echoes: false });
  t.after(() => metadata.close());
  const world = sourceContext(t, { metadata, journal, clock, identity: AZURE_IDENTITY });
  const { context } = world;
  const config = context.config();
  config.sources.azure = { poll_seconds: pollSeconds, start_requests: startRequests };
  Object.assign(context, { config: () => config });
  const { health } = world.watch(azure);
  // Not the question for the name, which comes before the first: two of these, and the first has been read.
  const polls = () =>
    service.requests.filter(({ method, path }) => method === 'GET' && path.endsWith('/scheduledevents')).length;
  return {
    ...world,
    journal,
    service,
    health,
    posts: () => service.requests.filter(({ method }) => method === 'POST').map(({ body }) => JSON.parse(body)),
    refuse: (status: number) => (postStatus = status),
    /** Lists these, and waits until they have been read. */
    async list(...listed: object[]) {
      events = listed;
      const before = polls();
      await waitFor('two polls', () => polls() >= before + 2);
    },
  };
}

test('a notice polled 151 times is one event, of the type that the catalog has for it', async (t) => {
  const { list, journal, notices, health } = await start(t);
  await list(
    scheduled(),
    scheduled({ EventId: 'B2', EventType: 'Terminate' }),
    scheduled({ EventId: 'C3', EventType: 'Freeze' }),
  );
  await waitFor('many polls', () => notices.length >= 3 * 151);
  assert.deepEqual(
    journal
      .list(10)
      .map(({ event }) => [event.id, event.type, event.severity])
      .toSorted(),
    [
      ['azure:A1', 'cloud.spot.interrupt', 3],
      ['azure:B2', 'cloud.instance.termination', 3],
      ['azure:C3', 'cloud.instance.maintenance', 2],
    ],
  );
  assert.match(health().message, /^Preempt is scheduled for 2.*, Terminate .*, Freeze /);
});

test('events of other machines of the set are none of this one', async (t) => {
  const { list, notices, health } = await start(t);
  await list(scheduled({ Resources: ['vm1', 'vm00'] }), scheduled({ EventId: 'B2', Resources: [] }));
  assert.deepEqual([notices, health().message], [[], 'nothing is scheduled']);
});

test('an event that cannot be read is one line, hides no other, and is not taken to be gone', async (t) => {
  const { list, journal, lines, health } = await start(t);
  const ids = () => journal.list(10).flatMap(({ event: { id }, closing }) => (closing === null ? id : []));
  const other = { Resources: ['vm1'], Description: null, DurationInSeconds: null };
  await list(scheduled(), scheduled({ EventId: 'B2', ...other }), { EventId: 'C3' });
  await list(
    scheduled({ NotBefore: 'soon' }),
    scheduled({ EventId: 'D4', EventStatus: 'Started', NotBefore: null }),
    5 as never,
  );
  assert.deepEqual([ids().toSorted(), health().status], [['azure:A1', 'azure:D4'], 'ok']);
  assert.deepEqual(lines, [
    'an entry of the list of scheduled events is not understood, the others are: {"EventId":"C3"}',
  ]);
  await list(scheduled({ EventId: 'D4', EventStatus: 'Started', NotBefore: null }));
  assert.deepEqual(ids(), ['azure:D4']);
});

test('a machine whose name was misread at first is told of its events all the same', async (t) => {
  const { list, journal } = await start(t, { firstNames: ['', '<html>', 'V'] });
  await list(scheduled());
  await waitFor('the event', () => journal.list(1).length === 1);
});

test('what has begun keeps the time it had, and is over when it vanishes', async (t) => {
  const { list, journal } = await start(t);
  const planned = scheduled({ EventType: 'Redeploy', NotBefore: at(600) });
  await list(planned);
  const deadline = journal.get('azure:A1')?.event.deadline;
  assert.equal(deadline, new Date(planned.NotBefore).toISOString());
  await list({ ...planned, EventStatus: 'Started', NotBefore: '' });
  assert.equal(journal.get('azure:A1')?.event.deadline, deadline);
  await list();
  await waitFor('the end', () => journal.get('azure:A1')?.state === 'ended');
});

test('what vanishes before its time is off, and what vanishes after it is over', async (t) => {
  const { list, journal } = await start(t);
  await list(scheduled({ NotBefore: at(300) }), scheduled({ EventId: 'B2', NotBefore: at(-1) }));
  await list();
  await waitFor('the ends', () => journal.list(2).every(({ closing }) => closing !== null));
  assert.deepEqual(
    ['azure:A1', 'azure:B2'].map((id) => journal.get(id)?.closing?.stage),
    ['canceled', 'ended'],
  );
});

test('what began without a notice gives the handlers the shortest time there is', async (t) => {
  const { list, journal } = await start(t);
  await list(scheduled({ EventStatus: 'Started', NotBefore: '' }));
  const { event } = journal.get('azure:A1') ?? assert.fail('no event');
  assert.equal(Date.parse(event.deadline ?? '') - Date.parse(event.timestamp) <= 30_000, true);
});

for (const [since, stage] of [
  ['the host was not booted', 'canceled'],
  ['the host was booted', 'ended'],
] as const) {
  test(`what vanished while the daemon was away is ${stage} where ${since} since`, async (t) => {
    const first = await start(t);
    await first.list(scheduled({ EventType: 'Reboot', NotBefore: at(900) }));
    await first.end();
    const bootedMs = Date.now();
    const clock = stage === 'ended' ? { ...systemClock, bootMs: () => Date.now() - bootedMs } : systemClock;
    const { journal } = await start(t, { journal: first.journal, clock });
    await waitFor('the end', () => journal.get('azure:A1')?.closing);
    assert.equal(journal.get('azure:A1')?.closing?.stage, stage);
  });
}

for (const fault of HTTP_FAULTS.filter((kind) => kind !== 'hang' && kind !== 'drip')) {
  test(`a service that gives ${fault} is one line in the log, and picked up again; nothing is taken back`, async (t) => {
    const { service, lines, health, list, notices } = await start(t);
    await list(scheduled());
    service.fault(fault);
    await waitFor('the failure', () => health().status === 'failing');
    const asked = service.requests.length;
    await waitFor('more polls', () => service.requests.length >= asked + 4);
    assert.equal(lines.filter((line) => line.includes('cannot be seen')).length, 1, lines.join('\n'));
    service.fault(undefined);
    await waitFor('the recovery', () => health().status === 'ok');
    assert.equal(lines.at(-1), 'scheduled events can be seen again');
    assert.ok(notices.every(({ kind }) => kind === 'notice'));
  });
}

test('a service that is gone and comes back is two lines in the log', async (t) => {
  const { service, lines, health } = await start(t);
  await waitFor('the first answer', () => health().status === 'ok');
  await service.disappear();
  await waitFor('the failure', () => health().status === 'failing');
  await service.comeBack();
  await waitFor('the recovery', () => health().status === 'ok');
  assert.equal(lines.length, 2, lines.join('\n'));
});

for (const fault of ['hang', 'drip'] as const) {
  test(`a service that begins to ${fault} is given five seconds, and is one line in the log`, async (t) => {
    const clock = createFakeClock();
    const { service, health, lines } = await start(t, { clock, pollSeconds: 1 });
    await waitFor('the first answer', () => health().status === 'ok' && clock.waiting() === 1);
    service.fault(fault);
    const asked = service.requests.length;
    await clock.advance(1000);
    await waitFor('the second question', () => service.requests.length > asked);
    await clock.advance(4_999);
    assert.equal(health().status, 'ok');
    await clock.advance(1);
    await waitFor('the failure', () => health().status === 'failing');
    assert.match(health().message, /no answer within 5000 ms/);
    assert.equal(lines.length, 1);
  });
}

test('the first answer may take two minutes, and again after a day without any', async (t) => {
  const clock = createFakeClock();
  const timeouts: (number | undefined)[] = [];
  const ask: Metadata['ask'] = (path, { timeoutMs } = {}) => {
    if (path.includes('scheduledevents')) timeouts.push(timeoutMs);
    return Promise.resolve({ headers: {}, body: path.includes('scheduledevents') ? '{"Events":[]}' : 'vm0' });
  };
  let sleptMs = 0;
  const { watch } = sourceContext(t, {
    clock: { ...clock, bootMs: () => clock.bootMs() + sleptMs },
    metadata: { ask, counts: () => ({ requests: 0 }), close: () => {} },
    identity: AZURE_IDENTITY,
  });
  watch(azure);
  await clock.advance(1000);
  sleptMs = 25 * 3_600_000;
  await clock.advance(2000);
  assert.deepEqual(timeouts, [130_000, 5_000, 130_000, 5_000]);
});

test('Azure is told to go ahead when every handler is done, until it takes it, and once', async (t) => {
  const { list, posts, refuse, lines, health } = await start(t, { startRequests: true });
  refuse(500);
  await list(scheduled());
  await waitFor('some refusals', () => posts().length >= 3);
  assert.match(health().message, /^Azure was not told to go ahead with the Preempt: .*answered 500/);
  assert.equal(health().status, 'ok', 'the notices are seen all the same');
  refuse(200);
  await waitFor('the word', () => lines.some((line) => line.includes('was told to go ahead')));
  const sent = posts().length;
  await list(scheduled());
  assert.equal(posts().length, sent, 'and not again');
  assert.deepEqual(posts().at(-1), { StartRequests: [{ EventId: 'A1' }] });
  assert.equal(lines.length, 2, lines.join('\n'));
});

test('it is told nothing where that is not configured, or where another machine speaks for the set', async (t) => {
  const silent = await start(t);
  await silent.list(scheduled());
  await silent.list(scheduled());
  const second = await start(t, { startRequests: true });
  await second.list(scheduled({ Resources: ['vm1', 'vm0'] }));
  await second.list(scheduled({ Resources: ['vm1', 'vm0'] }));
  assert.deepEqual([silent.posts(), second.posts()], [[], []]);
});

test('no word is sent before the handlers are done, nor where one has failed', () => {
  const [one] = parseScheduledEvents(JSON.stringify({ Events: [scheduled({ Resources: ['vm0', 'vm1'] })] }));
  if (one === undefined) assert.fail('no event');
  const outcome = (status: HandlerOutcome['status']) => ({ status }) as HandlerOutcome;
  const record = (state: EventRecord['state'], ...outcomes: HandlerOutcome[]) => ({ state, outcomes, closing: null });
  assert.equal(mayStart(one, 'vm0', record('done', outcome('handled'), outcome('declined'))), true);
  assert.equal(mayStart(one, 'vm1', record('done', outcome('handled'))), false);
  assert.equal(mayStart({ ...one, started: true }, 'vm0', record('done')), false);
  assert.equal(mayStart(one, 'vm0', record('dispatching', outcome('handled'))), false);
  assert.equal(mayStart(one, 'vm0', record('done', outcome('handled'), outcome('failed'))), false);
  assert.equal(mayStart(one, 'vm0', record('done', outcome('timed-out'))), false);
  assert.equal(mayStart(one, 'vm0', undefined), false);
});

test('what is no list of scheduled events is an error, not an event', () => {
  for (const body of [
    '',
    '[]',
    '{}',
    '{"Events":{}}',
    '{"Events":[1]}',
    '{"Events":[{"EventId":"A","EventType":"X"}]}',
  ])
    assert.throws(() => parseScheduledEvents(body), /the list of scheduled events is not understood: /, body);
  const badTime = JSON.stringify({ Events: [scheduled({ NotBefore: 'soon' })] });
  assert.throws(() => parseScheduledEvents(badTime), /is not understood/);
  fc.assert(
    fc.property(fc.json(), (body) => {
      try {
        parseScheduledEvents(body);
      } catch (error) {
        assert.match(String(error), /is not understood/);
      }
    }),
  );
});

test('it applies to hosts of Azure alone', (t) => {
  const { context } = sourceContext(t);
  const metadata = { ask: () => Promise.reject(new Error()), counts: () => ({ requests: 0 }), close: () => {} };
  assert.equal(azure.applies({ ...context, identity: AZURE_IDENTITY, metadata }), true);
  assert.equal(azure.applies({ ...context, identity, metadata }), false);
  assert.equal(azure.applies({ ...context, identity: AZURE_IDENTITY }), false);
});
