import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rfc3339 } from '../../src/clock.ts';
import { notice, outcomes, plan, RESERVE_MS, setUp } from './world.ts';

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
  assert.equal(dispatcher.pending()[0]?.endsAt, rfc3339(clock.wallMs() + 119_000 - RESERVE_MS));
  await clock.advance(70_000);
  assert.deepEqual(outcomes(journal), ['saver handled']);
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

test('a notice without a deadline has the catalog’s, counted from the first time it was seen', async () => {
  const { dispatcher, clock, journal } = setUp([plan({ name: 'stuck', behaviour: 'hangs', timeoutMs: 600_000 })]);
  const deadline = rfc3339(clock.wallMs() + 120_000);
  for (let poll = 0; poll < 10; poll++) {
    dispatcher.accept(notice(clock, null));
    await clock.advance(5000);
  }
  assert.equal(journal.get('spot-1')?.event.deadline, deadline);
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
