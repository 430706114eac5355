import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import type { SafetyFinding } from '../../src/cloud/provider.ts';
import type { CheckResult } from '../../src/idle/check.ts';
import { inhibitions } from '../../src/idle/inhibitors.ts';
import { createLeases } from '../../src/idle/leases.ts';
import { decide } from '../../src/idle/policy.ts';
import {
  backoffOf,
  createTrackerState,
  nextStepBootMs,
  snoozeAborted,
  snoozeAtBootMs,
  snoozeFailed,
  snoozeVetoed,
  step,
  type TrackerSettings,
  type TrackerState,
} from '../../src/idle/tracker.ts';
import { checkResult, settingsArbitrary } from './model.ts';

/** What becomes of an attempt to snooze. */
type Outcome = { kind: 'done' | 'aborted' | 'failed' } | { kind: 'vetoed'; delayMs: number };

/** One round of a host with checks, leases, events and a safety look: policy, inhibitors and tracker together. */
type Round = {
  afterMs: number;
  checks: CheckResult[];
  pendingEvent: boolean;
  leaseMs: number;
  safety: 'fine' | 'forbids' | 'unknown';
  outcome: Outcome;
};
type Moment = Round & { bootMs: number; leased: boolean; snoozed: boolean; notBeforeMs: number };
type World = { settings: TrackerSettings; bootGraceMs: number; moments: Moment[] };

const seldom = <T>(usual: T, ...others: T[]): fc.Arbitrary<T> =>
  fc.oneof({ weight: 24, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: fc.constantFrom(...others) });

const checkArbitrary = fc
  .record({
    verdict: seldom<CheckResult['verdict']>('idle', 'busy', 'unknown', 'absent'),
    onError: seldom<CheckResult['onError']>('busy', 'ignore'),
    counts: seldom(true, false),
  })
  .map((given) => checkResult(given));

const roundArbitrary = (intervalMs: number): fc.Arbitrary<Round> =>
  fc.record({
    afterMs: fc.integer({ min: 1, max: intervalMs * 2 }),
    checks: fc.array(checkArbitrary, { minLength: 1, maxLength: 2 }),
    pendingEvent: seldom(false, true),
    leaseMs: seldom(0, intervalMs, intervalMs * 5),
    safety: seldom<Round['safety']>('fine', 'forbids', 'unknown'),
    outcome: fc.oneof(
      fc.constantFrom<Outcome>({ kind: 'done' }, { kind: 'aborted' }, { kind: 'failed' }),
      fc.integer({ min: 1, max: intervalMs * 20 }).map((delayMs): Outcome => ({ kind: 'vetoed', delayMs })),
    ),
  });

const SAFETY: Record<Round['safety'], SafetyFinding[] | undefined> = {
  fine: [],
  forbids: [{ id: 'one-time-spot', effect: 'forbids', message: 'it can only be terminated' }],
  unknown: undefined,
};

function live(rounds: readonly Round[], settings: TrackerSettings, bootGraceMs: number): Moment[] {
  const leases = createLeases();
  let state = createTrackerState();
  let bootMs = 0;
  let notBeforeMs = 0;
  return rounds.map((round) => {
    bootMs += round.afterMs;
    if (round.leaseMs > 0) leases.add({ name: 'l', reason: 'r', owner: 'o', ttlMs: round.leaseMs }, bootMs);
    const held = leases.active(bootMs);
    const event = {
      id: 'e',
      type: 'cloud.spot.interrupt',
      source: 's',
      timestamp: 't',
      data: {},
      severity: 3 as const,
      deadline: 'd',
    };
    const result = step(
      state,
      {
        bootMs,
        ...decide({ kind: 'all', quorum: 0.5 }, round.checks),
        inhibitions: inhibitions({
          bootMs,
          bootGraceMs,
          schedule: [],
          localTime: { weekday: 'mon', minutesOfDay: 0 },
          leases: held,
          pendingEvents: round.pendingEvent ? [event] : [],
          safety: SAFETY[round.safety],
          backoff: backoffOf(state, bootMs),
        }),
      },
      settings,
    );
    const snoozed = result.effects.some(({ kind }) => kind === 'snooze');
    const moment = { ...round, bootMs, leased: held.length > 0, snoozed, notBeforeMs };
    state = snoozed ? settle(result.state, bootMs, round.outcome) : result.state;
    if (snoozed) notBeforeMs = endOfBackoff(bootMs, round.outcome);
    return moment;
  });
}

function settle(state: TrackerState, bootMs: number, outcome: Outcome): TrackerState {
  if (outcome.kind === 'vetoed') return snoozeVetoed(state, { untilBootMs: bootMs + outcome.delayMs, reason: 'no' });
  if (outcome.kind === 'failed') return snoozeFailed(state, { bootMs, reason: 'denied' });
  return outcome.kind === 'aborted' ? snoozeAborted(state) : createTrackerState();
}

/** When the next attempt may come at the earliest: a failure waits a minute at least. */
function endOfBackoff(bootMs: number, outcome: Outcome): number {
  if (outcome.kind === 'vetoed') return bootMs + outcome.delayMs;
  return outcome.kind === 'failed' ? bootMs + 60_000 : 0;
}

const worldArbitrary: fc.Arbitrary<World> = settingsArbitrary.chain((settings) =>
  fc
    .tuple(
      fc.array(roundArbitrary(settings.intervalMs), { minLength: 30, maxLength: 150 }),
      fc.integer({ min: 0, max: settings.intervalMs * 60 }),
    )
    .map(([rounds, bootGraceMs]) => ({ settings, bootGraceMs, moments: live(rounds, settings, bootGraceMs) })),
);

const always = (what: (moment: Moment, world: World) => void) =>
  fc.assert(
    fc.property(worldArbitrary, (world) => {
      for (const moment of world.moments.filter(({ snoozed }) => snoozed)) what(moment, world);
    }),
  );

test('the random hosts snooze often, after vetoes and failures too, or the properties would say nothing', () => {
  const snoozes = fc.sample(worldArbitrary, 200).flatMap(({ moments }) => moments.filter(({ snoozed }) => snoozed));
  assert.ok(snoozes.length > 50, `${snoozes.length} snoozes`);
  assert.ok(snoozes.filter(({ notBeforeMs }) => notBeforeMs > 0).length > 10);
});

test('property: under all, never a snooze with a check that is busy or unknown', () =>
  always(({ checks }) => {
    const having = checks.filter(({ counts }) => counts);
    assert.ok(having.some(({ verdict }) => verdict === 'idle'));
    for (const { verdict, onError } of having)
      assert.ok(verdict !== 'busy' && !(verdict === 'unknown' && onError === 'busy'));
  }));

test('property: never a snooze in the boot grace', () =>
  always(({ bootMs }, { bootGraceMs }) => assert.ok(bootMs >= bootGraceMs)));

test('property: never a snooze with a pending event, a lease, or a safety look that forbids it or has not ended', () =>
  always(({ pendingEvent, leased, safety }) =>
    assert.deepEqual([pendingEvent, leased, safety], [false, false, 'fine']),
  ));

test('property: after a veto or a failure never a snooze before its time, not even when the host was busy in between', () =>
  always(({ bootMs, notBeforeMs }) => assert.ok(bootMs >= notBeforeMs, `${notBeforeMs - bootMs} ms too early`)));

test('property: a host that stays idle is stopped exactly when it was announced', () => {
  return fc.assert(
    fc.property(settingsArbitrary, fc.integer({ min: 0, max: 10_000_000 }), fc.nat(200), (settings, startMs, look) => {
      let bootMs = startMs;
      let state = createTrackerState();
      let announced: number | null = null;
      const longest = Math.ceil((settings.naptimeMs + settings.warningMs) / settings.intervalMs) + 5;
      for (let round = 0; round <= longest; round++) {
        const result = step(state, { bootMs, verdict: 'idle', reason: '', inhibitions: [] }, settings);
        if (result.effects.some(({ kind }) => kind === 'snooze')) {
          assert.equal(bootMs, announced ?? bootMs);
          assert.equal(bootMs, startMs + settings.naptimeMs);
          return;
        }
        state = result.state;
        // Announced once at some round and never moved.
        if (round === look % longest) announced = snoozeAtBootMs(state, settings);
        bootMs = nextStepBootMs(state, settings, bootMs);
      }
      assert.fail('it was never stopped');
    }),
  );
});
