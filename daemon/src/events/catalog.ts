import { nearest } from '../config/validator.ts';
import { SnoozeError } from '../errors.ts';
import type { DispatchRule, Severity } from './event.ts';

/** What is true of every event of a type unless the event or the configuration says otherwise. */
export type CatalogEntry = {
  type: string;
  title: string;
  severity: Severity;
  /** Seconds from the notice where it names no deadline itself; null: there is none. */
  deadlineSeconds: number | null;
  /** Minutes before its deadline at which it is dispatched where the notice comes earlier; none: at once. */
  leadMinutes?: number;
  /** `all` where one saved database does not excuse an unsaved checkpoint. */
  dispatch: DispatchRule;
};

/** The event types of PROTOCOL.md. `custom.<name>` is as `custom`. */
export const CATALOG: readonly CatalogEntry[] = [
  {
    type: 'cloud.spot.interrupt',
    title: 'the spot host is taken away',
    severity: 3,
    deadlineSeconds: 120,
    dispatch: 'all',
  },
  {
    type: 'cloud.instance.termination',
    title: 'the instance is terminated',
    severity: 3,
    deadlineSeconds: 120,
    dispatch: 'all',
  },
  {
    type: 'cloud.instance.rebalance',
    title: 'the spot host may be taken away',
    severity: 1,
    deadlineSeconds: null,
    dispatch: 'all',
  },
  {
    type: 'cloud.instance.maintenance',
    title: 'maintenance is planned',
    severity: 2,
    deadlineSeconds: null,
    leadMinutes: 15,
    dispatch: 'all',
  },
  {
    type: 'cloud.autoscaling.scale',
    title: 'the Auto Scaling group changes',
    severity: 2,
    deadlineSeconds: null,
    dispatch: 'all',
  },
  {
    type: 'system.disk.low',
    title: 'little disk space is left',
    severity: 2,
    deadlineSeconds: null,
    dispatch: 'first',
  },
  { type: 'system.cpu.high', title: 'the CPU is busy for long', severity: 1, deadlineSeconds: null, dispatch: 'first' },
  { type: 'system.memory.pressure', title: 'memory is short', severity: 2, deadlineSeconds: null, dispatch: 'first' },
  { type: 'system.network.down', title: 'the network is gone', severity: 2, deadlineSeconds: null, dispatch: 'first' },
  { type: 'custom', title: 'an event of your own', severity: 0, deadlineSeconds: null, dispatch: 'first' },
];

/**
 * The entry of a type.
 * @throws SnoozeError SNOOZE_E_EVENT_INVALID for a type that there is not, naming the nearest one.
 */
export function catalogEntry(type: string): CatalogEntry {
  const found = knownEntry(type);
  if (found !== undefined) return found;
  throw new SnoozeError('SNOOZE_E_EVENT_INVALID', `there is no event type ${JSON.stringify(type)}`, {
    hint: hintFor(type),
  });
}

/** The entry of a type, or undefined where there is no such type. */
export function knownEntry(type: string): CatalogEntry | undefined {
  const found = CATALOG.find((entry) => entry.type === (/^custom\.[a-z0-9_.-]+$/.test(type) ? 'custom' : type));
  return found && { ...found, type };
}

function hintFor(type: string): string {
  if (/^custom\../.test(type))
    return 'after custom. stand small letters, digits, ".", "_" and "-" alone: no capital letters, nothing else';
  const known = CATALOG.map((entry) => entry.type);
  const meant = nearest(type, known);
  return meant === undefined ? `there are ${known.join(', ')} and custom.<name>` : `did you mean ${meant}?`;
}
