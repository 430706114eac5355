import type { EventRecord } from '../event.ts';
import { EC2_SOURCE, QUEUE_SOURCE } from './ec2.ts';
import type { SourceContext } from './source.ts';

export const MAINTENANCE = 'cloud.instance.maintenance';
/** What the ids of the metadata service's maintenance begin with. */
export const MAINTENANCE_ID_PREFIX = 'maintenance:';
/** More than one host is ever told of within a month. */
const MOST_CLOSED = 100;

/** What the metadata service and AWS Health both say of a maintenance of this host: they have no id in common. */
export type Planned = { code: string; notBeforeMs: number | null };

/** They name the same time; two of the same kind so close together would be one for every handler, too. */
const TOLERANCE_MS = 5 * 60_000;

/** The maintenance that somebody has announced and nobody has ended, whoever told of it. */
export function openMaintenance({ open }: Pick<SourceContext, 'open'>): EventRecord[] {
  return [EC2_SOURCE, QUEUE_SOURCE].flatMap(open).filter(({ event }) => event.type === MAINTENANCE);
}

/** The maintenance that the metadata service has announced, and that is off, or over; not what was rehearsed. */
export function closedMaintenance({ idsWith, find }: Pick<SourceContext, 'idsWith' | 'find'>): EventRecord[] {
  const ids = idsWith(MAINTENANCE_ID_PREFIX, MOST_CLOSED).filter((id) => id.startsWith(MAINTENANCE_ID_PREFIX));
  return ids
    .flatMap((id) => find(id) ?? [])
    .filter(({ event, closing }) => event.source === EC2_SOURCE && closing !== null);
}

/** Whether a maintenance is the one of an event: the same kind, at the same time but for a few minutes. Pure. */
export function isSameMaintenance({ event }: Pick<EventRecord, 'event'>, { code, notBeforeMs }: Planned): boolean {
  if (event.deadline === null || notBeforeMs === null || kindOf(String(event.data['code'])) !== kindOf(code))
    return false;
  return Math.abs(Date.parse(event.deadline) - notBeforeMs) <= TOLERANCE_MS;
}

/** Whether the host does not come back by itself. Pure. */
export function isFinal(code: string): boolean {
  return kindOf(code) === 'stop';
}

/**
 * Of the metadata service's codes (`instance-stop`, `system-reboot` …) and AWS Health's
 * (`AWS_EC2_PERSISTENT_INSTANCE_RETIREMENT_SCHEDULED`, `AWS_EC2_SYSTEM_REBOOT_MAINTENANCE_SCHEDULED` …).
 */
function kindOf(code: string): 'stop' | 'reboot' | 'other' {
  if (/retirement|stop/i.test(code)) return 'stop';
  return /reboot/i.test(code) ? 'reboot' : 'other';
}
