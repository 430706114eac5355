import type { SourceContext } from './source.ts';

/** What all that EC2's metadata service tells of this host have in common. */
export const EC2_SOURCE = 'ec2-metadata';
/** The source of what the queue has told first. */
export const QUEUE_SOURCE = 'ec2-queue';

/** What is not urgent is asked for this often. */
export const CALM_INTERVAL_MS = 30_000;
const LONGEST_RETRY_MS = 5_000;

export function instanceIdOf({ identity }: Pick<SourceContext, 'identity'>): string {
  return identity?.instanceId ?? 'this-instance';
}

/** A rebalance recommendation and the interruption that may follow it are one incident of one boot. */
export function spotIncident(context: Pick<SourceContext, 'identity' | 'bootId'>): string {
  return `spot:${instanceIdOf(context)}:${context.bootId}`;
}

/**
 * How long to wait after so many failures in a row: twice as long each time, but never longer than five seconds or the
 * interval itself. A refusal, too: metadata that is turned off is no dearer to ask for, and a notice is two minutes.
 */
export function retryAfter(intervalMs: () => number): (error: unknown, failures: number) => number {
  return (_error, failures) => Math.min(intervalMs() * 2 ** (failures - 1), Math.max(LONGEST_RETRY_MS, intervalMs()));
}
