import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rfc3339 } from '../../src/clock.ts';
import type { Journal } from '../../src/store/store.ts';
import { createMemoryJournal } from '../support/memory-journal.ts';
import { type Call, notice, outcomes, plan, RESERVE_MS, SPOT, setUp } from './world.ts';

test('highest priority first; equal ones at the same time', async () => {
  const { dispatcher, clock, calls } = setUp([
    plan({ name: 'low', priority: 1 }),
    plan({ name: 'a', priority: 9 }),
    plan({ name: 'b', priority: 9 }),
  ]);
  dispatcher.accept(notice(clock, 120));
  await clock.advance(1000);
  assert.deepEqual(
    calls.map(({ handler }) => handler),
    ['a', 'b', 'low'],
  );
  assert.equal(calls[0]?.startedMs, calls[1]?.startedMs);
  assert.equal(calls[2]?.startedMs, calls[0]?.endedMs);
});

test('all: every handler runs, whatever the others did', async () => {
  const { dispatcher, clock, journal } = setUp([
    plan({ name: 'a', priority: 9, behaviour: 'fails' }),
    plan({ name: 'b', priority: 5 }),
    plan({ name: 'c', priority: 1, behaviour: 'declines' }),
  ]);
  dispatcher.accept(notice(clock, 120));
  await clock.advance(1000);
  assert.deepEqual(outcomes(journal), ['a failed', 'b handled', 'c declined']);
  assert.equal(journal.get('spot-1')?.state, 'done');
});

test('first: the chain ends at the first that handles; observers always run and never end it', async () => {
  const { dispatcher, clock, journal } = setUp(
    [
      plan({ name: 'watch', priority: 9, mode: 'observe' }),
      plan({ name: 'no', priority: 8, behaviour: 'declines' }),
      plan({ name: 'yes', priority: 7 }),
      plan({ name: 'late', priority: 6 }),
      plan({ name: 'also', priority: 1, mode: 'observe' }),
    ],
    { rule: 'first' },
  );
  dispatcher.accept(notice(clock, 120));
  await clock.advance(2000);
  assert.deepEqual(outcomes(journal), ['watch handled', 'no declined', 'yes handled', 'late skipped', 'also handled']);
});

test('a handler that hangs is ended at its share, and the next one still gets its own', async () => {
  const { dispatcher, clock, calls, journal } = setUp([
    plan({ name: 'stuck', priority: 9, behaviour: 'hangs', timeoutMs: 600_000 }),
    plan({ name: 'saver', priority: 1, takesMs: 20_000, timeoutMs: 60_000 }),
  ]);
  dispatcher.accept(notice(clock, 120));
  await clock.advance(120_000);
  assert.deepEqual(outcomes(journal), ['stuck timed-out', 'saver handled']);
  // 118 s are left after the reserve of 2; the later band is sure of an equal share, 59 s.
  assert.equal((calls[1]?.startedMs ?? 0) - (calls[0]?.startedMs ?? 0), 59_000);
});

test('the same notice again is the same event; a moved time moves the deadline of what is pending', async () => {
  const { dispatcher, clock, journal, calls } = setUp([plan({ name: 'slow', behaviour: 'hangs' })]);
  for (let poll = 0; poll < 151; poll++) dispatcher.accept(notice(clock, 120 + poll));
  await clock.advance(0);
  assert.equal(calls.length, 1);
  assert.equal(journal.list(10).length, 1);
  assert.equal(journal.get('spot-1')?.event.deadline, rfc3339(clock.wallMs() + 270_000));
});

test('a deadline survives a wall clock that jumps an hour', async () => {
  const { dispatcher, clock, journal } = setUp([plan({ name: 'saver', takesMs: 60_000, timeoutMs: 90_000 })]);
  dispatcher.accept(notice(clock, 120));
  await clock.advance(1000);
  clock.jumpWall(3_600_000);
  await clock.advance(70_000);
  assert.deepEqual(outcomes(journal), ['saver handled']);
});

test('an event of one’s own needs a known type; a wrong one is told with the nearest', async () => {
  const { dispatcher } = setUp([]);
  await assert.rejects(
    dispatcher.send({ type: 'cloud.spot.interupt', source: 'user', data: {} }),
    (error: Error & { hint?: string }) =>
      /no event type/.test(error.message) && error.hint === 'did you mean cloud.spot.interrupt?',
  );
  await assert.rejects(
    dispatcher.send({ type: 'custom', source: 'user', data: { text: 'x'.repeat(70_000) } }),
    /at most 65536 are possible/,
  );
});

test('a result beyond all measure is not kept, and its handler has handled it', async () => {
  const { dispatcher, clock, journal } = setUp([plan({ name: 'loud', behaviour: 'boasts' })]);
  dispatcher.accept(notice(clock, 120));
  await clock.advance(1000);
  const [outcome] = journal.get('spot-1')?.outcomes ?? [];
  assert.deepEqual([outcome?.status, outcome?.result], ['handled', null]);
  assert.match(outcome?.message ?? '', /its result of 100002 bytes is not kept/);
});

test('a handler that throws at once, or answers nonsense, has failed, and the others go on', async () => {
  const { dispatcher, clock, journal } = setUp([
    plan({ name: 'throws', priority: 9, behaviour: 'throws' }),
    plan({ name: 'babbles', priority: 5, behaviour: 'babbles' }),
    plan({ name: 'saver', priority: 1 }),
  ]);
  dispatcher.accept(notice(clock, 120));
  await clock.advance(1000);
  assert.deepEqual(outcomes(journal), ['throws failed', 'babbles failed', 'saver handled']);
  assert.equal(journal.get('spot-1')?.outcomes[0]?.message, 'no promise at all');
});

test('a deadline that moves nearer cuts the running handler short, and one that moves away gives time to the next', async () => {
  const { dispatcher, clock, journal, calls } = setUp([
    plan({ name: 'stuck', priority: 9, behaviour: 'hangs', timeoutMs: 600_000 }),
    plan({ name: 'slow', priority: 1, takesMs: 50_000, timeoutMs: 600_000 }),
  ]);
  dispatcher.accept(notice(clock, 600));
  await clock.advance(1000);
  dispatcher.accept(notice(clock, 42));
  await clock.advance(20_000);
  assert.deepEqual(outcomes(journal), ['stuck timed-out'], 'half of the 40 s that are left');
  assert.equal(calls[1]?.startedMs, clock.bootMs());
  dispatcher.accept(notice(clock, 200));
  await clock.advance(19_000);
  assert.deepEqual(outcomes(journal), ['stuck timed-out']);
  await clock.advance(2000);
  // It was told that it has 20 s, and kept to that.
  assert.deepEqual(outcomes(journal), ['stuck timed-out', 'slow timed-out']);
});

test('other data of a pending event reach the handlers that have not begun, and leave its deadline where it was', async () => {
  const { dispatcher, clock, journal } = setUp([
    plan({ name: 'slow', takesMs: 5000 }),
    plan({ name: 'b', priority: 1 }),
  ]);
  const first = { ...notice(clock, 120), data: { action: 'stop', note: 'kept' } };
  dispatcher.accept(first);
  clock.jumpWall(3_600_000);
  assert.equal(dispatcher.accept({ ...first, data: { action: 'terminate' } }), 'spot-1');
  assert.deepEqual(journal.get('spot-1')?.event.data, { action: 'terminate', note: 'kept' });
  assert.deepEqual(dispatcher.pending()[0]?.event.data, { action: 'terminate', note: 'kept' });
  await clock.advance(10_000);
  assert.deepEqual(outcomes(journal), ['slow handled', 'b handled']);
});

test('a notice without a deadline has the catalog’s, counted from the first time it was seen', async () => {
  const { dispatcher, clock, journal } = setUp([plan({ name: 'stuck', behaviour: 'hangs', timeoutMs: 600_000 })]);
  const deadline = rfc3339(clock.wallMs() + 120_000);
  for (let poll = 0; poll < 10; poll++) {
    dispatcher.accept(notice(clock, null));
    await clock.advance(5000);
  }
  assert.equal(journal.get('spot-1')?.event.deadline, deadline);
});

test('the configuration has the last word on who handles a type, when and for how long', async () => {
  const { dispatcher, clock, calls, journal } = setUp(
    [
      plan({ name: 'a', priority: 9 }),
      plan({ name: 'b', priority: 5 }),
      plan({ name: 'c', priority: 1, behaviour: 'hangs' }),
    ],
    { types: { [SPOT]: { handlers: { a: { enabled: false }, c: { priority: 90, timeout_seconds: 1 } } } } },
  );
  dispatcher.accept(notice(clock, 120));
  await clock.advance(2000);
  assert.deepEqual(
    calls.map(({ handler }) => handler),
    ['c', 'b'],
  );
  assert.match(journal.get('spot-1')?.outcomes[0]?.message ?? '', /within 1 s, its timeout/);
});

test('a notice that comes later than the time that is kept back still reaches the handlers', async () => {
  const { dispatcher, clock, journal } = setUp([
    plan({ name: 'saver' }),
    plan({ name: 'stuck', priority: 1, behaviour: 'hangs' }),
  ]);
  dispatcher.accept(notice(clock, RESERVE_MS / 1000));
  await clock.advance(RESERVE_MS);
  assert.deepEqual(outcomes(journal), ['saver handled', 'stuck timed-out']);
  assert.equal(journal.get('spot-1')?.state, 'done');
});

test('what the higher ones have left is given to nobody where it is of no use, but to the highest, and to one that needs no more', async () => {
  const begun = async (seconds: number, ...timeoutsMs: number[]) => {
    const { dispatcher, clock, journal } = setUp(
      timeoutsMs.map((timeoutMs, index) =>
        plan({ name: `h${index}`, priority: -index, timeoutMs, behaviour: 'hangs' }),
      ),
    );
    dispatcher.accept(notice(clock, seconds));
    await clock.advance(seconds * 1000);
    assert.equal(journal.get('spot-1')?.state, 'done');
    return outcomes(journal)?.map((outcome) => outcome.replace('timed-out', 'begun'));
  };
  // 3.75 s are left after the reserve of a quarter: three have their 1.2 s, and 0.15 s are left over.
  assert.deepEqual(await begun(5, 1200, 1200, 1200, 1200), ['h0 begun', 'h1 begun', 'h2 begun', 'h3 skipped']);
  assert.deepEqual(await begun(5, 1200, 1200, 1200, 140), ['h0 begun', 'h1 begun', 'h2 begun', 'h3 begun']);
  assert.deepEqual(await begun(0.1, 1200, 1200), ['h0 begun', 'h1 skipped']);
});

test('where time is short the lowest are skipped, and that is reported', async () => {
  const { dispatcher, clock, journal } = setUp([
    plan({ name: 'stuck', priority: 9, behaviour: 'hangs' }),
    plan({ name: 'slow', priority: 5, behaviour: 'hangs' }),
    plan({ name: 'low', priority: 1 }),
  ]);
  dispatcher.accept(notice(clock, 3.2));
  await clock.advance(4000);
  assert.deepEqual(outcomes(journal), ['stuck timed-out', 'slow timed-out', 'low skipped']);
  assert.equal(journal.get('spot-1')?.outcomes[2]?.message, 'no time was left before the deadline');
});

test('a notice whose time has passed is handled at once, by all at the same time', async () => {
  const { dispatcher, clock, journal, calls, history } = setUp([
    plan({ name: 'high', priority: 9, takesMs: 5000 }),
    plan({ name: 'low', priority: 1, takesMs: 5000 }),
  ]);
  dispatcher.accept(notice(clock, -3480));
  await clock.advance(5000);
  assert.deepEqual(
    calls.map(({ handler, startedMs }) => [handler, startedMs - (calls[0]?.startedMs ?? 0)]),
    [
      ['high', 0],
      ['low', 0],
    ],
  );
  assert.equal(journal.get('spot-1')?.state, 'done');
  assert.match(history[0]?.summary ?? '', /which has passed$/);
  assert.equal(dispatcher.accept(notice(clock, -3480)), null, 'done is done');
});

test('an urgent event does not wait behind one that hangs', async () => {
  const { dispatcher, clock, calls } = setUp([plan({ name: 'stuck', behaviour: 'hangs', timeoutMs: 600_000 })]);
  const { id: custom } = await dispatcher.send({ type: 'custom.backup', source: 'user', data: {} });
  await clock.advance(1000);
  dispatcher.accept(notice(clock, 120));
  await clock.advance(0);
  assert.deepEqual(
    calls.map(({ eventId }) => eventId),
    [custom, 'spot-1'],
  );
  await dispatcher.stop();
});

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

test('an event that nobody handles is done, and said aloud where it is urgent', async () => {
  const { dispatcher, clock, journal, warnings } = setUp([]);
  const { id: quiet } = await dispatcher.send({ type: 'custom', source: 'user', data: {} });
  await dispatcher.idle();
  assert.equal(warnings.length, 0);
  dispatcher.accept(notice(clock, 120));
  await dispatcher.idle();
  assert.ok(warnings.includes(`no plugin handles ${SPOT}`), warnings.join('\n'));
  for (const id of [quiet, 'spot-1']) {
    assert.deepEqual([journal.get(id)?.state, journal.get(id)?.outcomes], ['done', []]);
  }
});

test('the history tells who caused what: accepted, ended, taken back', async () => {
  const { dispatcher, clock, history } = setUp([plan({ name: 'a' })]);
  const { id } = await dispatcher.send({ type: 'custom.x', source: 'plugin redis', data: {} });
  await clock.advance(1000);
  dispatcher.accept(notice(clock, null));
  dispatcher.accept({ kind: 'canceled', id: 'spot-1', reason: 'EC2 has taken the notice back' });
  await clock.advance(1000);
  assert.deepEqual(
    history.map(({ kind, cause, summary, details }) => [kind, cause, summary, details?.['id']]),
    [
      ['event', 'plugin redis', 'custom.x from plugin redis', id],
      ['event', 'plugin redis', 'custom.x done: 1 of 1 handlers handled it', id],
      ['event', 'test', `${SPOT} from test, deadline 2026-01-01T00:02:01.000Z`, 'spot-1'],
      ['event', 'test', `${SPOT} is off: EC2 has taken the notice back`, 'spot-1'],
      ['event', 'test', `${SPOT} canceled: 0 of 1 handlers handled it`, 'spot-1'],
    ],
  );
});

test('a type that is turned off is not dispatched; custom.<name> is as custom', async () => {
  const { dispatcher, clock, calls } = setUp([plan({ name: 'a' })], {
    types: { [SPOT]: { enabled: false }, custom: { enabled: false }, 'custom.kept': {} },
  });
  assert.equal(dispatcher.accept(notice(clock, 120)), null);
  await assert.rejects(dispatcher.send({ type: 'custom.x', source: 'user', data: {} }), /custom\.x are turned off/);
  assert.equal(calls.length, 0);
  await dispatcher.send({ type: 'custom.kept', source: 'user', data: {} });
  await clock.advance(0);
  assert.equal(calls.length, 1);
});

test('a notice that is no event is refused with one line, however often it is polled', () => {
  const { dispatcher, clock, journal, warnings, calls } = setUp([plan({ name: 'a' })]);
  for (let poll = 0; poll < 3; poll++) dispatcher.accept({ ...notice(clock, 120), deadline: 'soon' });
  assert.equal(dispatcher.accept({ ...notice(clock, 120), type: 'cloud.gone' }), null);
  assert.equal(warnings.length, 2, warnings.join('\n'));
  assert.match(warnings[0] ?? '', /a notice of test: cloud\.spot\.interrupt: deadline: expected a time such as/);
  assert.equal(journal.list(1).length, 0);
  assert.equal(calls.length, 0);
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

test('what is sent again under its id is not dispatched again, and says so; where it is another it is remarked', async () => {
  for (const isFull of [false, true]) {
    const { dispatcher, clock, calls } = setUp([plan({ name: 'a' })], { isFull: () => isFull });
    const sent = { id: 'mine', type: 'custom.x', source: 'user', data: { size: 5 } };
    const send = async (change: object = {}) => (await dispatcher.send({ ...sent, ...change })).known;
    assert.deepEqual(await Promise.all([send(), send()]), [null, 'same']);
    await clock.advance(10_000);
    assert.deepEqual([await send(), await send({ data: { size: 6 } }), await send()], ['same', 'different', 'same']);
    await clock.advance(10_000);
    assert.equal(calls.length, 1);
    const { event, remarks } = dispatcher.find('mine') ?? {};
    assert.deepEqual(event?.data, { size: 5 });
    const [again, ...others] = remarks?.filter(({ kind }) => kind === 'again') ?? [];
    assert.deepEqual(again?.kind === 'again' && again.data, { size: 6 });
    assert.deepEqual(others, []);
  }
});
