import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Journal } from '../../src/store/store.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { createMemoryJournal } from '../support/memory-journal.ts';
import { notice, outcomes, plan, RESERVE_MS, SPOT, setUp } from './world.ts';

test('a restart goes on with those that have not finished, unless the deadline has passed', async () => {
  const plans = [
    plan({ name: 'quick', priority: 9 }),
    plan({ name: 'stuck', priority: 5, behaviour: 'hangs', timeoutMs: 3_600_000 }),
  ];
  const first = setUp(plans);
  first.dispatcher.accept(notice(first.clock, 600, 'soon'));
  first.dispatcher.accept(notice(first.clock, 60, 'past'));
  await first.clock.advance(1000);
  await first.dispatcher.stop();
  assert.deepEqual(outcomes(first.journal, 'soon'), ['quick handled']);

  await first.clock.advance(100_000);
  const second = setUp([plan({ name: 'quick', priority: 9 }), plan({ name: 'stuck', priority: 5 })], {
    journal: first.journal,
    clock: first.clock,
  });
  second.dispatcher.resume();
  await second.clock.advance(1000);
  assert.deepEqual(
    second.calls.map(({ handler, eventId }) => [handler, eventId]),
    [['stuck', 'soon']],
  );
  assert.equal(first.journal.get('soon')?.state, 'done');
  assert.equal(first.journal.get('past')?.state, 'overdue');
});

for (const jumpMs of [3_600_000, -3_600_000]) {
  test(`a wall clock that jumps by ${jumpMs / 60_000} minutes while no daemon runs moves no deadline`, async () => {
    let clock = createFakeClock();
    const journal = createMemoryJournal(() => clock);
    const plans = [
      plan({ name: 'quick', priority: 9, takesMs: 10_000 }),
      plan({ name: 'stuck', priority: 1, behaviour: 'hangs', timeoutMs: 36_000_000 }),
    ];
    const first = setUp(plans, { journal, clock });
    first.dispatcher.accept(notice(clock, 90, 'soon'));
    first.dispatcher.accept(notice(clock, 20, 'past'));
    const deadlineBootMs = clock.bootMs() + 90_000;
    await clock.advance(5_000);
    clock = createFakeClock(clock.wallMs() + 30_000 + jumpMs, clock.bootMs() + 30_000);
    const { dispatcher, calls } = setUp(plans, { journal, clock });
    dispatcher.resume();
    await clock.advance(36_000_000);
    assert.deepEqual(
      calls.map(({ handler, eventId, cutMs }) => [handler, eventId, cutMs]),
      [
        ['quick', 'soon', undefined],
        ['stuck', 'soon', deadlineBootMs - RESERVE_MS],
      ],
    );
    assert.equal(journal.get('past')?.state, 'overdue');
  });
}

for (const wrongMs of [3_600_000, -3_600_000]) {
  test(`a notice told while the wall clock was wrong by ${wrongMs / 60_000} minutes has its time where the next run has it right`, async () => {
    const right = createFakeClock();
    let clock = createFakeClock(right.wallMs() + wrongMs, right.bootMs());
    const journal = createMemoryJournal(() => clock);
    const plans = [plan({ name: 'stuck', behaviour: 'hangs', timeoutMs: 36_000_000 })];
    setUp(plans, { journal, clock }).dispatcher.accept(notice(clock, 120 - wrongMs / 1000, 'soon'));
    await clock.advance(30_000);
    await right.advance(30_000);
    clock = right;
    const { dispatcher, calls } = setUp(plans, { journal, clock });
    dispatcher.resume();
    const deadlineBootMs = clock.bootMs() + 90_000;
    await clock.advance(36_000_000);
    assert.deepEqual(
      calls.map(({ cutMs }) => cutMs),
      [deadlineBootMs - RESERVE_MS],
    );
  });
}

test('what the cloud said without a time in an earlier boot is off in this one, until it says so again', async () => {
  const journal = createMemoryJournal();
  const said = { ...notice(createFakeClock(), null, 'warmed'), type: 'cloud.autoscaling.scale' };
  const plans = [plan({ name: 'drain', priority: 9 }), plan({ name: 'last', priority: 1, takesMs: 3_600_000 })];
  const first = setUp(plans, { journal });
  first.dispatcher.accept(said);
  await first.clock.advance(1000);
  await first.dispatcher.stop();
  assert.deepEqual(outcomes(journal, 'warmed'), ['drain handled']);

  const bootedMs = 60_000;
  const second = setUp(plans, { journal, clock: createFakeClock(first.clock.wallMs() + 2 * bootedMs, bootedMs) });
  second.dispatcher.resume();
  await second.clock.advance(1000);
  assert.deepEqual(outcomes(journal, 'warmed'), ['drain handled', 'last canceled', 'drain told canceled']);
  assert.equal(journal.get('warmed')?.closing?.reason, 'this host was booted since');
  second.dispatcher.accept({ ...said, saidMs: first.clock.wallMs() }); // a queue has kept it
  await second.clock.advance(1000);
  assert.deepEqual(
    second.calls.map(({ handler, stage }) => [handler, stage]),
    [
      ['drain', 'canceled'],
      ['last', 'canceled'],
      ['drain', undefined],
      ['last', undefined],
    ],
  );
});

test('a handler that had begun when the daemon was killed is begun again, or told that the event is off', async () => {
  for (const awayMs of [1000, 100_000]) {
    const plans = [plan({ name: 'drain', takesMs: 20_000 }), plan({ name: 'last', priority: 1 })];
    const first = setUp(plans);
    first.dispatcher.accept(notice(first.clock, 60));
    await first.clock.advance(10);
    const { journal, clock: killed } = first;
    const clock = createFakeClock(killed.wallMs() + awayMs, killed.bootMs() + awayMs);
    const { dispatcher, calls } = setUp(plans, { journal, clock });
    dispatcher.resume();
    await clock.advance(1000);
    const isLate = awayMs > 60_000;
    const lost = journal.get('spot-1')?.outcomes[0];
    assert.equal(lost?.message, 'snoozed ended while it was at work; its answer is not known');
    assert.equal(lost.startedAt, journal.get('spot-1')?.seenAt);
    assert.deepEqual(
      journal.get('spot-1')?.remarks.map(({ kind }) => kind),
      isLate ? [] : ['resumed'],
    );
    dispatcher.close('spot-1', { stage: 'canceled', reason: 'off' });
    assert.equal(dispatcher.find('spot-1')?.endedAt, null, 'it goes on until all are told');
    await clock.advance(100_000);
    assert.deepEqual(
      calls.map(({ handler, stage }) => [handler, stage]),
      [...(isLate ? [] : [['drain', undefined]]), ['drain', 'canceled']],
    );
    assert.equal(journal.get('spot-1')?.state, 'canceled');
    assert.deepEqual(journal.get('spot-1')?.atWork, []);
  }
});

test('a journal that cannot be written keeps no handler from its work', async () => {
  const broken: Journal = {
    ...createMemoryJournal(),
    add: () => {
      throw new Error('disk full');
    },
    addOutcome: () => {
      throw new Error('disk full');
    },
  };
  const { dispatcher, clock, calls, warnings } = setUp([plan({ name: 'saver' })], { journal: broken });
  dispatcher.accept(notice(clock, 120));
  await clock.advance(1000);
  assert.equal(calls.length, 1);
  assert.ok(warnings.some((line) => line.includes('disk full')));
});

test('a full disk: the event is dispatched once however often it is polled, and written down when there is room', async () => {
  const memory = createMemoryJournal();
  let full = true;
  const withRoom =
    <A extends unknown[], R>(write: (...given: A) => R) =>
    (...given: A): R => {
      if (full) throw new Error('disk full');
      return write(...given);
    };
  const journal: Journal = {
    ...memory,
    add: withRoom(memory.add),
    setState: withRoom(memory.setState),
    addOutcome: withRoom(memory.addOutcome),
  };
  const { dispatcher, clock, calls } = setUp(
    [plan({ name: 'saver' }), plan({ name: 'slow', priority: 1, takesMs: 20_000 })],
    {
      journal,
    },
  );
  for (let poll = 0; poll < 10; poll++) {
    if (poll === 3) full = false;
    dispatcher.accept(notice(clock, 120));
    await clock.advance(5000);
  }
  assert.equal(calls.length, 2);
  assert.deepEqual(outcomes(journal), ['saver handled', 'slow handled']);
  assert.equal(journal.get('spot-1')?.state, 'done');
});

test('a journal that cannot be read at the start is said, and the daemon lives', () => {
  const journal: Journal = {
    ...createMemoryJournal(),
    unfinished: () => {
      throw new Error('malformed');
    },
  };
  const { dispatcher, warnings } = setUp([], { journal });
  dispatcher.resume();
  assert.match(warnings[0] ?? '', /malformed/);
});

/** A journal with one event that an earlier run began. */
function journalWith(type: string, deadline: string | null = null): Journal {
  const journal = createMemoryJournal();
  const timestamp = '2026-01-01T00:00:00.000Z';
  journal.add({ id: 'spot-1', type, source: 'test', timestamp, data: {}, severity: 3, deadline });
  journal.setState('spot-1', 'dispatching');
  return journal;
}

test('an observer that was finished before a restart has not ended the chain', async () => {
  const journal = journalWith(SPOT);
  const ended = { startedAt: 'then', endedAt: 'then', message: null, result: null };
  journal.addOutcome('spot-1', { handler: 'watch', priority: 9, status: 'handled', ...ended });
  const plans = [plan({ name: 'watch', priority: 9, mode: 'observe' }), plan({ name: 'saver', priority: 1 })];
  const { dispatcher, clock } = setUp(plans, { rule: 'first', journal });
  dispatcher.resume();
  await clock.advance(1000);
  assert.deepEqual(outcomes(journal), ['watch handled', 'saver handled']);
});

test('who handled an event before a restart has ended the chain, even if the plugin is gone since', async () => {
  const journal = journalWith(SPOT);
  const ended = { startedAt: 'then', endedAt: 'then', message: null, result: null };
  journal.addOutcome('spot-1', { handler: 'gone', priority: 9, status: 'handled', ...ended });
  const { dispatcher, clock } = setUp([plan({ name: 'saver', priority: 1 })], { rule: 'first', journal });
  dispatcher.resume();
  await clock.advance(1000);
  assert.deepEqual(outcomes(journal), ['gone handled', 'saver skipped']);
});

test('an event of a type that this snoozed does not know is given to every handler', async () => {
  const journal = journalWith('cloud.of.the.future');
  const { dispatcher, clock } = setUp([plan({ name: 'a', priority: 9 }), plan({ name: 'b', priority: 1 })], {
    journal,
  });
  dispatcher.resume();
  await clock.advance(1000);
  assert.deepEqual(outcomes(journal), ['a handled', 'b handled']);
});

test('an event that a stopped dispatcher is given is refused, one that is sent is kept for the next start', async () => {
  const first = setUp([plan({ name: 'a' })]);
  await first.dispatcher.stop();
  assert.equal(first.dispatcher.accept(notice(first.clock, 120)), null);
  const { id } = await first.dispatcher.send({ type: 'custom', source: 'user', data: {} });
  assert.equal(first.calls.length, 0);
  const clock = createFakeClock();
  const second = setUp([plan({ name: 'a' })], { journal: first.journal, clock });
  second.dispatcher.resume();
  second.dispatcher.resume();
  await clock.advance(1000);
  assert.deepEqual(outcomes(first.journal, id), ['a handled']);
});
