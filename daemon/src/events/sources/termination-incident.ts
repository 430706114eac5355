import type { SnoozeEvent } from '../event.ts';
import { EC2_SOURCE, instanceIdOf, QUEUE_SOURCE } from './ec2.ts';
import type { SourceContext } from './source.ts';

/** The state in which EC2 ends an instance for good. */
export const SHUTTING_DOWN = 'shutting-down';

/** The id of EC2's word that it is changing this instance. */
export function stateEventId(state: string, context: Pick<SourceContext, 'identity' | 'bootId'>): string {
  return `state-change:${instanceIdOf(context)}:${context.bootId}:${state}`;
}

/**
 * The termination that somebody has told of and nobody has ended: that the group wants it, that a lifecycle hook waits
 * for it, and that EC2 has begun with it are one incident.
 */
export function openTermination({ open, ...context }: Pick<SourceContext, 'open' | 'identity' | 'bootId'>) {
  const wanted = `lifecycle:${instanceIdOf(context)}:${context.bootId}:Terminated:`;
  const begun = stateEventId(SHUTTING_DOWN, context);
  const records = [EC2_SOURCE, QUEUE_SOURCE].flatMap(open);
  return records.find(({ event: { id } }) => id === begun || id.startsWith(wanted))?.event;
}

/** What has begun stays so, and its time is not put off, whatever is told afterwards. Pure. */
export function withBegun(
  deadline: string | null,
  known: Pick<SnoozeEvent, 'deadline' | 'data'> | undefined,
): { deadline: string | null; stage: string } {
  if (known?.data['stage'] !== SHUTTING_DOWN) return { deadline, stage: 'transition' };
  return { deadline: nearer(deadline, known.deadline), stage: SHUTTING_DOWN };
}

/** The nearer of two deadlines, of which null is none. Pure. */
export function nearer(one: string | null, other: string | null): string | null {
  if (one === null || other === null) return one ?? other;
  return Date.parse(one) < Date.parse(other) ? one : other;
}
