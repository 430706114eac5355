import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Severity } from '../../src/events/event.ts';
import { notice, plan, setUp } from './world.ts';

const own = (number: number, severity: Severity = 0) => ({
  type: 'custom.job',
  source: 'user',
  severity,
  data: { number },
});

test('of many events of one’s own some are on their way, the rest waits on disk and none is lost', async () => {
  const { dispatcher, clock, calls, journal } = setUp([plan({ name: 'slow', takesMs: 1000, concurrent: true })]);
  await Promise.all(Array.from({ length: 100 }, (_, number) => dispatcher.send(own(number))));
  await clock.advance(500);
  assert.equal(calls.length, 32);
  assert.equal(dispatcher.pending().length, 32);
  assert.equal(journal.waiting(1000).length, 68);
  await clock.advance(10_000);
  assert.equal(new Set(calls.map(({ eventId }) => eventId)).size, 100);
  assert.equal(calls.length, 100);
  assert.deepEqual(dispatcher.pending(), []);
  assert.ok(journal.list(1000).every(({ state }) => state === 'done'));
});

test('a plugin that handles one event at a time has its whole time for each, however many wait for it', async () => {
  const { dispatcher, clock, calls, journal } = setUp([plan({ name: 'slow', takesMs: 9000, timeoutMs: 10_000 })]);
  await Promise.all(Array.from({ length: 50 }, (_, number) => dispatcher.send(own(number))));
  await clock.advance(500_000);
  assert.equal(calls.length, 50);
  const statuses = journal.list(1000).flatMap((record) => record.outcomes.map(({ status }) => status));
  assert.deepEqual([...new Set(statuses)], ['handled']);
});

test('the cloud’s word overtakes any storm, and the more urgent of one’s own the less urgent', async () => {
  const { dispatcher, clock, calls } = setUp([plan({ name: 'slow', takesMs: 1000, concurrent: true })]);
  await Promise.all(Array.from({ length: 60 }, (_, number) => dispatcher.send(own(number))));
  const { id: urgent } = await dispatcher.send(own(60, 3));
  await clock.advance(100);
  dispatcher.accept(notice(clock, 120));
  await clock.advance(0);
  assert.equal(calls.at(-1)?.eventId, 'spot-1');
  await clock.advance(1000);
  assert.equal(calls[33]?.eventId, urgent);
  await clock.advance(10_000);
  assert.equal(calls.length, 62);
});

test('one of one’s own that is as urgent as the cloud’s, and has a deadline, waits behind no storm', async () => {
  const { dispatcher, clock, calls } = setUp([plan({ name: 'slow', takesMs: 1000, concurrent: true })]);
  await Promise.all(Array.from({ length: 60 }, (_, number) => dispatcher.send(own(number))));
  const { id: urgent } = await dispatcher.send({ ...own(60, 3), deadlineSeconds: 30 });
  await clock.advance(0);
  assert.equal(calls.at(-1)?.eventId, urgent);
  await clock.advance(10_000);
  assert.equal(calls.length, 61);
});

test('one that waits for its turn can be acknowledged: no handler is ever called for it', async () => {
  const { dispatcher, clock, calls, journal } = setUp([plan({ name: 'slow', takesMs: 1000, concurrent: true })]);
  await Promise.all(Array.from({ length: 32 }, (_, number) => dispatcher.send(own(number))));
  const { id } = await dispatcher.send(own(32));
  assert.equal(dispatcher.find(id)?.state, 'pending');
  assert.equal(dispatcher.acknowledge(id, 'alice'), true);
  assert.equal(dispatcher.acknowledge(id, 'alice'), false);
  await clock.advance(10_000);
  assert.equal(calls.length, 32);
  const record = journal.get(id);
  assert.deepEqual(
    [record?.state, record?.outcomes.map(({ status, startedAt, message }) => [status, startedAt, message])],
    ['done', [['canceled', null, 'acknowledged by alice']]],
  );
});

test('events of one’s own that waited when the daemon ended are taken up by the next one', async () => {
  const first = setUp([plan({ name: 'stuck', behaviour: 'hangs' })]);
  await Promise.all(Array.from({ length: 80 }, (_, number) => first.dispatcher.send(own(number))));
  await first.clock.advance(100);
  await first.dispatcher.stop();
  const { clock, journal } = first;
  const second = setUp([plan({ name: 'quick', concurrent: true })], { clock, journal });
  second.dispatcher.resume();
  await clock.advance(10_000);
  assert.equal(second.calls.length, 80);
  assert.ok(journal.list(1000).every(({ state }) => state === 'done'));
});

test('where nothing can be written events of one’s own are dispatched from memory, until that is full', async () => {
  const { dispatcher, clock, calls, journal, warnings } = setUp([plan({ name: 'quick', concurrent: true })], {
    isFull: () => full,
  });
  let full = true;
  await Promise.all(Array.from({ length: 10 }, (_, number) => dispatcher.send(own(number))));
  await clock.advance(10_000);
  assert.equal(calls.length, 10);
  assert.equal(journal.list(1000).length, 0);
  assert.equal(warnings.length, 1, 'said once');
  full = false;
  await dispatcher.send(own(11));
  await clock.advance(10_000);
  assert.deepEqual(
    journal.list(1000).map(({ state, outcomes }) => [state, outcomes.length]),
    Array.from({ length: 11 }, () => ['done', 1]),
  );
  full = true;
  const sent = await Promise.allSettled(Array.from({ length: 1_100 }, (_, number) => dispatcher.send(own(number))));
  const refused = sent.filter(({ status }) => status === 'rejected');
  assert.equal(refused.length, 100);
  assert.match(String((refused[0] as PromiseRejectedResult).reason), /memory holds 1000 events already/);
  await clock.advance(60_000);
  assert.equal(calls.length, 1_011);
});
