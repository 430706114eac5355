import * as fc from 'fast-check';
import type { CheckResult, Inhibition } from '../../src/idle/check.ts';
import {
  createTrackerState,
  step,
  type TrackerEffect,
  type TrackerSettings,
  type TrackerState,
} from '../../src/idle/tracker.ts';

/** One round as the tracker sees it. */
export type Round = { afterMs: number; verdict: 'idle' | 'busy'; inhibited: boolean };

/** What happened in one round. */
export type Step = Round & { bootMs: number; before: TrackerState; state: TrackerState; effects: TrackerEffect[] };

export const inhibition: Inhibition = {
  kind: 'lease',
  name: 'test',
  reason: 'somebody asked for it',
  untilBootMs: null,
};

export const settingsArbitrary: fc.Arbitrary<TrackerSettings> = fc
  .record({
    naptimeMs: fc.integer({ min: 1, max: 3_600_000 }),
    share: fc.integer({ min: 0, max: 100 }),
    intervalMs: fc.integer({ min: 100, max: 120_000 }),
  })
  .map(({ naptimeMs, share, intervalMs }) => ({
    naptimeMs,
    warningMs: Math.floor((naptimeMs * share) / 100),
    intervalMs,
  }));

/** Mostly idle rounds at a steady beat, as on a real host, with busy ones, inhibitors and gaps among them. */
export const roundsArbitrary = (intervalMs: number): fc.Arbitrary<Round[]> =>
  fc.array(
    fc.record({
      afterMs: fc.oneof(
        { weight: 20, arbitrary: fc.integer({ min: 1, max: intervalMs * 2 }) },
        { weight: 1, arbitrary: fc.integer({ min: intervalMs * 3, max: intervalMs * 500 }) },
      ),
      verdict: fc.oneof(
        { weight: 15, arbitrary: fc.constant('idle' as const) },
        { weight: 1, arbitrary: fc.constant('busy' as const) },
      ),
      inhibited: fc.oneof({ weight: 12, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
    }),
    { minLength: 1, maxLength: 150 },
  );

/** Takes rounds through the tracker; after a snooze it begins anew, as after a dry run. */
export function play(rounds: readonly Round[], settings: TrackerSettings): Step[] {
  let state = createTrackerState();
  let bootMs = 1_000_000;
  return rounds.map((round) => {
    bootMs += round.afterMs;
    const before = state;
    const result = step(
      state,
      { bootMs, verdict: round.verdict, reason: 'test', inhibitions: round.inhibited ? [inhibition] : [] },
      settings,
    );
    state = result.effects.some(({ kind }) => kind === 'snooze') ? createTrackerState() : result.state;
    return { ...round, bootMs, before, state: result.state, effects: result.effects };
  });
}

/** The same rounds in a world of random settings. */
export const worldArbitrary = settingsArbitrary.chain((settings) =>
  roundsArbitrary(settings.intervalMs).map((rounds) => ({ settings, steps: play(rounds, settings) })),
);

export function checkResult(given: Partial<CheckResult>): CheckResult {
  return {
    name: 'check',
    kind: 'monitor',
    verdict: 'idle',
    value: 1,
    threshold: 10,
    unit: '%',
    reason: 'a reason',
    weight: 1,
    onError: 'busy',
    counts: true,
    bootMs: 0,
    tookMs: 0,
    ...given,
  };
}
