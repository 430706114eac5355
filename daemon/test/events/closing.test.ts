import assert from 'node:assert/strict';
import { test } from 'node:test';
import { notice, outcomes, plan, SPOT, setUp } from './world.ts';

test('an event that is taken back cancels the running handler and skips the rest', async () => {
  const { dispatcher, clock, journal } = setUp([
    plan({ name: 'slow', priority: 9, behaviour: 'hangs' }),
    plan({ name: 'next', priority: 1 }),
  ]);
  dispatcher.accept(notice(clock, 120));
  await clock.advance(1000);
  dispatcher.accept({ kind: 'canceled', id: 'spot-1', reason: 'EC2 has taken the notice back' });
  await clock.advance(0);
  await clock.advance(100);
  assert.deepEqual(outcomes(journal), ['slow canceled', 'next canceled', 'slow told canceled']);
  assert.equal(journal.get('spot-1')?.state, 'canceled');
  assert.deepEqual(dispatcher.pending(), []);
});

test('an event that is taken back and told again goes on at once with those who had not finished', async () => {
  const { dispatcher, clock, journal, calls } = setUp([
    plan({ name: 'quick', priority: 9 }),
    plan({ name: 'slow', priority: 5, takesMs: 5000 }),
    plan({ name: 'next', priority: 1 }),
  ]);
  dispatcher.accept(notice(clock, 120));
  await clock.advance(1000);
  const off = { stage: 'canceled' as const, reason: 'the service lost it' };
  assert.equal(dispatcher.close('spot-1', off), true);
  assert.equal(dispatcher.close('spot-1', off), false);
  // Before the handlers have even ended: it must not end with what was taken back.
  assert.equal(dispatcher.accept(notice(clock, 110)), 'spot-1');
  await clock.advance(20_000);
  assert.equal(journal.get('spot-1')?.state, 'done');
  assert.deepEqual(
    calls.map(({ handler, stage }) => `${handler} ${stage ?? 'notice'}`),
    ['quick notice', 'slow notice', 'slow notice', 'next notice'],
  );
  assert.equal(dispatcher.accept(notice(clock, 90)), null, 'done is done');
});

test('who was told that an event is off is called again when it is on again', async () => {
  const { dispatcher, clock, calls, journal } = setUp([plan({ name: 'saver' })]);
  dispatcher.accept(notice(clock, 120));
  await clock.advance(1000);
  dispatcher.close('spot-1', { stage: 'canceled', reason: 'the service lost it' });
  await clock.advance(1000);
  dispatcher.accept(notice(clock, 110));
  await clock.advance(1000);
  assert.deepEqual(
    calls.map(({ stage }) => stage ?? 'notice'),
    ['notice', 'canceled', 'notice'],
  );
  assert.deepEqual([journal.get('spot-1')?.state, journal.get('spot-1')?.closing], ['done', null]);
  const [off, back, ...others] = journal.get('spot-1')?.remarks ?? [];
  assert.deepEqual([off?.kind, others], ['off', []]);
  assert.ok(back?.kind === 'back');
  assert.equal(Date.parse(back.to ?? '') - Date.parse(back.from ?? ''), -8000, 'its time was another, too');
});

test('who was told that an event is over is called again when it is told again before its time', async () => {
  const { dispatcher, clock, calls, journal } = setUp([plan({ name: 'saver' })]);
  for (const kind of ['notice', 'ended', 'notice', 'ended'] as const) {
    dispatcher.accept(
      kind === 'notice' ? notice(clock, 120) : { kind, id: 'spot-1', reason: 'EC2 does not say it any more' },
    );
    await clock.advance(1000);
  }
  assert.deepEqual(
    calls.map(({ stage }) => stage ?? 'notice'),
    ['notice', 'ended', 'notice', 'ended'],
  );
  await clock.advance(120_000);
  const late = { ...notice(clock, 120), deadline: journal.get('spot-1')?.event.deadline ?? null };
  assert.equal(dispatcher.accept(late), null, 'what is over and past is told late, not again');
});

test('an event that is taken back when all is done is told to those that ran, and to nobody else', async () => {
  const { dispatcher, clock, journal, calls } = setUp(
    [plan({ name: 'saver', priority: 9 }), plan({ name: 'late', priority: 1 })],
    { rule: 'first' },
  );
  dispatcher.accept({ ...notice(clock, 120), data: { action: 'stop' } });
  await clock.advance(1000);
  assert.equal(journal.get('spot-1')?.state, 'done');
  assert.equal(
    dispatcher.accept({ kind: 'canceled', id: 'spot-1', reason: 'EC2 has taken the notice back' }),
    'spot-1',
  );
  await clock.advance(1000);
  assert.deepEqual(outcomes(journal), ['saver handled', 'late skipped', 'saver told canceled']);
  assert.deepEqual([journal.get('spot-1')?.state, calls.length], ['canceled', 2]);
  assert.equal(dispatcher.close('spot-1', { stage: 'canceled', reason: 'twice' }), false);
  assert.equal(dispatcher.close('nothing', { stage: 'canceled', reason: 'unknown' }), false);
});

test('what is over may be finished: who has begun goes on, the rest need not begin, and then they are told', async () => {
  const { dispatcher, clock, journal } = setUp([
    plan({ name: 'cleaner', priority: 9, takesMs: 5000 }),
    plan({ name: 'next', priority: 1 }),
  ]);
  dispatcher.accept(notice(clock, 120));
  await clock.advance(1000);
  dispatcher.accept({ kind: 'ended', id: 'spot-1', reason: 'there is room again', data: { resolved: true } });
  await clock.advance(10_000);
  assert.deepEqual(outcomes(journal), ['cleaner handled', 'next canceled', 'cleaner told ended']);
  assert.equal(journal.get('spot-1')?.state, 'ended');
});

test('a daemon that ends before all are told that an event is off tells the rest at its next start', async () => {
  const plans = [plan({ name: 'a', priority: 9 }), plan({ name: 'b', priority: 1, whenTold: 'hangs' })];
  const first = setUp(plans);
  first.dispatcher.accept(notice(first.clock, 120));
  await first.clock.advance(1000);
  first.dispatcher.close('spot-1', { stage: 'canceled', reason: 'off' });
  await first.clock.advance(1000);
  await first.dispatcher.stop();
  assert.deepEqual(outcomes(first.journal), ['a handled', 'b handled', 'a told canceled']);
  const { clock, journal } = first;
  const second = setUp([plan({ name: 'a', priority: 9 }), plan({ name: 'b', priority: 1 })], { clock, journal });
  await clock.advance(600_000);
  second.dispatcher.resume();
  await clock.advance(1000);
  assert.deepEqual(
    second.calls.map(({ handler, stage }) => [handler, stage]),
    [['b', 'canceled']],
  );
  assert.equal(journal.get('spot-1')?.state, 'canceled');
});

test('the later stage of an incident frees who can do both, and leaves at work who only knows the earlier one', async () => {
  const { dispatcher, clock, journal } = setUp(
    [
      plan({ name: 'both', priority: 9, behaviour: 'hangs', timeoutMs: 600_000 }),
      plan({ name: 'saver', priority: 9, takesMs: 60_000, timeoutMs: 600_000 }),
      plan({ name: 'waits', priority: 1 }),
    ],
    { only: { saver: 'cloud.instance.rebalance' } },
  );
  const rebalance = {
    ...notice(clock, null, 'rebalance-1'),
    type: 'cloud.instance.rebalance',
    data: { incident: 'spot:i-1' },
  };
  dispatcher.accept(rebalance);
  await clock.advance(1000);
  dispatcher.accept({ ...notice(clock, 120), data: { incident: 'spot:i-1' } });
  await clock.advance(60_000);
  assert.deepEqual(outcomes(journal, 'rebalance-1'), ['both canceled', 'saver handled', 'waits canceled']);
  assert.equal(journal.get('rebalance-1')?.outcomes[0]?.message, `${SPOT} has come`);
  assert.equal(journal.get('rebalance-1')?.state, 'done');
  assert.deepEqual(
    journal.ofIncident('spot:i-1').map(({ event }) => event.id),
    ['rebalance-1', 'spot-1'],
  );
  await dispatcher.stop();
});

test('what lies far ahead is announced, dispatched at its time, and survives a restart in between', async () => {
  const MAINTENANCE = 'cloud.instance.maintenance';
  const first = setUp([plan({ name: 'drain' })], { types: { [MAINTENANCE]: { lead_minutes: 30 } } });
  const { clock, journal } = first;
  const weeks = 14 * 86_400;
  first.dispatcher.accept({ ...notice(clock, weeks, 'm1'), type: MAINTENANCE });
  await clock.advance(86_400_000);
  assert.deepEqual([journal.get('m1')?.state, first.calls.length], ['announced', 0]);
  assert.equal(first.dispatcher.pending()[0]?.state, 'announced');
  const [pending] = first.dispatcher.pending();
  assert.equal(Date.parse(pending?.event.deadline ?? '') - Date.parse(pending?.dueAt ?? ''), 30 * 60_000);
  await first.dispatcher.stop();
  assert.equal(clock.waiting(), 0);
  const second = setUp([plan({ name: 'drain' })], { clock, journal, types: { [MAINTENANCE]: { lead_minutes: 30 } } });
  second.dispatcher.resume();
  await clock.advance((weeks - 86_400 - 1801) * 1000);
  assert.equal(second.calls.length, 0);
  await clock.advance(1000);
  assert.equal(second.calls.length, 1);
  await clock.advance(1000);
  assert.equal(journal.get('m1')?.state, 'done');
});

test('a rehearsal of what lies far ahead waits for nothing', async () => {
  const { dispatcher, clock, calls, journal } = setUp([plan({ name: 'drain' })]);
  const played = { type: 'cloud.instance.maintenance', data: { rehearsal: true } };
  dispatcher.accept({ ...notice(clock, 1800, 'm1'), ...played });
  await clock.advance(1000);
  assert.deepEqual([calls.length, journal.get('m1')?.state], [1, 'done']);
});

test('what is announced comes at its time though the wall clock is set right by an hour', async () => {
  const { dispatcher, clock, calls } = setUp([plan({ name: 'drain' })]);
  dispatcher.accept({ ...notice(clock, 90 * 60, 'm1'), type: 'cloud.instance.maintenance' });
  await clock.advance(1000);
  clock.jumpWall(3_600_000);
  await clock.advance(14 * 60_000);
  assert.equal(calls.length, 0);
  await clock.advance(3 * 60_000);
  assert.equal(calls.length, 1);
});

test('what is announced can be taken back, or moved near', async () => {
  const MAINTENANCE = 'cloud.instance.maintenance';
  const { dispatcher, clock, journal, calls } = setUp([plan({ name: 'drain' })]);
  for (const id of ['off', 'near']) dispatcher.accept({ ...notice(clock, 86_400, id), type: MAINTENANCE });
  await clock.advance(1000);
  dispatcher.accept({ kind: 'canceled', id: 'off', reason: 'EC2 has canceled it' });
  dispatcher.accept({ ...notice(clock, 600, 'near'), type: MAINTENANCE });
  await clock.advance(1000);
  assert.deepEqual(outcomes(journal, 'off'), ['drain canceled']);
  assert.equal(journal.get('off')?.state, 'canceled');
  assert.deepEqual(
    calls.map(({ eventId }) => eventId),
    ['near'],
  );
});

test('an event that somebody acknowledges is dealt with: nobody begins any more, and nobody is told', async () => {
  const { dispatcher, clock, journal, history } = setUp([
    plan({ name: 'slow', priority: 9, behaviour: 'hangs' }),
    plan({ name: 'next', priority: 1 }),
  ]);
  dispatcher.accept(notice(clock, 120));
  await clock.advance(1000);
  assert.equal(dispatcher.acknowledge('spot-1', 'user alice'), true);
  assert.equal(dispatcher.acknowledge('spot-1', 'user alice'), false);
  await clock.advance(1000);
  assert.deepEqual(outcomes(journal), ['slow canceled', 'next canceled']);
  assert.equal(journal.get('spot-1')?.state, 'done');
  assert.deepEqual(
    journal.get('spot-1')?.remarks.map(({ at: _, ...remark }) => remark),
    [{ kind: 'acknowledged', who: 'user alice' }],
  );
  assert.ok(history.some(({ cause, summary }) => cause === 'user alice' && /was acknowledged/.test(summary)));
});

test('what a person has taken back stays so however often its source tells it, until it names another time', async () => {
  const { dispatcher, clock, calls, journal } = setUp([plan({ name: 'saver', takesMs: 5000 })]);
  dispatcher.accept(notice(clock, 120));
  await clock.advance(1000);
  dispatcher.close('spot-1', { stage: 'canceled', reason: 'a mistake', by: 'user' });
  // While its handlers are told, and after that.
  assert.equal(dispatcher.accept(notice(clock, 119)), null);
  await clock.advance(10_000);
  assert.equal(dispatcher.accept(notice(clock, 109)), null);
  // Another source works the same time out, some seconds off.
  const elsewhere = { ...notice(clock, 107), source: 'queue', saidMs: clock.wallMs() + 3000 };
  assert.equal(dispatcher.accept(elsewhere), null);
  assert.equal(journal.get('spot-1')?.state, 'canceled');
  assert.equal(dispatcher.accept(notice(clock, 600)), 'spot-1');
  await clock.advance(10_000);
  assert.deepEqual(
    calls.map(({ stage }) => stage ?? 'notice'),
    ['notice', 'canceled', 'notice'],
  );
});

test('another time than the one that a person has taken back comes through, whatever the clocks of host and queue say', async () => {
  const { dispatcher, clock } = setUp([plan({ name: 'saver' })]);
  dispatcher.accept(notice(clock, 120));
  await clock.advance(1000);
  dispatcher.close('spot-1', { stage: 'canceled', reason: 'canceled by root', by: 'user' });
  await clock.advance(1000);
  const behind = { source: 'queue', saidMs: clock.wallMs() - 600_000 };
  assert.equal(dispatcher.accept({ ...notice(clock, 110), ...behind }), null);
  assert.equal(dispatcher.accept({ ...notice(clock, 600), ...behind }), 'spot-1');
});

test('what was said before an event was taken back does not bring it back, however late it comes, and what is said later does', async () => {
  const { dispatcher, clock, calls, journal } = setUp([plan({ name: 'saver' })]);
  const said = (agoMs: number) => ({ ...notice(clock, 120), source: 'queue', saidMs: clock.wallMs() - agoMs });
  for (const again of [said(-3000), notice(clock, 125)]) {
    dispatcher.accept(notice(clock, 120));
    await clock.advance(1000);
    dispatcher.close('spot-1', { stage: 'canceled', reason: 'EC2 has taken the notice back' });
    // While its handlers are told, and after that.
    assert.equal(dispatcher.accept(said(0)), null);
    await clock.advance(2000);
    assert.equal(dispatcher.accept(said(2000)), null);
    const { state, event, remarks } = journal.get('spot-1') ?? assert.fail('no event');
    assert.deepEqual([state, event.source, remarks.at(-1)?.kind], ['canceled', 'test', 'off']);
    assert.equal(dispatcher.accept(again), 'spot-1');
    await clock.advance(1000);
    assert.equal(journal.get('spot-1')?.state, 'done');
    dispatcher.close('spot-1', { stage: 'canceled', reason: 'off' });
    await clock.advance(1000);
  }
  const round = ['notice', 'canceled', 'notice', 'canceled'];
  assert.deepEqual(
    calls.map(({ stage }) => stage ?? 'notice'),
    [...round, ...round],
  );
});
