import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { rfc3339, systemClock } from '../../../src/clock.ts';
import type { Metadata } from '../../../src/cloud/metadata.ts';
import { azure } from '../../../src/events/sources/azure.ts';
import { parseScheduledEvents } from '../../../src/events/sources/azure-events.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import { waitFor } from '../../support/wait-for.ts';
import { AZURE_IDENTITY, at, scheduled, startAzureSource } from './azure-world.ts';
import { identity, sourceContext } from './source-world.ts';

test('a notice polled 151 times is one event, of the type that the catalog has for it', async (t) => {
  const { list, journal, notices, health } = await startAzureSource(t);
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
  const { list, notices, health } = await startAzureSource(t);
  await list(scheduled({ Resources: ['vm1', 'vm00'] }), scheduled({ EventId: 'B2', Resources: [] }));
  assert.deepEqual([notices, health().message], [[], 'nothing is scheduled']);
});

test('an event that cannot be read is one line, hides no other, and is not taken to be gone', async (t) => {
  const { list, journal, lines, health } = await startAzureSource(t);
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
  await waitFor('the end', () => ids().join() === 'azure:D4');
});

test('a machine whose name was misread at first is told of its events all the same', async (t) => {
  const { list, journal } = await startAzureSource(t, { firstNames: ['', '<html>', 'V'] });
  await list(scheduled());
  await waitFor('the event', () => journal.list(1).length === 1);
});

test('what has begun keeps the time it had, and is over when it vanishes', async (t) => {
  const { list, journal } = await startAzureSource(t);
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
  const { list, journal } = await startAzureSource(t);
  await list(scheduled({ NotBefore: at(300) }), scheduled({ EventId: 'B2', NotBefore: at(-1) }));
  await list();
  await waitFor('the ends', () => journal.list(2).every(({ closing }) => closing !== null));
  assert.deepEqual(
    ['azure:A1', 'azure:B2'].map((id) => journal.get(id)?.closing?.stage),
    ['canceled', 'ended'],
  );
});

test('one empty list takes nothing back, two in a row do, the second of which is asked for within two seconds', async (t) => {
  const clock = createFakeClock();
  const planned = { ...scheduled(), NotBefore: rfc3339(clock.wallMs() + 120_000) };
  const lists = [[planned], [], [planned], [], []];
  const ask: Metadata['ask'] = async (path) => {
    const body = path.includes('name')
      ? 'vm0'
      : JSON.stringify({ DocumentIncarnation: 1, Events: lists.shift() ?? [] });
    return { headers: {}, body };
  };
  const metadata = { ask, counts: () => ({ requests: 0 }), close: () => {} };
  const { context, journal, watch } = sourceContext(t, { clock, metadata, identity: AZURE_IDENTITY });
  const config = context.config();
  config.sources.azure.poll_seconds = 20;
  Object.assign(context, { config: () => config });
  watch(azure);
  for (const [waitMs, stage] of [[0], [20_000], [2_000], [20_000], [2_000, 'canceled']] as const) {
    await clock.advance(waitMs);
    assert.equal(journal.get('azure:A1')?.closing?.stage, stage);
  }
  assert.equal(lists.length, 0);
});

test('what began without a notice gives the handlers the shortest time there is', async (t) => {
  const { list, journal } = await startAzureSource(t);
  await list(scheduled({ EventStatus: 'Started', NotBefore: '' }));
  const { event } = journal.get('azure:A1') ?? assert.fail('no event');
  assert.equal(Date.parse(event.deadline ?? '') - Date.parse(event.timestamp) <= 30_000, true);
});

for (const [since, stage] of [
  ['the host was not booted', 'canceled'],
  ['the host was booted', 'ended'],
] as const) {
  test(`what vanished while the daemon was away is ${stage} where ${since} since`, async (t) => {
    const first = await startAzureSource(t);
    await first.list(scheduled({ EventType: 'Reboot', NotBefore: at(900) }));
    await first.end();
    const bootedMs = Date.now();
    const clock = stage === 'ended' ? { ...systemClock, bootMs: () => Date.now() - bootedMs } : systemClock;
    const { journal } = await startAzureSource(t, { journal: first.journal, clock });
    await waitFor('the end', () => journal.get('azure:A1')?.closing);
    assert.equal(journal.get('azure:A1')?.closing?.stage, stage);
  });
}

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
