import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { type Clock, systemClock } from '../../../src/clock.ts';
import { createMetadata } from '../../../src/cloud/metadata.ts';
import { gceMaintenance } from '../../../src/events/sources/gce-maintenance.ts';
import { gcePreempted } from '../../../src/events/sources/gce-preempted.ts';
import type { Source } from '../../../src/events/sources/source.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import { startFakeMetadata } from '../../support/fake-metadata.ts';
import { HTTP_FAULTS } from '../../support/http-faults.ts';
import { createMemoryJournal } from '../../support/memory-journal.ts';
import { waitFor } from '../../support/wait-for.ts';
import { identity, sourceContext } from './source-world.ts';

const GOOGLE = ['Metadata-Flavor', 'Google'] as const;
const GCP_IDENTITY = { ...identity, provider: 'gcp', instanceId: '123' };

/** Time that waits go by at once, so that retries need none; a question that hangs is not cut short. */
const hasty: Clock = {
  ...systemClock,
  after: (delayMs, callback) => systemClock.after(delayMs > 5_000 ? delayMs : Math.min(delayMs, 10), callback),
};

/** The sources on a service that holds its answers back until something changes. */
async function start(
  t: TestContext,
  sources: readonly Source[],
  { journal = createMemoryJournal(), bootId = 'boot1', clock = hasty } = {},
) {
  const values: Record<string, string> = { preempted: 'FALSE', 'maintenance-event': 'NONE' };
  let over = false;
  let wake = () => {};
  let woken = new Promise<void>((resolve) => (wake = resolve));
  const service = await startFakeMetadata(t, GOOGLE, async ({ path, query }) => {
    const item = path.replace('/computeMetadata/v1/instance/', '');
    const isKnown = () => query.get('last_etag') === `${item}-${values[item]}`;
    while (query.get('wait_for_change') === 'true' && isKnown() && !over) await woken;
    return { body: `${values[item]}\n`, headers: { ETag: `${item}-${values[item]}` } };
  });
  const metadata = createMetadata({ endpoint: service.url, clock: systemClock, header: GOOGLE, echoes: true });
  const world = sourceContext(t, { metadata, journal, clock, bootId, identity: GCP_IDENTITY });
  t.after(() => {
    metadata.close();
    over = true;
    wake();
  });
  const health = sources.map((source) => world.watch(source).health);
  await waitFor('the first answers', () => health.every((one) => one().status === 'ok'));
  return {
    ...world,
    journal,
    service,
    health: () => health[0]?.() ?? assert.fail('no source'),
    set(item: string, value: string) {
      values[item] = value;
      wake();
      woken = new Promise<void>((resolve) => (wake = resolve));
    },
  };
}

test('two connections hang until something changes, and nothing is asked meanwhile', async (t) => {
  const { service, set, journal } = await start(t, [gcePreempted, gceMaintenance]);
  await waitFor('both to hang', () => service.requests.length === 4);
  assert.equal(service.connections(), 2);
  assert.deepEqual(
    service.requests.map(({ query }) => query.get('last_etag')).toSorted(),
    ['maintenance-event-NONE', null, null, 'preempted-FALSE'].toSorted(),
  );
  assert.deepEqual([...new Set(service.requests.map(({ query }) => query.get('timeout_sec')))].toSorted(), [
    '60',
    null,
  ]);
  set('preempted', 'TRUE');
  await waitFor('the event', () => journal.list(1).length === 1);
  const { event } = journal.list(1)[0] ?? assert.fail('no event');
  assert.deepEqual([event.id, event.type, event.severity], ['gce-preempted:123:boot1', 'cloud.spot.interrupt', 3]);
  const noticeMs = Date.parse(event.deadline ?? '') - Date.parse(event.timestamp);
  assert.ok(noticeMs > 20_000 && noticeMs <= 30_000, String(noticeMs));
  await waitFor('the next question', () => service.requests.length === 5);
  assert.equal(service.connections(), 2, 'the same connections');
});

test('a host that is preempted already when it is first asked is told at once', async (t) => {
  const journal = createMemoryJournal();
  const first = await start(t, [gcePreempted], { journal });
  first.set('preempted', 'TRUE');
  await waitFor('the event', () => journal.list(1).length === 1);
  const deadline = journal.list(1)[0]?.event.deadline;
  await first.end();
  const again = await start(t, [gcePreempted], { journal });
  again.set('preempted', 'TRUE');
  await waitFor('the notice', () => again.notices.some(({ kind }) => kind === 'notice'));
  assert.deepEqual([journal.list(10).length, journal.list(1)[0]?.event.deadline], [1, deadline]);
});

test('maintenance is an event each time, over when Google says none, and as grave as what it does', async (t) => {
  const { set, journal } = await start(t, [gceMaintenance]);
  for (const value of ['MIGRATE_ON_HOST_MAINTENANCE', 'NONE', 'MIGRATE_ON_HOST_MAINTENANCE', 'NONE']) {
    const told = journal.list(10).length + journal.list(10).filter(({ closing }) => closing !== null).length;
    set('maintenance-event', value);
    await waitFor(
      value,
      () => journal.list(10).length + journal.list(10).filter(({ closing }) => closing !== null).length > told,
    );
  }
  set('maintenance-event', 'TERMINATE_ON_HOST_MAINTENANCE');
  await waitFor('the third', () => journal.list(10).length === 3);
  const found = journal.list(10).map(({ event, closing }) => [event.type, event.severity, closing?.stage]);
  assert.deepEqual(found, [
    ['cloud.instance.maintenance', 3, undefined],
    ['cloud.instance.maintenance', 2, 'ended'],
    ['cloud.instance.maintenance', 2, 'ended'],
  ]);
});

test('what an earlier boot has left open is over', async (t) => {
  const journal = createMemoryJournal();
  const first = await start(t, [gcePreempted, gceMaintenance], { journal });
  first.set('preempted', 'TRUE');
  first.set('maintenance-event', 'TERMINATE_ON_HOST_MAINTENANCE');
  await waitFor('the events', () => journal.list(10).length === 2);
  await first.end();
  await start(t, [gcePreempted, gceMaintenance], { journal, bootId: 'boot2' });
  await waitFor('the ends', () => journal.list(10).every(({ closing }) => closing?.stage === 'ended'));
});

test('a notice that is told 151 times is one event', async (t) => {
  let told = 0;
  const service = await startFakeMetadata(t, GOOGLE, () => ({ body: 'TRUE', headers: { ETag: `e${told++}` } }));
  const metadata = createMetadata({ endpoint: service.url, clock: systemClock, header: GOOGLE, echoes: true });
  t.after(() => metadata.close());
  const { watch, journal } = sourceContext(t, { clock: hasty, metadata, identity: GCP_IDENTITY });
  watch(gcePreempted);
  await waitFor('so many', () => told > 151);
  assert.equal(journal.list(10).length, 1);
});

for (const fault of HTTP_FAULTS.filter((kind) => kind !== 'hang' && kind !== 'drip')) {
  test(`a service that gives ${fault} is one line in the log, and picked up again`, async (t) => {
    const { service, set, lines, health, journal } = await start(t, [gcePreempted]);
    service.fault(fault);
    set('preempted', 'FALSE');
    await service.disappear();
    await service.comeBack();
    await waitFor('the failure', () => health().status === 'failing');
    const asked = service.requests.length;
    await waitFor('more questions', () => service.requests.length >= asked + 4);
    assert.equal(lines.filter((line) => line.includes('cannot be seen')).length, 1, lines.join('\n'));
    set('preempted', 'TRUE');
    service.fault(undefined);
    await waitFor('what changed meanwhile', () => journal.list(1).length === 1);
    assert.equal(lines.at(-1), 'preemption notices can be seen again');
  });
}

for (const fault of ['hang', 'drip'] as const) {
  test(`a service that begins to ${fault} is given a minute and ten seconds`, async (t) => {
    const clock = createFakeClock();
    const service = await startFakeMetadata(t, GOOGLE, () => ({ body: 'FALSE', headers: { ETag: 'one' } }));
    const metadata = createMetadata({ endpoint: service.url, clock, header: GOOGLE, echoes: true });
    t.after(() => metadata.close());
    const { watch, lines } = sourceContext(t, { clock, metadata, identity: GCP_IDENTITY });
    const { health } = watch(gcePreempted);
    await waitFor('the first answer', () => health().status === 'ok' && clock.waiting() === 1);
    service.fault(fault);
    await clock.advance(1000);
    await waitFor('the question', () => service.requests.length === 2);
    await clock.advance(69_999);
    assert.equal(health().status, 'ok');
    await clock.advance(1);
    await waitFor('the failure', () => health().status === 'failing');
    assert.match(health().message, /no answer within 70000 ms/);
    assert.equal(lines.length, 1);
  });
}

test('a service that holds nothing back is asked once a second', async (t) => {
  const clock = createFakeClock();
  const service = await startFakeMetadata(t, GOOGLE, () => ({ body: 'FALSE', headers: { ETag: 'one' } }));
  // by another clock, so that a question without its answer yet is no wait for the next one
  const metadata = createMetadata({ endpoint: service.url, clock: systemClock, header: GOOGLE, echoes: true });
  t.after(() => metadata.close());
  sourceContext(t, { clock, metadata, identity: GCP_IDENTITY }).watch(gcePreempted);
  for (let second = 1; second <= 3; second += 1) {
    await waitFor('the answer', () => service.requests.length === second && clock.waiting() === 1);
    await clock.advance(999);
    assert.equal(service.requests.length, second);
    await clock.advance(1);
  }
});

test('they apply to hosts of Google alone', (t) => {
  const { context } = sourceContext(t);
  const metadata = { ask: () => Promise.reject(new Error()), counts: () => ({ requests: 0 }), close: () => {} };
  for (const source of [gcePreempted, gceMaintenance]) {
    assert.equal(source.applies({ ...context, identity: GCP_IDENTITY, metadata }), true);
    assert.equal(source.applies({ ...context, identity, metadata }), false);
    assert.equal(source.applies({ ...context, identity: GCP_IDENTITY }), false);
  }
});
