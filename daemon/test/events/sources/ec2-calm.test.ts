import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rfc3339 } from '../../../src/clock.ts';
import { ec2Lifecycle, parseLifecycleState } from '../../../src/events/sources/ec2-lifecycle.ts';
import { ec2Maintenance, parseMaintenance } from '../../../src/events/sources/ec2-maintenance.ts';
import { ec2Rebalance, parseRebalance } from '../../../src/events/sources/ec2-rebalance.ts';
import { waitFor } from '../../support/wait-for.ts';
import { planned, startCalmSource as start } from './calm-world.ts';

const MAINTENANCE = 'events/maintenance/scheduled';

test('a rebalance recommendation is one event however its time moves, of the incident that an interruption continues', async (t) => {
  const { service, poll, journal, health } = await start(t, ec2Rebalance);
  for (const noticeTime of ['2026-01-01T08:22:00Z', '2026-01-01T08:22:30Z']) {
    service.set('events/recommendations/rebalance', { noticeTime });
    await poll();
  }
  const [record, ...others] = journal.list(10);
  assert.equal(others.length, 0);
  assert.deepEqual(
    [record?.event.type, record?.event.severity, record?.event.deadline, record?.event.data['incident']],
    ['cloud.instance.rebalance', 1, null, 'spot:i-0abc:boot1'],
  );
  assert.equal(record?.event.data['notice_time'], '2026-01-01T08:22:00Z');
  assert.match(health().message, /recommended a rebalance/);
  service.set('events/recommendations/rebalance', null);
  await poll();
  assert.equal(journal.list(1)[0]?.closing, null, 'one answer without it may be a stray one');
  await poll();
  await waitFor('the end', () => journal.list(1)[0]?.state === 'ended');
  service.set('events/recommendations/rebalance', { noticeTime: '2026-01-01T09:00:00Z' });
  await poll();
  const [again] = journal.list(10);
  assert.deepEqual(
    [again?.closing, again?.state, again?.event.data['notice_time']],
    [null, 'done', '2026-01-01T09:00:00Z'],
  );
});

test('a recommendation that the queue has told first is not over because the metadata service does not tell it yet', async (t) => {
  const { poll, journal, dispatcher, notices, service } = await start(t, ec2Rebalance);
  const id = 'rebalance:i-0abc:boot1';
  const data = { notice_time: '2026-01-01T08:22:00Z' };
  dispatcher.accept({
    kind: 'notice',
    id,
    type: 'cloud.instance.rebalance',
    source: 'ec2-queue',
    deadline: null,
    data,
  });
  await poll();
  assert.deepEqual([journal.get(id)?.closing, notices], [null, []]);
  service.set('events/recommendations/rebalance', { noticeTime: '2026-01-01T08:22:00Z' });
  await poll();
  assert.equal(journal.list(10).length, 1, 'and it is the same event');
});

test('maintenance is announced when it is seen; what leaves the list is over or off as the history says', async (t) => {
  const { service, poll, journal, health } = await start(t, ec2Maintenance);
  service.set(MAINTENANCE, [planned(), planned({ EventId: 'instance-event-2', Code: 'instance-stop', NotAfter: '' })]);
  await poll();
  assert.match(health().message, /^system-reboot is planned for 2026-01-21T09:00:43/);
  const stop = journal.get('maintenance:instance-event-2');
  assert.deepEqual([stop?.state, stop?.event.severity, stop?.event.data['not_after']], ['announced', 3, null]);
  service.set('events/maintenance/history', [
    planned({ State: 'completed', Description: '[Completed] scheduled reboot' }),
    planned({ EventId: 'instance-event-2', State: 'canceled' }),
  ]);
  service.set(MAINTENANCE, '[]');
  await poll();
  await waitFor('the ends', () => journal.list(2).every(({ endedAt }) => endedAt !== null));
  assert.equal(journal.get('maintenance:instance-event-0d59937288b749b32')?.state, 'ended');
  assert.equal(journal.get('maintenance:instance-event-2')?.state, 'canceled');
});

test('maintenance that left the list while the daemon was away is over or off by its time', async (t) => {
  const first = await start(t, ec2Maintenance);
  first.service.set(MAINTENANCE, [planned()]);
  await first.poll();
  await first.end();
  const second = await start(t, ec2Maintenance, { journal: first.journal, clock: first.clock });
  await second.poll();
  assert.equal(second.notices[0]?.kind, 'canceled', 'its time has not come yet');
});

for (const [what, stray] of [
  ['a stray 404', null],
  ['an empty list', '[]'],
] as const) {
  test(`${what} takes no maintenance back, two in a row do`, async (t) => {
    const { service, poll, journal } = await start(t, ec2Maintenance);
    const [one, two] = [planned({ EventId: 'one' }), planned({ EventId: 'two' })];
    const closings = () => journal.list(10).map(({ closing }) => closing?.stage);
    for (const answer of [[one, two], stray, [one, two], [one], [two], [one, two], [two]]) {
      service.set(MAINTENANCE, answer);
      await poll();
      assert.deepEqual(closings(), [undefined, undefined]);
    }
    await poll();
    assert.deepEqual(closings().toSorted(), ['canceled', undefined]);
  });
}

test('maintenance that moves keeps its identity', async (t) => {
  const { service, poll, journal } = await start(t, ec2Maintenance);
  service.set(MAINTENANCE, [planned()]);
  await poll();
  service.set(MAINTENANCE, [planned({ NotBefore: '22 Jan 2026 09:00:43 GMT' })]);
  await poll();
  assert.deepEqual(
    journal.list(10).map(({ event }) => event.deadline),
    ['2026-01-22T09:00:43.000Z'],
  );
});

test('an entry that cannot be read is one line, hides no other, and is not taken to be gone', async (t) => {
  const { service, poll, journal, lines, health } = await start(t, ec2Maintenance);
  const open = () => journal.list(10).flatMap(({ event, closing }) => (closing === null ? event.data['event_id'] : []));
  const over = { EventId: 'over', NotBefore: '', State: 'completed' };
  service.set(MAINTENANCE, [5, planned({ EventId: 'one', NotAfter: null, Description: 7 }), planned(over)]);
  await poll();
  service.set(MAINTENANCE, [planned({ EventId: 'one', NotBefore: 'soon' }), planned({ EventId: 'two' }), {}]);
  await poll();
  assert.deepEqual([open().toSorted(), health().status], [['one', 'two'], 'ok']);
  assert.deepEqual(lines, ['an entry of the list of scheduled maintenance is not understood, the others are: 5']);
  service.set(MAINTENANCE, [
    planned({ EventId: 'one', NotBefore: '', State: 'completed' }),
    planned({ EventId: 'two' }),
  ]);
  await poll();
  assert.deepEqual(open(), ['two']);
});

test('the group’s word is an event for each transition, and the same transition again is another one', async (t) => {
  const { service, poll, journal, health } = await start(t, ec2Lifecycle);
  assert.equal(health().message, 'not in a group');
  for (const state of ['InService', 'Standby', 'Standby', 'InService', 'Standby', 'Terminated']) {
    service.set('autoscaling/target-lifecycle-state', state);
    await poll();
  }
  await waitFor(
    'all but the last to be over',
    () => journal.list(10).filter(({ closing }) => closing === null).length === 1,
  );
  assert.deepEqual(
    journal.list(10).map(({ event }) => [event.type, event.data['target_state']]),
    [
      ['cloud.instance.termination', 'Terminated'],
      ['cloud.autoscaling.scale', 'Standby'],
      ['cloud.autoscaling.scale', 'Standby'],
    ],
  );
  assert.equal(health().message, 'the group wants it Terminated');
});

test('a transition that the group gave up while the daemon was away is over, and the same again is another event', async (t) => {
  const first = await start(t, ec2Lifecycle);
  first.service.set('autoscaling/target-lifecycle-state', 'Standby');
  await first.poll();
  await first.end();
  const { service, poll, journal } = await start(t, ec2Lifecycle, { journal: first.journal, clock: first.clock });
  assert.equal(journal.list(1)[0]?.closing, null, 'one answer without it may be a stray one');
  service.set('autoscaling/target-lifecycle-state', 'InService');
  await poll();
  await waitFor('the end', () => journal.list(1)[0]?.state === 'ended');
  service.set('autoscaling/target-lifecycle-state', 'Standby');
  await poll();
  assert.deepEqual(
    journal.list(10).map(({ event: { id }, closing }) => [id, closing?.stage]),
    [
      ['lifecycle:i-0abc:boot1:Standby:2', undefined],
      ['lifecycle:i-0abc:boot1:Standby:1', 'ended'],
    ],
  );
});

for (const [what, parse, texts] of [
  ['rebalance recommendation', parseRebalance, ['', '{}', '{"noticeTime":5}', '{"noticeTime":"soon"}', '[', 'null']],
  [
    'list of scheduled maintenance',
    parseMaintenance,
    ['', '{}', '[1]', '[{"NotBefore":"x","Code":"c","EventId":"e"}]', '[{"Code":"c"}]'],
  ],
  ['lifecycle state', parseLifecycleState, ['', '<html>', 'in service', 'A'.repeat(300)]],
] as const) {
  test(`what is no ${what} is an error, not an event`, () => {
    for (const text of texts) assert.throws(() => parse(text), /is not understood: /, text);
  });
}

test('handlers are told until when maintenance may be moved', async (t) => {
  const { service, poll, journal } = await start(t, ec2Maintenance);
  for (const [told, given] of [
    ['28 Jan 2026 09:00:43 GMT', '2026-01-28T09:00:43.000Z'],
    ['', null],
  ]) {
    service.set(MAINTENANCE, [planned({ NotBeforeDeadline: told })]);
    await poll();
    assert.equal(journal.list(1)[0]?.event.data['not_before_deadline'], given);
  }
});

test('times of maintenance are read as EC2 writes them', () => {
  const [one] = parseMaintenance(JSON.stringify([planned({ NotAfter: undefined })]));
  assert.equal(rfc3339(one?.notBeforeMs ?? 0), '2026-01-21T09:00:43.000Z');
  assert.equal(one?.notAfterMs, null);
});
