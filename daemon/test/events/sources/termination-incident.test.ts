import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { rfc3339 } from '../../../src/clock.ts';
import { ec2Lifecycle } from '../../../src/events/sources/ec2-lifecycle.ts';
import { parseQueueEvent } from '../../../src/events/sources/queue-events.ts';
import { noticeOf } from '../../../src/events/sources/queue-notices.ts';
import { startCalmSource } from './calm-world.ts';
import { hook, spot, state } from './queue-bodies.ts';

/** The metadata service and the queue, which tell of the same termination in any order. */
async function start(t: TestContext) {
  const world = await startCalmSource(t, ec2Lifecycle);
  const startMs = world.clock.wallMs();
  const queueSays = (body: object) => {
    const event = parseQueueEvent(JSON.stringify({ ...body, time: rfc3339(startMs) })) ?? assert.fail('no event');
    world.context.emit(noticeOf(event, world.context) ?? assert.fail('no notice'));
  };
  return {
    ...world,
    queueSays,
    /** Who tells it, by the name of what is told. */
    tell: {
      wanted: async () => {
        world.service.set('autoscaling/target-lifecycle-state', 'Terminated');
        await world.poll();
      },
      held: () => queueSays(hook()),
      begun: () => queueSays(state('shutting-down')),
    },
    told: () =>
      world.journal.list(10).map(({ event: { id, deadline, data } }) => {
        const seconds = deadline === null ? null : Math.round((Date.parse(deadline) - startMs) / 1000);
        return { id, seconds, stage: data['stage'], state: data['state'], target: data['target_state'] };
      }),
  };
}

const wanted = 'lifecycle:i-0abc:boot1:Terminated:1';
const begun = 'state-change:i-0abc:boot1:shutting-down';

for (const [id, ...order] of [
  [wanted, 'wanted', 'held', 'begun'],
  [wanted, 'held', 'begun', 'wanted'],
  [begun, 'begun', 'wanted', 'held'],
] as const) {
  test(`a termination is one event with the nearest time when it is ${order.join(', ')}, and told so again`, async (t) => {
    const { tell, told } = await start(t);
    for (const what of [...order, ...order]) await tell[what]();
    assert.deepEqual(told(), [
      { id, seconds: 120, stage: 'shutting-down', state: 'shutting-down', target: 'Terminated' },
    ]);
  });
}

test('a termination that a hook holds has the time of the hook until it begins', async (t) => {
  const { tell, told } = await start(t);
  await tell.wanted();
  tell.held();
  assert.deepEqual(told(), [{ id: wanted, seconds: 600, stage: 'transition', state: undefined, target: 'Terminated' }]);
});

test('an instance that is stopped is no termination that the group wants', async (t) => {
  const { tell, queueSays, told } = await start(t);
  await tell.wanted();
  queueSays(state('stopping'));
  assert.deepEqual(
    told()
      .map(({ id }) => id)
      .toSorted(),
    [wanted, 'state-change:i-0abc:boot1:stopping'],
  );
});

test('hibernation that the queue tells begins at once: it has no two minutes', async (t) => {
  const { queueSays, told, journal } = await start(t);
  const { detail, ...body } = spot();
  queueSays({ ...body, detail: { ...detail, 'instance-action': 'hibernate' } });
  assert.deepEqual([told()[0]?.seconds, journal.list(1)[0]?.event.data['time_remaining_seconds']], [0, 0]);
});
