import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import {
  backoffOf,
  createTrackerState,
  nextStepBootMs,
  snoozeAborted,
  snoozeAtBootMs,
  snoozeFailed,
  snoozeVetoed,
  step,
  type TrackerState,
} from '../../src/idle/tracker.ts';
import { inhibition, type Step, worldArbitrary } from './model.ts';

const MINUTE = 60_000;
const settings = { naptimeMs: 30 * MINUTE, warningMs: 2 * MINUTE, intervalMs: MINUTE };

/** Idle rounds, one a minute from minute 1 on; gives the state after the last. */
function idleFor(minutes: number, start: TrackerState = createTrackerState()): TrackerState {
  let state = start;
  for (let minute = 1; minute <= minutes; minute++) state = idleAt(state, minute).state;
  return state;
}

function idleAt(state: TrackerState, minute: number, inhibitions: Parameters<typeof step>[1]['inhibitions'] = []) {
  return step(state, { bootMs: minute * MINUTE, verdict: 'idle', reason: 'all idle', inhibitions }, settings);
}

const busyAt = (state: TrackerState, minute: number) =>
  step(state, { bootMs: minute * MINUTE, verdict: 'busy', reason: 'cpu is over', inhibitions: [] }, settings);

const snoozes = (steps: readonly Step[]) =>
  steps.flatMap((one, index) => (one.effects.some(({ kind }) => kind === 'snooze') ? [index] : []));

/** Where the uninterrupted idleness that ends at this step began: after the last busy round and the last gap. */
function idleSince(steps: readonly Step[], index: number, gapMs: number): number {
  let first = index;
  while (
    first > 0 &&
    steps[first - 1]?.verdict === 'idle' &&
    (steps[first]?.afterMs ?? 0) <= gapMs &&
    !snoozes(steps).includes(first - 1)
  )
    first -= 1;
  return steps[first]?.bootMs ?? Number.NaN;
}

const gapOf = ({ intervalMs }: { intervalMs: number }) => Math.max(3 * intervalMs, 10_000);

test('a host that is idle for the naptime is warned, then snoozed', () => {
  const almost = idleFor(28);
  assert.equal(almost.phase, 'idle');
  const warned = idleAt(almost, 29);
  assert.deepEqual(warned.effects, [{ kind: 'warn', snoozeAtBootMs: 31 * MINUTE }]);
  const last = idleAt(idleAt(warned.state, 30).state, 31);
  assert.deepEqual([last.state.phase, last.effects], ['snoozing', [{ kind: 'snooze' }]]);
});

test('activity during the warning calls it off and the count begins at nothing', () => {
  const { state, effects } = busyAt(idleFor(29), 30);
  assert.deepEqual(effects, [{ kind: 'warning-over', reason: 'cpu is over' }]);
  const again = idleAt(state, 31).state;
  assert.equal(snoozeAtBootMs(again, settings), 61 * MINUTE);
});

test('an inhibitor stops the snooze, not the count; when it ends the whole warning is given', () => {
  let state = idleFor(28);
  for (let minute = 29; minute <= 50; minute++) state = idleAt(state, minute, [inhibition]).state;
  assert.equal(state.phase, 'inhibited');
  assert.equal(snoozeAtBootMs(state, settings), null);
  const released = idleAt(state, 51);
  assert.deepEqual(released.effects, [{ kind: 'warn', snoozeAtBootMs: 53 * MINUTE }]);
});

test('failures wait one, two, four minutes, at most an hour; a busy round forgets how many, not the time', () => {
  let state = idleFor(31);
  const waits: number[] = [];
  for (let failure = 0; failure < 8; failure++) {
    state = snoozeFailed({ ...state, phase: 'snoozing' } as TrackerState, { bootMs: 31 * MINUTE, reason: 'denied' });
    waits.push(((backoffOf(state, 31 * MINUTE)?.untilBootMs ?? 0) - 31 * MINUTE) / MINUTE);
  }
  assert.deepEqual(waits, [1, 2, 4, 8, 16, 32, 60, 60]);
  const busy = busyAt(state, 32).state;
  assert.equal(backoffOf(busy, 33 * MINUTE)?.untilBootMs, 91 * MINUTE);
  const again = snoozeFailed(idleAt(busy, 91).state, { bootMs: 91 * MINUTE, reason: 'denied' });
  assert.equal(backoffOf(again, 91 * MINUTE)?.untilBootMs, 92 * MINUTE);
});

test('a veto holds until its time and is an inhibition with its reason', () => {
  const vetoed = snoozeVetoed(idleFor(31), { untilBootMs: 40 * MINUTE, reason: 'backup runs' });
  const held = idleAt(vetoed, 32);
  assert.deepEqual([held.state.phase, held.effects], ['inhibited', []]);
  assert.equal(backoffOf(held.state, 32 * MINUTE)?.reason, 'backup runs');
  assert.equal(backoffOf(held.state, 40 * MINUTE), undefined);
});

test('a veto names a time, and neither a busy round nor a gap brings it forward', () => {
  const vetoed = snoozeVetoed(idleFor(31), { untilBootMs: 200 * MINUTE, reason: 'backup runs' });
  const busy = busyAt(vetoed, 32).state;
  assert.equal(idleAt(busy, 33).state.phase, 'inhibited');
  assert.equal(idleAt(vetoed, 99).state.phase, 'inhibited');
  assert.equal(backoffOf(snoozeAborted(vetoed), 100 * MINUTE)?.untilBootMs, 200 * MINUTE);
});

test('a host that became busy while it was told to stop still keeps what the attempt left behind', () => {
  const busy = busyAt(idleFor(31), 32).state;
  const failed = snoozeFailed(busy, { bootMs: 32 * MINUTE, reason: 'denied' });
  assert.deepEqual([failed.phase, backoffOf(failed, 32 * MINUTE)?.untilBootMs], ['active', 33 * MINUTE]);
  const vetoed = snoozeVetoed(busy, { untilBootMs: 40 * MINUTE, reason: 'backup runs' });
  assert.deepEqual([vetoed.phase, backoffOf(vetoed, 32 * MINUTE)?.reason], ['active', 'backup runs']);
});

test('a gap in the warning calls it off; three intervals are none', () => {
  const warned = idleFor(30);
  const late = idleAt(warned, 33);
  assert.deepEqual(late.effects, [{ kind: 'snooze' }]);
  const gap = step(warned, { bootMs: 33 * MINUTE + 1, verdict: 'idle', reason: '', inhibitions: [] }, settings);
  assert.deepEqual(gap.effects, [
    { kind: 'warning-over', reason: 'nothing is known of the last 180 s, so the count starts again' },
  ]);
  assert.equal(snoozeAtBootMs(gap.state, settings), 63 * MINUTE + 1);
});

test('a short interval tolerates a round that is late by seconds', () => {
  const quick = { naptimeMs: MINUTE, warningMs: 0, intervalMs: 100 };
  const { state } = step(createTrackerState(), { bootMs: 0, verdict: 'idle', reason: '', inhibitions: [] }, quick);
  const late = step(state, { bootMs: 10_000, verdict: 'idle', reason: '', inhibitions: [] }, quick).state;
  assert.equal(snoozeAtBootMs(late, quick), MINUTE);
  const gap = step(state, { bootMs: 10_001, verdict: 'idle', reason: '', inhibitions: [] }, quick).state;
  assert.equal(snoozeAtBootMs(gap, quick), MINUTE + 10_001);
});

test('after a gap an inhibited host has no time at which it will be stopped', () => {
  const held = idleAt(idleFor(5), 50, [inhibition]).state;
  assert.deepEqual([held.phase, snoozeAtBootMs(held, settings)], ['inhibited', null]);
});

test('without a warning time the naptime alone decides', () => {
  const silent = { naptimeMs: 2 * MINUTE, warningMs: 0, intervalMs: MINUTE };
  let { state, effects } = step(
    createTrackerState(),
    { bootMs: 0, verdict: 'idle', reason: '', inhibitions: [] },
    silent,
  );
  ({ state, effects } = step(state, { bootMs: MINUTE, verdict: 'idle', reason: '', inhibitions: [] }, silent));
  assert.deepEqual(effects, []);
  ({ effects } = step(state, { bootMs: 2 * MINUTE, verdict: 'idle', reason: '', inhibitions: [] }, silent));
  assert.deepEqual(effects, [{ kind: 'snooze' }]);
});

test('a last look that finds the host in use begins the count anew', () => {
  const state = snoozeAborted(idleFor(31));
  assert.equal(idleAt(state, 32).state.phase, 'idle');
  assert.equal(snoozeAtBootMs(idleAt(state, 32).state, settings), 62 * MINUTE);
});

test('the loop wakes at the warning and at the end of the naptime, between its regular rounds', () => {
  const odd = { naptimeMs: 90_000, warningMs: 15_000, intervalMs: MINUTE };
  let { state } = step(createTrackerState(), { bootMs: 0, verdict: 'idle', reason: '', inhibitions: [] }, odd);
  assert.equal(nextStepBootMs(state, odd, 0), 60_000);
  ({ state } = step(state, { bootMs: 60_000, verdict: 'idle', reason: '', inhibitions: [] }, odd));
  assert.equal(nextStepBootMs(state, odd, 60_000), 75_000);
  ({ state } = step(state, { bootMs: 75_000, verdict: 'idle', reason: '', inhibitions: [] }, odd));
  assert.equal(nextStepBootMs(state, odd, 75_000), 90_000);
});

test('the random worlds hold many snoozes, or the properties would say nothing', () => {
  const worlds = fc.sample(worldArbitrary, 200);
  assert.ok(worlds.filter(({ steps }) => snoozes(steps).length > 0).length > 20);
});

test('property: never a snooze before the naptime of uninterrupted idleness', () => {
  return fc.assert(
    fc.property(worldArbitrary, ({ settings: given, steps }) => {
      for (const index of snoozes(steps)) {
        const idleMs = (steps[index]?.bootMs ?? 0) - idleSince(steps, index, gapOf(given));
        assert.ok(idleMs >= given.naptimeMs, `snoozed after ${idleMs} of ${given.naptimeMs} ms`);
      }
    }),
  );
});

test('property: never a snooze in a round that is busy or inhibited', () => {
  return fc.assert(
    fc.property(worldArbitrary, ({ steps }) => {
      for (const index of snoozes(steps))
        assert.deepEqual([steps[index]?.verdict, steps[index]?.inhibited], ['idle', false]);
    }),
  );
});

test('property: a busy round resets, whatever was before', () => {
  return fc.assert(
    fc.property(worldArbitrary, ({ steps }) => {
      for (const one of steps.filter(({ verdict }) => verdict === 'busy')) assert.equal(one.state.phase, 'active');
    }),
  );
});

test('property: a gap of more than three intervals restarts the count', () => {
  return fc.assert(
    fc.property(worldArbitrary, ({ settings: given, steps }) => {
      for (const one of steps.slice(1)) {
        if (one.afterMs <= gapOf(given) || one.verdict === 'busy' || one.before.lastBootMs === undefined) continue;
        assert.ok(one.state.phase !== 'active' && one.state.idleSinceBootMs === one.bootMs);
      }
    }),
  );
});

test('property: a snooze comes only after a warning of the whole length, uninterrupted', () => {
  return fc.assert(
    fc.property(worldArbitrary, ({ settings: given, steps }) => {
      for (const index of snoozes(steps)) {
        const warnedAt = steps
          .slice(0, index)
          .findLastIndex(({ effects }) => effects.some(({ kind }) => kind === 'warn'));
        if (given.warningMs === 0 && warnedAt < 0) continue;
        const since = steps.slice(warnedAt + 1, index);
        const warnedMs = (steps[index]?.bootMs ?? 0) - (steps[warnedAt]?.bootMs ?? Number.NaN);
        const interrupted = since.some(({ verdict, inhibited }) => verdict === 'busy' || inhibited);
        assert.ok(
          given.warningMs === 0 || (warnedMs >= given.warningMs && !interrupted),
          `warned ${warnedMs} of ${given.warningMs} ms`,
        );
      }
    }),
  );
});

test('property: what is announced as the time of the snooze is never too early and never in doubt', () => {
  return fc.assert(
    fc.property(worldArbitrary, ({ settings: given, steps }) => {
      for (const one of steps) {
        const at = snoozeAtBootMs(one.state, given);
        if (one.state.phase === 'active' || one.state.phase === 'inhibited') assert.equal(at, null);
        else if (one.state.phase !== 'snoozing') assert.ok((at ?? 0) >= one.state.idleSinceBootMs + given.naptimeMs);
      }
    }),
  );
});

test('property: the next round is never later than an interval and always in the future', () => {
  return fc.assert(
    fc.property(worldArbitrary, ({ settings: given, steps }) => {
      for (const { state, bootMs } of steps) {
        const next = nextStepBootMs(state, given, bootMs);
        assert.ok(next > bootMs && next <= bootMs + given.intervalMs);
      }
    }),
  );
});
