import assert from 'node:assert/strict';
import { test } from 'node:test';
import { notice, outcomes, plan, SPOT, setUp } from './world.ts';

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
