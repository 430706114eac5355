import { rfc3339 } from '../../clock.ts';
import { ec2Maintenance } from '../sources/ec2-maintenance.ts';
import { ec2Rebalance } from '../sources/ec2-rebalance.ts';
import { ec2Spot } from '../sources/ec2-spot.ts';
import type { Source } from '../sources/source.ts';

/** One kind of notice that can be rehearsed. */
export type RehearsalKind = {
  name: string;
  /** The type of the event that comes of it. */
  type: string;
  source: Source;
  /** What the stand-in of the metadata service says: path below `meta-data/` → text. */
  items: (deadlineWallMs: number, id: string) => Record<string, string>;
};

/** Every kind, by the word that a person types. */
export const REHEARSALS: readonly RehearsalKind[] = [
  {
    name: 'spot',
    type: 'cloud.spot.interrupt',
    source: ec2Spot,
    items: (deadlineWallMs) => ({
      'spot/instance-action': JSON.stringify({ action: 'terminate', time: rfc3339(deadlineWallMs) }),
    }),
  },
  {
    name: 'rebalance',
    type: 'cloud.instance.rebalance',
    source: ec2Rebalance,
    items: (deadlineWallMs) => ({
      'events/recommendations/rebalance': JSON.stringify({ noticeTime: rfc3339(deadlineWallMs) }),
    }),
  },
  {
    name: 'maintenance',
    type: 'cloud.instance.maintenance',
    source: ec2Maintenance,
    items: (deadlineWallMs, id) => ({
      'events/maintenance/scheduled': JSON.stringify([
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
];
