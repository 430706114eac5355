import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import type { EventRecord, HandlerOutcome } from '../../src/events/event.ts';
import { LEAST_SHARE_MS, reserveOf } from '../../src/events/plan.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { createMemoryJournal } from '../support/memory-journal.ts';
import { type Behaviour, type Call, notice, type Plan, RESERVE_MS, setUp } from './world.ts';

type Step = {
  afterMs: number;
  what: 'restart' | 'killed' | 'canceled' | 'ended' | 'notice';
  seconds: number;
  jumpMs: number;
};
/** From when, and from which call on, which deadline was in force; in milliseconds since boot. */
type InForce = { fromMs: number; fromCall: number; endMs: number };

const plans: fc.Arbitrary<Plan[]> = fc
  .array(
    fc.record({
      name: fc.constant(''),
      priority: fc.integer({ min: 0, max: 4 }),
      mode: fc.constantFrom('handle' as const, 'handle' as const, 'observe' as const),
      timeoutMs: fc.integer({ min: 10, max: 200_000 }),
      takesMs: fc.integer({ min: 0, max: 100_000 }),
      concurrent: fc.boolean(),
      behaviour: fc.constantFrom<Behaviour>('handles', 'handles', 'declines', 'fails', 'hangs', 'throws'),
      whenTold: fc.constantFrom<Behaviour>('handles', 'handles', 'declines', 'fails', 'hangs', 'throws'),
    }),
    { maxLength: 7 },
  )
  .map((some) => some.map((one, index) => ({ ...one, name: `h${index}` })));

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.record({
    afterMs: fc.integer({ min: 0, max: 60_000 }),
    what: fc.constantFrom(
      'restart' as const,
      'killed' as const,
      'killed' as const,
      'canceled' as const,
      'ended' as const,
      'notice' as const,
      'notice' as const,
    ),
    seconds: fc.integer({ min: 1, max: 300 }),
    /** By how much the wall clock jumps while no daemon runs. */
    jumpMs: fc.constantFrom(0, 0, 3_600_000, -3_600_000),
  }),
  { maxLength: 6 },
);
const rules = fc.constantFrom('all' as const, 'first' as const);

const answered = ({ status, stage }: HandlerOutcome) =>
  stage === undefined && status !== 'canceled' && status !== 'skipped';
/** What a handler did since it was last told that the event is off or over. */
const sinceTold = <T extends { handler: string; stage?: unknown }>(
  done: readonly T[],
  name: string,
  wasTold: (one: T) => boolean = ({ stage }) => stage !== undefined,
): T[] => {
  const its = done.filter(({ handler }) => handler === name);
  return its.slice(its.findLastIndex(wasTold) + 1);
};
const endOf = (call: Call) => call.endedMs ?? call.cutMs ?? call.startedMs;

test('model: restarted, taken back, told again and moved at any time, no event is lost and no rule broken', async () => {
  await fc.assert(
    fc.asyncProperty(
      plans,
      steps,
      rules,
      fc.integer({ min: 1, max: 300 }),
      async (given, todo, dispatchRule, seconds) => {
        let clock = createFakeClock();
        const journal = createMemoryJournal(() => clock);
        const world = setUp(given, { rule: dispatchRule, journal, clock });
        const { calls } = world;
        let { dispatcher } = world;
        const killedMs: number[] = [];
        const inForce: InForce[] = [];
        let callsWhenDone: number | undefined;
        const tellOf = (inSeconds: number) => {
          const fromMs = clock.bootMs();
          const fromCall = calls.length;
          if (dispatcher.accept(notice(clock, inSeconds)) === null) return;
          inForce.push({
            fromMs,
            fromCall,
            endMs: fromMs + inSeconds * 1000,
          });
        };
        tellOf(seconds);
        for (const { afterMs, what, seconds: inSeconds, jumpMs } of todo) {
          await clock.advance(afterMs);
          if (journal.get('spot-1')?.state === 'done') callsWhenDone ??= calls.length;
          if (what === 'canceled' || what === 'ended') {
            if (dispatcher.close('spot-1', { stage: what, reason: 'off' })) callsWhenDone = undefined;
          } else if (what === 'notice') tellOf(inSeconds);
          else {
            if (what === 'restart') await dispatcher.stop();
            else {
              killedMs.push(clock.bootMs());
              const awayMs = inSeconds * 1000;
              // That of the killed one stands still: nothing of it goes on.
              clock = createFakeClock(clock.wallMs() + awayMs + jumpMs, clock.bootMs() + awayMs);
            }
            ({ dispatcher } = setUp(given, { rule: dispatchRule, journal, clock, calls }));
            dispatcher.resume();
          }
        }
        await clock.advance(3_600_000);
        assert.equal(clock.waiting(), 0, 'no timer is left');
        assert.deepEqual(dispatcher.pending(), []);
        const record = journal.get('spot-1');
        assert.ok(record !== undefined);
        checkOutcomes(record, given);
        checkCalls(calls, inForce, { given, rule: dispatchRule, killedMs });
        if (record.state === 'canceled' || record.state === 'ended') checkTold(calls, killedMs);
        if (callsWhenDone !== undefined) assert.equal(calls.length, callsWhenDone, 'nobody is called after the end');
      },
    ),
    { numRuns: 300 },
  );
});

test('model: left alone, every handler is called in time and gets its share', async () => {
  await fc.assert(
    fc.asyncProperty(plans, fc.integer({ min: 10, max: 300 }), async (given, seconds) => {
      const { dispatcher, clock, journal, calls } = setUp(given, { rule: 'all' });
      const leftMs = seconds * 1000 - RESERVE_MS;
      const fairMs = leftMs / Math.max(1, new Set(given.map(({ priority }) => priority)).size);
      dispatcher.accept(notice(clock, seconds));
      await clock.advance(3_600_000);
      assert.equal(journal.get('spot-1')?.state, 'done');
      assert.deepEqual(calls.map(({ handler }) => handler).sort(), given.map(({ name }) => name).sort());
      for (const { handler, startedMs, cutMs } of calls) {
        const timeoutMs = given.find(({ name }) => name === handler)?.timeoutMs ?? Number.NaN;
        if (cutMs !== undefined)
          assert.ok(cutMs - startedMs >= Math.min(fairMs, timeoutMs) - 1, `${handler} got ${cutMs - startedMs} ms`);
      }
    }),
    { numRuns: 200 },
  );
});

test('model: however little time there is, the highest begin, and no other with less than is of use', async () => {
  await fc.assert(
    fc.asyncProperty(plans, fc.integer({ min: 10, max: 10_000 }), async (given, afterMs) => {
      const few = given.map((one) => ({ ...one, timeoutMs: Math.ceil(one.timeoutMs / 20) }));
      const { dispatcher, clock, journal, calls } = setUp(few, { rule: 'all' });
      const endMs = clock.bootMs() + afterMs - reserveOf(afterMs, RESERVE_MS);
      dispatcher.accept(notice(clock, afterMs / 1000));
      await clock.advance(3_600_000);
      assert.equal(journal.get('spot-1')?.state, 'done');
      const highest = Math.max(...few.map(({ priority }) => priority));
      for (const { name, priority } of few) {
        const call = calls.find(({ handler }) => handler === name);
        if (priority === highest) assert.ok(call, `${name} has begun`);
        else if (call !== undefined) {
          const timeoutsMs = few.filter((other) => other.priority === priority).map(({ timeoutMs }) => timeoutMs);
          const leastMs = Math.min(LEAST_SHARE_MS, Math.max(...timeoutsMs) * 0.9);
          assert.ok(endMs - call.startedMs >= leastMs, `${name} had ${endMs - call.startedMs} of ${leastMs} ms left`);
        }
      }
    }),
    { numRuns: 200 },
  );
});

function checkOutcomes({ state, outcomes }: EventRecord, given: readonly Plan[]): void {
  assert.ok(['done', 'canceled', 'ended', 'overdue'].includes(state), `the event ends, not ${state}`);
  for (const { name } of given) {
    const since = sinceTold(outcomes, name, ({ stage, startedAt }) => stage !== undefined && startedAt !== null);
    assert.ok(since.filter(answered).length <= 1, `${name} does not answer twice`);
    const last = outcomes.findLast(({ handler, stage }) => handler === name && stage === undefined);
    if (state === 'done') assert.ok(last !== undefined && last.status !== 'canceled', `${name} has an outcome`);
    if (state === 'canceled' || state === 'ended')
      assert.ok(!since.some(({ startedAt }) => startedAt !== null), `${name} is told that the event is off`);
  }
}

/** Who has begun is told that the event is off or over, whatever became of it. */
function checkTold(calls: readonly Call[], killedMs: readonly number[]): void {
  for (const [number, { handler, stage, startedMs }] of calls.entries()) {
    if (stage !== undefined || isUnwritten(startedMs, killedMs)) continue;
    const later = calls.slice(number).filter((other) => other.handler === handler && other.stage !== undefined);
    assert.ok(later.length > 0, `${handler} began, and is told`);
  }
}

/** What happened this short before a kill may not be on disk. */
function isUnwritten(atMs: number, killedMs: readonly number[]): boolean {
  return killedMs.some((killed) => atMs <= killed && killed - atMs <= 5);
}

function checkCalls(
  calls: readonly Call[],
  inForce: readonly InForce[],
  { given, rule, killedMs }: { given: readonly Plan[]; rule: 'all' | 'first'; killedMs: readonly number[] },
): void {
  const priorityOf = (name: string) => given.find((one) => one.name === name)?.priority ?? Number.NaN;
  for (const [number, call] of calls.entries()) {
    if (call.stage !== undefined) continue;
    for (const [index, { fromMs, fromCall, endMs }] of inForce.entries()) {
      const next = inForce[index + 1];
      const untilMs = next?.fromMs ?? Number.POSITIVE_INFINITY;
      if (number >= fromCall && number < (next?.fromCall ?? calls.length))
        assert.ok(call.startedMs < endMs, 'none starts too late');
      if (endOf(call) > fromMs && call.startedMs < untilMs)
        assert.ok(Math.min(endOf(call), untilMs) <= Math.max(endMs, fromMs) + 1, 'none runs past the deadline');
    }
    const finished = sinceTold(calls.slice(0, number), call.handler).filter(
      ({ endedMs }) => endedMs !== undefined && !isUnwritten(endedMs, killedMs),
    );
    assert.deepEqual(finished, [], `${call.handler} is not called again after it has finished`);
    const overtaken = calls.filter(
      (other) =>
        other.stage === undefined &&
        priorityOf(other.handler) > priorityOf(call.handler) &&
        !calls.some(({ handler, startedMs }) => handler === other.handler && startedMs <= call.startedMs) &&
        // Who was skipped because another had handled it is called when that one was told that it is off, and it is on again.
        !(rule === 'first' && calls.slice(number, calls.indexOf(other)).some(({ stage }) => stage !== undefined)),
    );
    assert.deepEqual(overtaken, [], 'a higher priority never begins after a lower one');
  }
}
