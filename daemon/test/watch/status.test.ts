import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Inhibition } from '../../src/idle/check.ts';
import { createTrackerState, snoozeFailed, step } from '../../src/idle/tracker.ts';
import { buildStatus, type StatusInputs } from '../../src/watch/status.ts';
import { configWith } from '../cloud/config-with.ts';
import { createFakeClock } from '../support/fake-clock.ts';

const MINUTE_MS = 60_000;
const TIMES = { naptimeMs: 30 * MINUTE_MS, warningMs: 2 * MINUTE_MS, intervalMs: MINUTE_MS };
const IDLE = { verdict: 'idle' as const, reason: 'every check is idle', blockers: [] };
const BUSY = { verdict: 'busy' as const, reason: 'cpu 62 %, over 10 %', blockers: ['cpu'] };
const PROTECTED: Inhibition = { kind: 'safety', name: 'stop-protection', reason: 'it is protected', untilBootMs: null };

/** The status of a host that is idle for ten of its thirty minutes; `change` overrides parts of it. */
function statusOf(change: Partial<StatusInputs> = {}) {
  const clock = createFakeClock();
  const idleSince = clock.bootMs() - 10 * MINUTE_MS;
  const begun = step(createTrackerState(), { bootMs: idleSince, ...IDLE, inhibitions: [] }, TIMES).state;
  return buildStatus({
    snapshot: { tracker: begun, round: { checks: [], host: IDLE }, lastFailure: undefined },
    settings: TIMES,
    inhibitions: [],
    monitors: [],
    config: configWith({}),
    configFile: null,
    configError: null,
    plugins: [],
    events: { pending: [], last: null, ahead: [], sources: [], warning: null, unwritten: null },
    safety: [],
    provider: 'aws',
    identity: null,
    startedBootMs: clock.bootMs() - 60 * MINUTE_MS,
    clock,
    ...change,
  });
}

test('what others rely on is there, by the names that were promised', () => {
  const promised =
    'state idle_since idle_seconds naptime_seconds snooze_at reason checks inhibitors plugins events provider instance action dry_run version uptime_seconds';
  const status = statusOf();
  for (const name of promised.split(' ')) assert.ok(name in status, name);
  assert.ok('pending' in status.events);
});

test('an idle host tells since when, when it is stopped, and how long that is', () => {
  const { state, idle_since, idle_seconds, naptime_seconds, snooze_at, next, uptime_seconds } = statusOf();
  assert.deepEqual(
    { state, idle_seconds, naptime_seconds, uptime_seconds },
    {
      state: 'idle',
      idle_seconds: 600,
      naptime_seconds: 1800,
      uptime_seconds: 3600,
    },
  );
  assert.equal(Date.parse(snooze_at ?? '') - Date.parse(idle_since ?? ''), TIMES.naptimeMs);
  assert.match(next, /^in 20 min the action "stop" is done/);
});

test('an idle host that may not be stopped is inhibited, with no time of a stop and with the reason', () => {
  const { state, snooze_at, next, inhibitors } = statusOf({ inhibitions: [PROTECTED] });
  assert.deepEqual([state, snooze_at], ['inhibited', null]);
  assert.match(next, /it is protected/);
  assert.deepEqual(inhibitors, [{ kind: 'safety', name: 'stop-protection', reason: 'it is protected', until: null }]);
});

test('a busy host tells why, and counts nothing', () => {
  const tracker = createTrackerState();
  const { state, reason, idle_since, idle_seconds, snooze_at, next } = statusOf({
    snapshot: { tracker, round: { checks: [], host: BUSY }, lastFailure: undefined },
  });
  assert.deepEqual(
    { state, reason, idle_since, idle_seconds, snooze_at },
    {
      state: 'active',
      reason: BUSY.reason,
      idle_since: null,
      idle_seconds: 0,
      snooze_at: null,
    },
  );
  assert.match(next, /30 min must pass/);
});

test('before the first round it is starting', () => {
  const { state, reason } = statusOf({
    snapshot: { tracker: createTrackerState(), round: undefined, lastFailure: undefined },
  });
  assert.deepEqual([state, reason], ['starting', 'the first check has not been made yet']);
});

test('a failed snooze tells when it is tried again', () => {
  const clock = createFakeClock();
  const tracker = snoozeFailed(createTrackerState(), { bootMs: clock.bootMs(), reason: 'EC2 denies it' });
  const backoff: Inhibition = {
    kind: 'backoff',
    name: 'backoff',
    reason: 'x',
    untilBootMs: clock.bootMs() + MINUTE_MS,
  };
  const { last_failure: failure } = statusOf({
    clock,
    inhibitions: [backoff],
    snapshot: {
      tracker,
      round: { checks: [], host: IDLE },
      lastFailure: { wallMs: clock.wallMs(), message: 'EC2 denies it' },
    },
  });
  assert.equal(failure?.message, 'EC2 denies it');
  assert.equal(Date.parse(failure?.retry_at ?? '') - Date.parse(failure?.at ?? ''), MINUTE_MS);
});
