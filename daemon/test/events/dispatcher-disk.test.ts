import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Journal } from '../../src/store/store.ts';
import { createMemoryJournal } from '../support/memory-journal.ts';
import { type Call, notice, outcomes, plan, SPOT, setUp } from './world.ts';

test('an event to ten handlers reaches the disk before the first begins and when the last has ended, not with each', async () => {
  const calls: Call[] = [];
  let callsAtCommits: number[] = [];
  const memory = createMemoryJournal();
  const journal: Journal = {
    ...memory,
    group(write) {
      callsAtCommits.push(calls.length);
      memory.group(write);
    },
  };
  const ten = Array.from({ length: 10 }, (_, number) => plan({ name: `h${number}`, takesMs: 100 }));
  const { dispatcher, clock } = setUp(ten, { journal, calls, tellPeople: () => ['pts/0'] });
  const ways = {
    'spot-1': () => dispatcher.accept(notice(clock, 120)),
    'spot-2': () => dispatcher.send({ id: 'spot-2', type: SPOT, source: 'user', data: {} }),
  };
  for (const [id, begin] of Object.entries(ways)) {
    callsAtCommits = [];
    calls.length = 0;
    await begin();
    await clock.advance(1000);
    const { state, outcomes: ended } = journal.get(id) ?? {};
    assert.deepEqual([state, ended?.length, callsAtCommits], ['done', 10, [0, 10, 10]]); // the second: who was told
  }
});

test('an event whose end could not be written is written whole when there is room again', async () => {
  let full = false;
  const { dispatcher, clock, journal, warnings } = setUp([plan({ name: 'a', takesMs: 5000 })], { isFull: () => full });
  dispatcher.accept(notice(clock, 120));
  await clock.advance(1000);
  full = true;
  await clock.advance(10_000);
  assert.deepEqual([journal.get('spot-1')?.state, outcomes(journal)], ['dispatching', []]);
  assert.equal(dispatcher.find('spot-1')?.state, 'done');
  assert.match(warnings.join(), /disk full; events go on without/);
  full = false;
  dispatcher.accept(notice(clock, 120, 'spot-2'));
  await clock.advance(10_000);
  assert.deepEqual([journal.get('spot-1')?.state, outcomes(journal)], ['done', ['a handled']]);
});

test('what a full disk keeps in memory is found by who looks for open events, once and as it is now', async () => {
  let full = false;
  const { dispatcher, clock } = setUp([plan({ name: 'a' })], { isFull: () => full });
  const open = () => dispatcher.open('test').map(({ event: { id, deadline } }) => `${id} ${deadline}`);
  dispatcher.accept(notice(clock, 120));
  full = true;
  const moved = notice(clock, 90);
  const later = notice(clock, 120, 'spot-2');
  dispatcher.accept(moved);
  dispatcher.accept(later);
  assert.deepEqual(open(), [`spot-1 ${moved.deadline}`, `spot-2 ${later.deadline}`]);
  dispatcher.accept({ kind: 'ended', id: 'spot-1', reason: 'over' });
  assert.deepEqual(open(), [`spot-2 ${later.deadline}`]);
  await clock.advance(10_000);
  assert.deepEqual(open(), [`spot-2 ${later.deadline}`]);
});

test('a full disk is said once, however much is read and however often what is known is told meanwhile', async () => {
  let full = false;
  const { dispatcher, clock, warnings } = setUp([plan({ name: 'a' })], { isFull: () => full });
  dispatcher.accept(notice(clock, 120));
  await clock.advance(10_000);
  full = true;
  for (const id of ['spot-2', 'spot-3', 'spot-4']) {
    dispatcher.accept(notice(clock, 120, id));
    dispatcher.find('spot-1');
    dispatcher.open('test');
    await dispatcher.send({ id: 'mine', type: 'custom', source: 'user', data: {} });
    await clock.advance(10_000);
  }
  assert.equal(warnings.filter((line) => line.includes('events go on without')).length, 1, warnings.join('\n'));
  full = false;
  dispatcher.accept(notice(clock, 120, 'spot-5'));
  full = true;
  dispatcher.accept(notice(clock, 120, 'spot-6'));
  assert.equal(warnings.filter((line) => line.includes('events go on without')).length, 2, warnings.join('\n'));
});

test('the list of events holds what a full disk keeps in memory, the newest first', async () => {
  let full = false;
  const { dispatcher, clock } = setUp([plan({ name: 'a' })], { isFull: () => full });
  const list = (limit: number) => dispatcher.list(limit).map(({ event: { id }, state }) => `${id} ${state}`);
  dispatcher.accept(notice(clock, 120));
  await clock.advance(10_000);
  full = true;
  for (const id of ['spot-2', 'spot-3']) {
    dispatcher.accept(notice(clock, 120, id));
    await clock.advance(10_000);
  }
  assert.deepEqual(list(9), ['spot-3 done', 'spot-2 done', 'spot-1 done']);
  assert.deepEqual(list(1), ['spot-3 done']);
  assert.deepEqual(dispatcher.list(9, 'spot-1'), []);
});

test('a new event is one line in the log, be the disk full or not, and said to be in memory alone until there is room', async () => {
  let full = true;
  const { dispatcher, clock, journal, lines, warnings } = setUp([], { isFull: () => full });
  const { id, durable } = await dispatcher.send({ type: 'custom.x', source: 'user', data: {} });
  dispatcher.accept(notice(clock, 120));
  await clock.advance(10_000);
  const begun = [...lines, ...warnings].filter((line) => / from (user|test)/.test(line));
  assert.deepEqual(begun, ['custom.x from user', `${SPOT} from test, deadline ${notice(clock, 110).deadline}`]);
  assert.deepEqual([durable, dispatcher.isWritten(id), dispatcher.isWritten('spot-1')], [false, false, false]);
  assert.deepEqual(dispatcher.unwritten(), { events: 2, reason: 'disk full' });

  full = false;
  const later = await dispatcher.send({ type: 'custom.y', source: 'user', data: {} });
  await dispatcher.idle();
  const remarks = (each: string) => journal.get(each)?.remarks.map(({ kind }) => kind);
  assert.deepEqual([id, 'spot-1', later.id].map(remarks), [['written'], ['written'], []]);
  assert.deepEqual([later.durable, dispatcher.isWritten(id), dispatcher.unwritten()], [true, true, null]);
  assert.deepEqual(
    journal.get(id)?.remarks.map((remark) => remark.kind === 'written' && remark.reason),
    ['disk full'],
  );
});
