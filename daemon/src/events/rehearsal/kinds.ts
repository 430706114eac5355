import { rfc3339 } from '../../clock.ts';
import { SnoozeError } from '../../errors.ts';
import { azure } from '../sources/azure.ts';
import { ec2Maintenance } from '../sources/ec2-maintenance.ts';
import { ec2Rebalance } from '../sources/ec2-rebalance.ts';
import { ec2Spot } from '../sources/ec2-spot.ts';
import { gcePreempted } from '../sources/gce-preempted.ts';
import type { Source } from '../sources/source.ts';

/** One kind of notice that can be rehearsed. */
export type RehearsalKind = {
  name: string;
  /** The type of the event that comes of it. */
  type: string;
  cloud: 'aws' | 'azure' | 'gcp';
  source: Source;
  /** What the stand-in of the metadata service says: path → text. */
  items: (deadlineWallMs: number, id: string) => Record<string, string>;
};

/**
 * The kind that a person has typed.
 * @throws SnoozeError SNOOZE_E_USAGE where there is none of that name.
 */
export function rehearsalKind(name: string): RehearsalKind {
  const kind = REHEARSALS.find((known) => known.name === name);
  if (kind !== undefined) return kind;
  throw new SnoozeError('SNOOZE_E_USAGE', `there is no rehearsal of ${JSON.stringify(name)}`, {
    hint: `there are ${REHEARSALS.map((known) => known.name).join(', ')}`,
  });
}

const EC2 = '/latest/meta-data';
/** The name that Azure's stand-in gives this machine. */
const AZURE_NAME = 'rehearsal';

/** Every kind, by the word that a person types. */
export const REHEARSALS: readonly RehearsalKind[] = [
  {
    name: 'spot',
    type: 'cloud.spot.interrupt',
    cloud: 'aws',
    source: ec2Spot,
    items: (deadlineWallMs) => ({
      [`${EC2}/spot/instance-action`]: JSON.stringify({ action: 'terminate', time: rfc3339(deadlineWallMs) }),
    }),
  },
  {
    name: 'rebalance',
    type: 'cloud.instance.rebalance',
    cloud: 'aws',
    source: ec2Rebalance,
    items: (deadlineWallMs) => ({
      [`${EC2}/events/recommendations/rebalance`]: JSON.stringify({ noticeTime: rfc3339(deadlineWallMs) }),
    }),
  },
  {
    name: 'maintenance',
    type: 'cloud.instance.maintenance',
    cloud: 'aws',
    source: ec2Maintenance,
    items: (deadlineWallMs, id) => ({
      [`${EC2}/events/maintenance/scheduled`]: JSON.stringify([
        {
          NotBefore: new Date(deadlineWallMs).toUTCString(),
          Code: 'system-reboot',
          Description: 'rehearsal',
          EventId: `instance-event-${id}`,
          State: 'active',
        },
      ]),
    }),
  },
  {
    name: 'azure-preempt',
    type: 'cloud.spot.interrupt',
    cloud: 'azure',
    source: azure,
    items: (deadlineWallMs, id) => ({
      '/metadata/instance/compute/name': AZURE_NAME,
      '/metadata/scheduledevents': JSON.stringify({
        DocumentIncarnation: 1,
        Events: [
          {
            EventId: id,
            EventType: 'Preempt',
            ResourceType: 'VirtualMachine',
            Resources: [AZURE_NAME],
            EventStatus: 'Scheduled',
            NotBefore: new Date(deadlineWallMs).toUTCString(),
          },
        ],
      }),
    }),
  },
  {
    name: 'gcp-preempt',
    type: 'cloud.spot.interrupt',
    cloud: 'gcp',
    source: gcePreempted,
    items: () => ({ '/computeMetadata/v1/instance/preempted': 'TRUE' }),
  },
];
