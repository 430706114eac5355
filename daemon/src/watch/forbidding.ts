import type { Clock } from '../clock.ts';
import type { Config } from '../config/config.ts';
import { kindOf } from '../event-kind.ts';
import type { Dispatcher } from '../events/dispatcher.ts';
import type { Inhibition } from '../idle/check.ts';
import { inhibitions } from '../idle/inhibitors.ts';
import type { Leases } from '../idle/leases.ts';
import { localTimeOf } from '../idle/schedule.ts';
import { backoffOf, type TrackerState } from '../idle/tracker.ts';
import type { SafetyWatch } from './safety.ts';

export type ForbiddingParts = {
  config: () => Config;
  clock: Clock;
  leases: Leases;
  pending: Dispatcher['pending'];
  findings: SafetyWatch['findings'];
};

/** Gives what tells, from all that is known now, what forbids a snooze. */
export function forbidding({ config, clock, leases, pending, findings }: ForbiddingParts) {
  return (tracker: TrackerState): Inhibition[] =>
    inhibitions({
      bootMs: clock.bootMs(),
      bootGraceMs: config().boot_grace_minutes * 60_000,
      schedule: config().schedule,
      localTime: localTimeOf(clock.wallMs()),
      // What lies weeks ahead and waits for its lead time forbids nothing yet.
      pendingEvents: pending().flatMap(({ event, state }) =>
        state === 'announced' ? [] : [{ ...event, type: kindOf(event) }],
      ),
      leases: leases.active(clock.bootMs()),
      safety: findings(),
      backoff: backoffOf(tracker, clock.bootMs()),
    });
}
