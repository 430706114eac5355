import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { rfc3339 } from '../../src/clock.ts';
import { createDispatcher, type Dispatcher } from '../../src/events/dispatcher.ts';
import type { Handler, Notice, SnoozeEvent } from '../../src/events/event.ts';
import type { Journal } from '../../src/store/store.ts';
import { createFakeClock, type FakeClock } from '../support/fake-clock.ts';
import { createMemoryJournal } from '../support/memory-journal.ts';

type Behaviour = 'handles' | 'declines' | 'fails' | 'hangs';
type Plan = {
  name: string;
  priority: number;
  mode: 'handle' | 'observe';
  timeoutMs: number;
  takesMs: number;
  behaviour: Behaviour;
};
/** One call of a handler: when it began and, unless it hung or was cut short, ended. */
type Call = { handler: string; eventId: string; startedMs: number; endedMs: number | undefined };

const SPOT = 'cloud.spot.interrupt';
const plan = (given: Partial<Plan> & { name: string }): Plan => ({
  priority: 50,
  mode: 'handle',
  timeoutMs: 30_000,
  takesMs: 100,
  behaviour: 'handles',
  ...given,
});

/** A dispatcher over planned handlers and a journal that survives it. */
function setUp(
  plans: readonly Plan[],
  {
    rule,
    journal = createMemoryJournal(),
    clock = createFakeClock(),
    calls = [] as Call[],
  }: { rule?: 'all' | 'first'; journal?: Journal; clock?: FakeClock; calls?: Call[] } = {},
) {
  const handlerOf = ({ name, priority, mode, timeoutMs, takesMs, behaviour }: Plan): Handler => ({
    name,
    priority,
    mode,
    timeoutMs,
    handle: (event, _budgetMs, signal) =>
      new Promise((resolve, reject) => {
        const call: Call = { handler: name, eventId: event.id, startedMs: clock.bootMs(), endedMs: undefined };
        calls.push(call);
        signal.addEventListener('abort', () => reject(new Error('cancelled')));
        if (behaviour === 'hangs') return;
        const cancel = clock.after(takesMs, () => {
          call.endedMs = clock.bootMs();
          if (behaviour === 'fails') reject(new Error('no disk'));
          else resolve({ handled: behaviour === 'handles', result: name });
        });
        signal.addEventListener('abort', cancel);
      }),
  });
  const silent = () => {};
  const warnings: string[] = [];
  const dispatcher: Dispatcher = createDispatcher({
    journal,
    history: { add: silent, list: () => [] },
    handlers: () => plans.map(handlerOf),
    config: () => ({
      enabled: true,
      spot_poll_seconds: 5,
      reserve_seconds: 2,
      types: rule ? { [SPOT]: { dispatch: rule } } : {},
    }),
    clock,
    log: {
      debug: silent,
      info: silent,
      warn: (_, message) => void warnings.push(message),
      error: (_, message) => void warnings.push(message),
    },
    onChange: silent,
  });
  return { dispatcher, journal, clock, calls, warnings };
}

const notice = (clock: FakeClock, seconds: number | null, id = 'spot-1'): Extract<Notice, { kind: 'notice' }> => ({
  kind: 'notice',
  id,
  type: SPOT,
  source: 'test',
  deadline: seconds === null ? null : rfc3339(clock.wallMs() + seconds * 1000),
  data: {},
});

const outcomes = (journal: Journal, id = 'spot-1') =>
  journal.get(id)?.outcomes.map(({ handler, status }) => `${handler} ${status}`);

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

test('an event that is taken back cancels the running handler and skips the rest', async () => {
  const { dispatcher, clock, journal } = setUp([
    plan({ name: 'slow', priority: 9, behaviour: 'hangs' }),
    plan({ name: 'next', priority: 1 }),
  ]);
  dispatcher.accept(notice(clock, 120));
  await clock.advance(1000);
  dispatcher.accept({ kind: 'canceled', id: 'spot-1', reason: 'EC2 has taken the notice back' });
  await clock.advance(0);
  assert.deepEqual(outcomes(journal), ['slow canceled', 'next canceled']);
  assert.equal(journal.get('spot-1')?.state, 'canceled');
  assert.deepEqual(dispatcher.pending(), []);
});

test('a deadline survives a wall clock that jumps an hour', async () => {
  const { dispatcher, clock, journal } = setUp([plan({ name: 'saver', takesMs: 60_000, timeoutMs: 90_000 })]);
  dispatcher.accept(notice(clock, 120));
  await clock.advance(1000);
  clock.jumpWall(3_600_000);
  await clock.advance(70_000);
  assert.deepEqual(outcomes(journal), ['saver handled']);
});

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

test('an event of one’s own needs a known type; a wrong one is told with the nearest', () => {
  const { dispatcher } = setUp([]);
  assert.throws(
    () => dispatcher.send({ type: 'cloud.spot.interupt', source: 'user', data: {} }),
    (error: Error & { hint?: string }) =>
      /no event type/.test(error.message) && error.hint === 'did you mean cloud.spot.interrupt?',
  );
  assert.throws(
    () => dispatcher.send({ type: 'custom', source: 'user', data: { text: 'x'.repeat(70_000) } }),
    /at most 65536 are possible/,
  );
});

const planArbitrary: fc.Arbitrary<Plan> = fc.record({
  name: fc.constant(''),
  priority: fc.integer({ min: 0, max: 4 }),
  mode: fc.constantFrom('handle' as const, 'handle' as const, 'observe' as const),
  timeoutMs: fc.integer({ min: 10, max: 200_000 }),
  takesMs: fc.integer({ min: 0, max: 100_000 }),
  behaviour: fc.constantFrom<Behaviour>('handles', 'handles', 'declines', 'fails', 'hangs'),
});
const worldArbitrary = fc.record({
  plans: fc
    .array(planArbitrary, { maxLength: 7 })
    .map((plans) => plans.map((one, index) => ({ ...one, name: `h${index}` }))),
  rule: fc.constantFrom('all' as const, 'first' as const),
  deadlineSeconds: fc.option(fc.integer({ min: 1, max: 300 })),
  restartAfterMs: fc.option(fc.integer({ min: 0, max: 150_000 })),
  cancelAfterMs: fc.option(fc.integer({ min: 0, max: 150_000 }), { freq: 4 }),
});

test('model: no event is lost, order is kept, nothing starts after the deadline or after the end', async () => {
  await fc.assert(
    fc.asyncProperty(worldArbitrary, async ({ plans, rule, deadlineSeconds, restartAfterMs, cancelAfterMs }) => {
      const world = setUp(plans, { rule });
      const { clock, journal, calls } = world;
      let { dispatcher } = world;
      const startMs = clock.bootMs();
      const event = notice(clock, deadlineSeconds);
      dispatcher.accept(event);
      const moments = [
        ...(restartAfterMs === null ? [] : [{ atMs: restartAfterMs, what: 'restart' as const }]),
        ...(cancelAfterMs === null ? [] : [{ atMs: cancelAfterMs, what: 'cancel' as const }]),
      ].sort((a, b) => a.atMs - b.atMs);
      for (const { atMs, what } of moments) {
        await clock.advance(startMs + atMs - clock.bootMs());
        if (what === 'cancel') dispatcher.accept({ kind: 'canceled', id: event.id, reason: 'off' });
        else {
          await dispatcher.stop();
          ({ dispatcher } = setUp(plans, { rule, journal, clock, calls }));
          dispatcher.resume();
        }
      }
      await clock.advance(3_600_000);
      checkWorld({ plans, journal, calls, event, startMs });
      assert.equal(clock.waiting(), 0);
    }),
    { numRuns: 150 },
  );
});

type World = {
  plans: readonly Plan[];
  journal: Journal;
  calls: readonly Call[];
  event: { id: string; deadline: string | null };
  startMs: number;
};

function checkWorld({ plans, journal, calls, event, startMs }: World): void {
  const record = journal.get(event.id);
  assert.ok(
    record !== undefined && ['done', 'canceled', 'overdue'].includes(record.state),
    `the event ends, not ${record?.state}`,
  );
  const named = record.outcomes.map(({ handler }) => handler);
  assert.equal(new Set(named).size, named.length, 'each handler has one outcome');
  if (record.state === 'done') assert.equal(named.length, plans.length, 'each handler has an outcome');
  const deadline: SnoozeEvent['deadline'] = record.event.deadline;
  const leftMs = deadline === null ? Number.POSITIVE_INFINITY : Date.parse(deadline) - Date.UTC(2026, 0, 1) - 2000;
  for (const call of calls) assert.ok(call.startedMs - startMs < Math.max(leftMs, 1), 'none starts after the deadline');
  const finished = calls.filter(({ endedMs }) => endedMs !== undefined);
  for (const { handler } of finished) {
    assert.equal(
      finished.filter((other) => other.handler === handler).length,
      1,
      `${handler} is not called again after it has finished`,
    );
  }
  const priorityOf = (name: string) => plans.find((one) => one.name === name)?.priority ?? Number.NaN;
  for (const call of calls) {
    const earlier = calls.filter(
      (other) => other.startedMs > call.startedMs && priorityOf(other.handler) > priorityOf(call.handler),
    );
    assert.deepEqual(
      earlier.filter(
        ({ handler }) => !calls.some((other) => other.handler === handler && other.startedMs <= call.startedMs),
      ),
      [],
      'a higher priority never begins after a lower one',
    );
  }
}
