import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { suite, type TestContext, test } from 'node:test';
import { systemClock } from '../../../src/clock.ts';
import type { EventRecord, HandlerOutcome } from '../../../src/events/event.ts';
import { ec2Queue, regionOf } from '../../../src/events/sources/ec2-queue.ts';
import { resultOf } from '../../../src/events/sources/queue-hooks.ts';
import { watchSources } from '../../../src/events/sources/watch-sources.ts';
import { startFakeQueue } from '../../support/fake-queue.ts';
import { createMemoryJournal } from '../../support/memory-journal.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';
import { waitFor } from '../../support/wait-for.ts';
import { fullAtTimes } from '../world.ts';
import { health, hook, rebalance, spot, state } from './queue-bodies.ts';
import { identity, sourceContext } from './source-world.ts';

/** As it is while its handlers run. */
const running = (record: EventRecord | undefined) => record && { ...record, state: 'dispatching' as const };
/** As it is when one handler has had it. */
const handled = (record: EventRecord | undefined) =>
  record && { ...record, outcomes: [{ status: 'handled', startedAt: '2026-11-21T10:00:00Z' } as HandlerOutcome] };

/** The source with the real SDK in a process of its own, on a queue on loopback; waits of a second go by at once. */
async function start(
  t: TestContext,
  {
    journal = createMemoryJournal(),
    queue = undefined as Queue | undefined,
    taken = true,
    isRunning = (): boolean => false,
    stateDirectory = '/nonexistent',
    instanceId = identity.instanceId,
  } = {},
) {
  const service = queue ?? (await startFakeQueue(t));
  const clock = {
    ...systemClock,
    after: (delayMs: number, callback: () => void) =>
      systemClock.after(delayMs > 60_000 ? delayMs : delayMs / 20, callback),
  };
  const world = sourceContext(t, { clock, journal, environment: service.environment, stateDirectory });
  const config = world.context.config();
  config.sources.queue.url = service.queueUrl;
  const { find } = world.context;
  const findAs = (id: string) => (isRunning() ? running(find(id)) : handled(find(id)));
  Object.assign(world.context, {
    config: () => config,
    identity: { ...identity, instanceId },
    ...(taken && { find: findAs }),
  });
  const { health } = world.watch(ec2Queue);
  return { ...world, journal, config, service, health };
}
type Queue = Awaited<ReturnType<typeof startFakeQueue>>;

suite('a queue of EC2 events', { concurrency: 2 }, () => {
  test('what concerns this host becomes an event and leaves the queue; what does not is given back at once', async (t) => {
    const { service, journal } = await start(t);
    const others = [spot('i-0other'), hook({ EC2InstanceId: 'i-0other' })].map((body) => JSON.stringify(body));
    for (const body of [spot(), rebalance(), state('shutting-down'), state('running'), health(), ...others])
      service.put(body);
    await waitFor('the deletions', () => service.bodies().length === 2);
    assert.deepEqual(service.bodies(), others);
    assert.deepEqual(
      journal
        .list(10)
        .map(({ event }) => `${event.type} ${event.id}`)
        .toSorted(),
      [
        'cloud.instance.maintenance health:arn:aws:health:eu-west-1::event/EC2/X/1',
        'cloud.instance.rebalance rebalance:i-0abc:boot1',
        'cloud.instance.termination state-change:i-0abc:boot1:shutting-down',
        'cloud.spot.interrupt spot-interrupt:i-0abc:terminate:boot1',
      ],
    );
    const given = () => service.called('ChangeMessageVisibility').map((input) => Number(input['VisibilityTimeout']));
    await waitFor('both to be given back', () => given().length >= 2);
    assert.ok(given().every((seconds) => seconds === 0));
  });

  test('what the metadata service has told first stays as it is, off where it is, and a message seen twice is one event', async (t) => {
    const { service, journal, dispatcher } = await start(t);
    const data = { action: 'terminate', time: 'exact', instance_id: 'i-0abc' };
    const deadline = new Date(Date.now() + 100_000).toISOString();
    const id = 'spot-interrupt:i-0abc:terminate:boot1';
    dispatcher.accept({ kind: 'notice', id, type: 'cloud.spot.interrupt', source: 'ec2-metadata', deadline, data });
    service.put(spot());
    service.put(spot());
    await waitFor('the deletions', () => service.bodies().length === 0);
    assert.deepEqual(
      journal.list(10).map(({ event }) => [event.deadline, event.data['time']]),
      [[deadline, 'exact']],
    );
    const late = spot();
    await waitFor('a later time', () => Date.now() > Date.parse(late.time));
    dispatcher.accept({ kind: 'canceled', id, reason: 'EC2 has taken the notice back' });
    service.put(late);
    await waitFor('its deletion', () => service.bodies().length === 0);
    assert.equal(journal.get(id)?.closing?.stage, 'canceled');
  });

  test('a message stays in the queue while a full disk keeps its event in memory', async (t) => {
    let full = true;
    const { service, dispatcher } = await start(t, { journal: fullAtTimes(createMemoryJournal(), () => full) });
    const spotBody = JSON.stringify(spot());
    service.put(spotBody);
    await waitFor('the event', () => dispatcher.find('spot-interrupt:i-0abc:terminate:boot1')?.state === 'done');
    const receives = () => service.called('ReceiveMessage').length;
    const before = receives();
    await waitFor('the next look', () => receives() > before);
    assert.deepEqual(service.bodies(), [spotBody]);

    full = false;
    service.put(rebalance());
    await waitFor('its deletion', () => service.bodies().length === 1);
    service.show();
    await waitFor('the deletion', () => service.bodies().length === 0);
  });

  test('what was told before this boot is none of this boot, and what is no event is left alone and said once', async (t) => {
    const { service, journal, lines } = await start(t);
    service.put(spot('i-0abc', new Date(0)));
    service.put('oops');
    service.put({ 'detail-type': 'Scheduled Event', time: new Date(), detail: {} });
    await waitFor('the deletion', () => service.bodies().length === 2);
    service.show();
    await waitFor('another look', () => service.called('ReceiveMessage').length >= 3);
    assert.deepEqual([journal.list(1), service.bodies().length, lines.length], [[], 2, 1], lines.join('\n'));
  });

  test('a change that concerns several hosts stays in the queue for them, and is told once until the queue says more', async (t) => {
    const { service, journal, notices } = await start(t);
    const affectedEntities = [{ entityValue: null }, { entityValue: 'i-0abc' }, 5, { entityValue: 'i-0other' }];
    service.put(health({ affectedEntities }));
    const given = () => service.called('ChangeMessageVisibility').length;
    await waitFor('the event', () => journal.list(1).length === 1);
    await waitFor('it to come again', () => given() >= 2);
    assert.deepEqual([service.bodies().length, notices.length], [1, 1]);
    service.put(health({ affectedEntities, statusCode: 'closed' }));
    await waitFor('the end', () => journal.list(1)[0]?.closing?.stage === 'canceled');
    const before = given();
    await waitFor('both to come again', () => given() >= before + 4);
    assert.deepEqual([service.bodies().length, notices.length], [2, 2]);
    assert.equal(journal.list(1)[0]?.closing?.stage, 'canceled');
  });

  test('a lifecycle hook is held while handlers run, then completed, and only then leaves the queue', async (t) => {
    let isDone = false;
    const { service, journal } = await start(t, { isRunning: () => !isDone });
    service.put(hook());
    await waitFor('a heartbeat', () => service.called('RecordLifecycleActionHeartbeat').length > 0);
    assert.deepEqual([service.called('CompleteLifecycleAction').length, service.bodies().length], [0, 1]);
    isDone = true;
    await waitFor('the end', () => service.bodies().length === 0);
    const [completed] = service.called('CompleteLifecycleAction');
    assert.deepEqual(
      ['AutoScalingGroupName', 'LifecycleHookName', 'LifecycleActionToken', 'InstanceId', 'LifecycleActionResult'].map(
        (name) => completed?.[name],
      ),
      ['group', 'save', 'token-1', 'i-0abc', 'CONTINUE'],
    );
    const { event } = journal.list(1)[0] ?? assert.fail('no event');
    assert.deepEqual([event.id, event.type], ['lifecycle:i-0abc:boot1:Terminated:1', 'cloud.instance.termination']);
  });

  test('another address in the configuration is another queue, without a restart', async (t) => {
    const [first, second] = [await startFakeQueue(t), await startFakeQueue(t)];
    const world = sourceContext(t, { environment: first.environment });
    const config = world.context.config();
    const watch = watchSources({ ...world.context, config: () => config }, [ec2Queue]);
    t.after(watch.stop);
    config.sources.queue.url = first.queueUrl;
    watch.reconsider({ identity, imds: null, metadata: null });
    await waitFor('the first', () => first.called('ReceiveMessage').length > 0);
    config.sources.queue.url = second.queueUrl;
    watch.reconsider();
    first.put(rebalance());
    second.put(spot());
    await waitFor('the deletion', () => second.called('ReceiveMessage').length > 0 && second.bodies().length === 0);
    assert.deepEqual(
      world.journal.list(10).map(({ event }) => event.type),
      ['cloud.spot.interrupt'],
    );
  });

  test('a hook that no plugin took up is left to whoever else completes it', async (t) => {
    const { service, lines } = await start(t, { taken: false });
    service.put(hook());
    await waitFor('the message to go', () => service.bodies().length === 0);
    assert.match(lines.join(), /the lifecycle hook save is left to others: no plugin took it up/);
    assert.deepEqual(service.called('CompleteLifecycleAction'), []);
  });

  test('a hook that waits no more is let go', async (t) => {
    const { service, lines } = await start(t);
    service.fail('CompleteLifecycleAction', { status: 400, code: 'ValidationError' });
    service.put(hook());
    await waitFor('the message to go', () => service.bodies().length === 0);
    assert.match(lines.join(), /the lifecycle hook save does not wait any more/);
  });

  test('a refused heartbeat is one line with the permission, and the hook is completed all the same', async (t) => {
    let isDone = false;
    const { service, lines } = await start(t, { isRunning: () => !isDone });
    service.fail('RecordLifecycleActionHeartbeat', { status: 403, code: 'AccessDenied' });
    service.put(hook());
    await waitFor('the refusal', () => lines.length > 0);
    isDone = true;
    await waitFor('the end', () => service.bodies().length === 0);
    assert.match(lines[0] ?? '', /save: Auto Scaling denies autoscaling:RecordLifecycleActionHeartbeat: /);
    assert.deepEqual(lines.slice(1), ['the lifecycle hook save was completed: CONTINUE']);
  });

  test('a hook whose daemon was killed is held by the next one before its message comes again, without a second event', async (t) => {
    const stateDirectory = temporaryDirectory(t);
    const first = await start(t, { stateDirectory, isRunning: () => true });
    first.service.put(hook());
    await waitFor('a heartbeat', () => first.service.called('RecordLifecycleActionHeartbeat').length > 0);
    await first.end();
    // For a minute the queue hides it from everybody.
    assert.equal(first.service.bodies().length, 1, 'it is still in the queue');
    const { service, journal } = first;
    await start(t, { journal, queue: service, stateDirectory });
    await waitFor('the end', () => service.bodies().length === 0);
    assert.deepEqual([service.called('CompleteLifecycleAction').length, journal.list(10).length], [1, 1]);
    await waitFor('it to be forgotten', () => readdirSync(stateDirectory).length === 0);
  });

  test('a hook is left to the host that held it by one that was made of its image', async (t) => {
    const stateDirectory = temporaryDirectory(t);
    const first = await start(t, { stateDirectory, isRunning: () => true });
    const { service, journal } = first;
    service.put(hook());
    await waitFor('a heartbeat', () => service.called('RecordLifecycleActionHeartbeat').length > 0);
    await first.end();
    const asked = service.called('ReceiveMessage').length;
    await start(t, { journal, queue: service, stateDirectory, instanceId: 'i-0copy' });
    await waitFor('its first question', () => service.called('ReceiveMessage').length > asked);
    assert.equal(service.bodies().length, 1, 'its message is still in the queue');
    assert.equal(service.called('CompleteLifecycleAction').length, 0);
  });

  test('a queue that refuses is one line with the permission, and is watched again when it does not', async (t) => {
    const { service, lines, health: healthOf, journal } = await start(t);
    for (const [status, code, said] of [
      [403, 'AccessDenied', /SQS denies sqs:ReceiveMessage/],
      [500, 'InternalError', /SQS failed with InternalError/],
      [503, 'ServiceUnavailable', /SQS failed with ServiceUnavailable/],
      [400, 'QueueDoesNotExist', /SQS failed with .*QueueDoesNotExist/],
    ] as const) {
      service.fail('ReceiveMessage', { status, code });
      service.put(spot());
      await waitFor(`the ${status}`, () => healthOf().status === 'failing' && said.test(healthOf().message));
    }
    assert.match(
      lines.join('\n'),
      /^the queue of events cannot be seen: SQS (denies sqs:ReceiveMessage|failed with)[^\n]*$/,
    );
    service.fail('ReceiveMessage', null);
    await waitFor('the event', () => journal.list(1).length === 1);
    await waitFor('the word', () => lines.at(-1) === 'the queue of events can be seen again');
  });
});

test('the outcome of the handlers decides whether the group goes on', () => {
  const outcome = (status: HandlerOutcome['status'], stage?: 'ended') =>
    ({ status, stage, startedAt: status === 'canceled' ? null : '2026-11-21T10:00:00Z' }) as HandlerOutcome;
  const result = (state: EventRecord['state'], ...outcomes: HandlerOutcome[]) =>
    resultOf({ state, outcomes } as EventRecord);
  assert.equal(resultOf(undefined), undefined);
  for (const state of ['announced', 'pending', 'dispatching', 'closing'] as const)
    assert.equal(result(state), undefined);
  assert.equal(result('done', outcome('handled'), outcome('declined')), 'CONTINUE');
  assert.equal(result('done', outcome('handled'), outcome('failed')), 'ABANDON');
  assert.equal(result('done', outcome('timed-out')), 'ABANDON');
  assert.equal(result('ended', outcome('handled'), outcome('failed', 'ended')), 'CONTINUE');
  assert.equal(result('overdue'), 'ABANDON');
  for (const state of ['done', 'canceled', 'ended'] as const) {
    assert.equal(result(state), 'LEAVE', 'it may be held for somebody else');
    assert.equal(result(state, outcome('canceled')), 'LEAVE');
  }
});

test('it applies to hosts of EC2 with a queue alone, whose region is in its address', (t) => {
  const { context } = sourceContext(t);
  assert.equal(ec2Queue.applies(context), false);
  const config = context.config();
  config.sources.queue.url = 'https://sqs.eu-west-1.amazonaws.com/123456789012/name';
  assert.equal(ec2Queue.applies({ ...context, config: () => config }), true);
  assert.equal(
    ec2Queue.applies({ ...context, config: () => config, identity: { ...identity, provider: 'gcp' } }),
    false,
  );
  assert.equal(regionOf(config.sources.queue.url), 'eu-west-1');
  assert.equal(regionOf('https://vpce-0a1b-xyz.sqs.eu-north-1.vpce.amazonaws.com/1/name'), 'eu-north-1');
  assert.equal(regionOf('https://sqs-fips.us-east-2.amazonaws.com/1/name'), 'us-east-2');
  assert.equal(regionOf('http://127.0.0.1:4566/1/name'), undefined);
});
