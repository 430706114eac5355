import type { SafetyFinding } from '../cloud/provider.ts';
import type { ScheduleWindow } from '../config/config.ts';
import type { SnoozeEvent } from '../events/event.ts';
import type { Inhibition } from './check.ts';
import type { Lease } from './leases.ts';
import { type LocalTime, openWindow } from './schedule.ts';

/** All that can forbid a snooze while the host is idle, as it is now. */
export type InhibitorInputs = {
  bootMs: number;
  bootGraceMs: number;
  schedule: readonly ScheduleWindow[];
  localTime: LocalTime;
  /** Those that hold now; none where nothing gives any out. */
  leases?: readonly Lease[];
  /** Events that have no end yet. */
  pendingEvents: readonly SnoozeEvent[];
  /** Undefined until the safety look has ended. */
  safety: readonly SafetyFinding[] | undefined;
  /** What a failed or vetoed attempt has left behind (tracker.ts). */
  backoff: Inhibition | undefined;
};

/** Everything that forbids a snooze now, the most important first. Pure. */
export function inhibitions(inputs: InhibitorInputs): Inhibition[] {
  return [
    ...inputs.pendingEvents.filter(isCloudNotice).map(eventInhibition),
    ...safetyInhibitions(inputs.safety),
    ...bootGrace(inputs.bootMs, inputs.bootGraceMs),
    ...(inputs.leases ?? []).map(leaseInhibition),
    ...scheduleInhibition(inputs.schedule, inputs.localTime),
    ...(inputs.backoff ? [inputs.backoff] : []),
  ];
}

/** A notice with a deadline: the cloud is about to take the host, and its handlers come first. */
function isCloudNotice(event: SnoozeEvent): boolean {
  return event.type.startsWith('cloud.') && event.deadline !== null;
}

function eventInhibition(event: SnoozeEvent): Inhibition {
  return {
    kind: 'event',
    name: event.id,
    reason: `${event.type} is pending until ${event.deadline}`,
    untilBootMs: null,
  };
}

function safetyInhibitions(safety: readonly SafetyFinding[] | undefined): Inhibition[] {
  if (safety === undefined) {
    return [
      {
        kind: 'safety',
        name: 'look',
        reason: 'it is not known yet whether this host can be stopped safely',
        untilBootMs: null,
      },
    ];
  }
  return safety
    .filter(({ effect }) => effect === 'forbids')
    .map(({ id, message }) => ({ kind: 'safety', name: id, reason: message, untilBootMs: null }));
}

function bootGrace(bootMs: number, bootGraceMs: number): Inhibition[] {
  if (bootMs >= bootGraceMs) return [];
  const reason = `the host was started ${Math.floor(bootMs / 60_000)} min ago, the boot grace is ${Math.round(bootGraceMs / 6_000) / 10} min`;
  return [{ kind: 'boot-grace', name: 'boot grace', reason, untilBootMs: bootGraceMs }];
}

function leaseInhibition({ name, owner, reason, untilBootMs }: Lease): Inhibition {
  return { kind: 'lease', name, reason: `${owner} keeps it awake: ${reason}`, untilBootMs };
}

function scheduleInhibition(schedule: readonly ScheduleWindow[], localTime: LocalTime): Inhibition[] {
  const window = openWindow(schedule, localTime);
  if (window === undefined) return [];
  const name = window.name ?? `${window.days.join(', ')} ${window.from} to ${window.to}`;
  return [{ kind: 'schedule', name, reason: `the schedule keeps it awake: ${name}`, untilBootMs: null }];
}
