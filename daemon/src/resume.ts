import { type Clock, rfc3339 } from './clock.ts';
import type { History } from './store/store.ts';

/** How far back the history is searched for the snooze that this boot ended. */
const SEARCHED_ENTRIES = 200;

/** A snooze that this boot ended. Times are RFC 3339 UTC. */
export type Resume = { stopped_at: string; resumed_at: string; reason: string };

/**
 * Tells whether this is the first start after a snooze: the newest snooze was a real one, it has not failed, no
 * start since has resumed from it, and the host has booted after it. Records the resume.
 */
export function noteResume(history: History, clock: Clock): Resume | undefined {
  const bootedWallMs = clock.wallMs() - clock.bootMs();
  const last = history
    .list(SEARCHED_ENTRIES)
    .find(({ kind }) => kind === 'snooze' || kind === 'snooze-failed' || kind === 'resume');
  if (last?.kind !== 'snooze' || last.details['dry_run'] !== false || Date.parse(last.at) > bootedWallMs)
    return undefined;
  const resume = {
    stopped_at: last.at,
    resumed_at: rfc3339(clock.wallMs()),
    reason: String(last.details['reason'] ?? last.summary),
  };
  history.add({
    kind: 'resume',
    cause: 'boot',
    summary: `started again after the snooze of ${last.at}`,
    details: resume,
  });
  return resume;
}
