import { isOwn, isRehearsal } from '../event-kind.ts';
import type { SnoozeEvent } from './event.ts';

type Ranked = Pick<SnoozeEvent, 'type' | 'severity' | 'data'>;

/**
 * Which of two events goes first: the one with the higher rank. By severity; of one severity what the cloud and the host
 * say before one's own events, which any program may send; and every rehearsal after all that is real. Pure.
 */
export function rankOf({ type, severity, data }: Ranked): number {
  if (isRehearsal({ data })) return severity;
  return LEAST_REAL + 2 * severity + (isOwn(type) ? 0 : 1);
}

/** More than any rehearsal has. */
const LEAST_REAL = 4;
