import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { EventRecord } from '../../../src/events/event.ts';
import { ec2Maintenance } from '../../../src/events/sources/ec2-maintenance.ts';
import { isSameMaintenance } from '../../../src/events/sources/maintenance-incident.ts';
import { parseQueueEvent } from '../../../src/events/sources/queue-events.ts';
import { noticeOf } from '../../../src/events/sources/queue-notices.ts';
import { planned, startCalmSource } from './calm-world.ts';
import { health } from './queue-bodies.ts';

const LIST = 'events/maintenance/scheduled';
const ARN = 'arn:aws:health:eu-west-1::event/EC2/X/1';
const START = 'Wed, 21 Jan 2026 09:00:43 GMT';
const ids = { metadata: 'maintenance:instance-event-0d59937288b749b32', health: `health:${ARN}` };

/** The metadata service and AWS Health, which tell of the same reboot in either order. */
async function start(t: TestContext, options: Parameters<typeof startCalmSource>[2] = {}) {
  const world = await startCalmSource(t, ec2Maintenance, options);
  return {
    ...world,
    async listed(...items: object[]) {
      world.service.set(LIST, items);
      await world.poll();
    },
    /** A queue may tell late what was said at a time. */
    healthSays(change: object = {}, saidMs = world.clock.wallMs()) {
      const eventTypeCode = 'AWS_EC2_SYSTEM_REBOOT_MAINTENANCE_SCHEDULED';
      const body = health({ eventTypeCode, startTime: START, ...change });
      const event =
        parseQueueEvent(JSON.stringify({ ...body, time: new Date(saidMs) })) ?? assert.fail('no event of a queue');
      const notice = noticeOf(event, world.context);
      if (notice !== undefined) world.context.emit(notice);
    },
    events: () => world.journal.list(10).map(({ event: { id, deadline, data } }) => ({ id, deadline, data })),
    /** Which events there are, and how each is closed. */
    closed: () => world.journal.list(10).map(({ event, closing }) => `${event.id} ${closing?.stage ?? 'open'}`),
  };
}

const orders = {
  [ids.health]: async ({ healthSays, listed }: Awaited<ReturnType<typeof start>>) => {
    healthSays();
    await listed(planned());
  },
  [ids.metadata]: async ({ healthSays, listed }: Awaited<ReturnType<typeof start>>) => {
    await listed(planned());
    healthSays();
  },
};

for (const [id, tell] of Object.entries(orders)) {
  const first = id === ids.health ? 'AWS Health' : 'the metadata service';

  test(`maintenance that ${first} tells first is one event with what both know, however often they say it`, async (t) => {
    const world = await start(t);
    for (let round = 0; round < 2; round++) await tell(world);
    const [event, ...others] = world.events();
    assert.deepEqual([event?.id, others], [id, []]);
    const { event_id, health_arn, code, not_before } = event?.data ?? {};
    assert.deepEqual(
      { event_id, health_arn, code, not_before },
      {
        event_id: 'instance-event-0d59937288b749b32',
        health_arn: ARN,
        code: 'system-reboot',
        not_before: '2026-01-21T09:00:43.000Z',
      },
    );
  });

  test(`maintenance that ${first} tells first moves as one, whoever says so first`, async (t) => {
    const world = await start(t);
    await tell(world);
    world.healthSays({ startTime: 'Thu, 22 Jan 2026 09:00:43 GMT' });
    await world.listed(planned({ NotBefore: '22 Jan 2026 09:00:43 GMT' }));
    await world.listed(planned({ NotBefore: '23 Jan 2026 09:00:43 GMT' }));
    world.healthSays({ startTime: 'Fri, 23 Jan 2026 09:00:43 GMT' });
    assert.deepEqual(
      world.events().map(({ id: eventId, deadline }) => [eventId, deadline]),
      [[id, '2026-01-23T09:00:43.000Z']],
    );
  });

  test(`maintenance that ${first} tells first is off when AWS Health closes it, and stays so while it is still listed`, async (t) => {
    const world = await start(t);
    await tell(world);
    world.healthSays({ statusCode: 'closed' });
    await world.listed(planned());
    await world.listed(planned({ State: 'canceled' }));
    assert.deepEqual(world.closed(), [`${id} canceled`]);
  });

  test(`maintenance that ${first} tells first is over when the metadata service says so, and AWS Health ends nothing else`, async (t) => {
    const world = await start(t);
    await tell(world);
    await world.listed(planned({ State: 'completed' }));
    assert.deepEqual(world.closed(), [`${id} ended`]);
    world.healthSays({ statusCode: 'closed' });
    assert.deepEqual(world.closed(), [`${id} ended`]);
  });

  test(`maintenance that ${first} tells first is one event for the next daemon, too`, async (t) => {
    const before = await start(t);
    await tell(before);
    await before.end();
    const world = await start(t, { journal: before.journal, clock: before.clock });
    await world.listed();
    assert.deepEqual(world.closed(), [`${id} canceled`]);
  });
}

for (const [State, stage] of [
  ['canceled', 'canceled'],
  ['completed', 'ended'],
] as const) {
  test(`what AWS Health tells late of maintenance that EC2 has ${State} is no other event, and what it says later is`, async (t) => {
    const world = await start(t);
    const firstMs = world.clock.wallMs();
    await world.listed(planned());
    await world.listed(planned({ State }));
    for (let time = 0; time < 2; time++) world.healthSays({}, firstMs);
    assert.deepEqual(world.closed(), [`${ids.metadata} ${stage}`]);
    world.healthSays({ eventArn: 'arn:2', startTime: 'Thu, 22 Jan 2026 09:00:43 GMT' }, firstMs);
    world.healthSays({}, world.clock.wallMs() + 1000);
    assert.deepEqual(world.closed().toSorted(), [
      'health:arn:2 open',
      `${ids.health} open`,
      `${ids.metadata} ${stage}`,
    ]);
  });
}

test('maintenance that AWS Health has closed is not on again by what it said before, and is by what it says later', async (t) => {
  const world = await start(t);
  const firstMs = world.clock.wallMs();
  world.healthSays();
  world.healthSays({ statusCode: 'closed' }, firstMs + 1000);
  await world.poll();
  world.healthSays({}, firstMs);
  await world.poll();
  assert.deepEqual(world.closed(), [`${ids.health} canceled`]);
  world.healthSays({}, firstMs + 2000);
  await world.poll();
  assert.deepEqual(world.closed(), [`${ids.health} open`]);
});

test('maintenance that a person has taken back stays so when AWS Health tells it, too, until that names another time', async (t) => {
  const world = await start(t);
  await world.listed(planned());
  world.dispatcher.close(ids.metadata, { stage: 'canceled', reason: 'canceled by a person', by: 'user' });
  world.healthSays({}, world.clock.wallMs() + 1000);
  await world.listed(planned());
  assert.deepEqual(world.closed(), [`${ids.metadata} canceled`]);
  world.healthSays({ startTime: 'Thu, 22 Jan 2026 09:00:43 GMT' }, world.clock.wallMs() + 2000);
  assert.deepEqual(world.closed().toSorted(), [`${ids.health} open`, `${ids.metadata} canceled`]);
});

test('what AWS Health has told is over where the metadata service lists it as completed, and open where it does not list it', async (t) => {
  const world = await start(t);
  world.healthSays();
  await world.listed();
  assert.deepEqual(world.closed(), [`${ids.health} open`]);
  await world.listed(planned({ State: 'completed' }));
  assert.deepEqual(world.closed(), [`${ids.health} ended`]);
});

test('what was taken back by one is on again when the other names another time', async (t) => {
  const world = await start(t);
  await world.listed(planned());
  world.healthSays({ statusCode: 'closed' });
  await world.listed(planned({ NotBefore: '24 Jan 2026 09:00:43 GMT' }));
  assert.deepEqual(world.closed(), [`${ids.metadata} open`]);
});

test('two of the same kind at the same time in the list are two events, of which AWS Health has told one', async (t) => {
  const world = await start(t);
  world.healthSays();
  await world.listed(planned(), planned({ EventId: 'instance-event-2' }));
  assert.deepEqual(world.closed().toSorted(), [`${ids.health} open`, 'maintenance:instance-event-2 open']);
});

test('it is the same maintenance by its kind and its time, not by its words', () => {
  const same = (code: string, told: string, minutes: number | null) =>
    isSameMaintenance({ event: { deadline: new Date(0).toISOString(), data: { code } } } as unknown as EventRecord, {
      code: told,
      notBeforeMs: minutes === null ? null : minutes * 60_000,
    });
  assert.equal(same('instance-stop', 'AWS_EC2_PERSISTENT_INSTANCE_RETIREMENT_SCHEDULED', 0), true);
  assert.equal(same('AWS_EC2_INSTANCE_REBOOT_MAINTENANCE_SCHEDULED', 'instance-reboot', 5), true);
  assert.equal(same('AWS_EC2_INSTANCE_NETWORK_MAINTENANCE_SCHEDULED', 'system-maintenance', -5), true);
  assert.equal(same('system-reboot', 'AWS_EC2_SYSTEM_REBOOT_MAINTENANCE_SCHEDULED', 6), false);
  assert.equal(same('system-maintenance', 'AWS_EC2_SYSTEM_REBOOT_MAINTENANCE_SCHEDULED', 0), false);
  assert.equal(same('system-reboot', 'AWS_EC2_SYSTEM_REBOOT_MAINTENANCE_SCHEDULED', null), false);
});
