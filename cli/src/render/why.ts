import type { Status } from '@cloudsnooze/daemon/control/api';
import { kindOf } from '@cloudsnooze/daemon/event-kind';
import { duration } from './duration.ts';
import { nextInWords } from './headline.ts';
import { comingEvents, eventSentence, freshInhibitors } from './notices.ts';
import { clean } from './text.ts';
import { clockTime } from './time.ts';

/** The same answer as `status`, in a few sentences. */
export function whySentences(status: Status, nowMs: number): string[] {
  const coming = comingEvents(status).map((record) => `${eventSentence(record, nowMs)}.`);
  return [...coming, stateSentence(status, nowMs), ...obstacles(status, nowMs), nextSentence(status, nowMs)].map(
    (sentence) => clean(sentence),
  );
}

function stateSentence(status: Status, nowMs: number): string {
  switch (status.state) {
    case 'starting':
      return 'snoozed has just started and has not looked at this host yet.';
    case 'active':
      return `This host is in use: ${blame(status)}.`;
    case 'snoozing':
      return `This host is going down: ${status.reason}.`;
    default: {
      const since = status.idle_since === null ? '' : ` since ${clockTime(status.idle_since, nowMs)}`;
      return `This host has been idle${since} for ${duration(status.idle_seconds)}, and the naptime is ${duration(status.naptime_seconds)}: ${status.reason}.`;
    }
  }
}

/** The reasons of the checks that keep it busy, plugins that failed first, or the daemon's own where no single check can be blamed. */
function blame({ checks, plugins, reason }: Status): string {
  const failed = new Set(plugins.filter(({ state }) => state === 'failed').map(({ instance }) => instance));
  const busy = checks
    .filter(({ verdict, counts }) => counts && (verdict === 'busy' || verdict === 'unknown'))
    .sort((a, b) => Number(failed.has(b.name)) - Number(failed.has(a.name)));
  const reasons = busy.map((check) =>
    check.reason.startsWith(check.name) || check.kind === 'monitor'
      ? check.reason
      : `${check.name} says ${check.reason}`,
  );
  return reasons.length === 0 ? reason : reasons.join('; ');
}

function obstacles(status: Status, nowMs: number): string[] {
  const forbidding = status.safety.filter(({ effect }) => effect === 'forbids').map(({ message }) => message);
  const held = freshInhibitors(status).map(
    ({ reason, until }) => `${reason}${until === null ? '' : ` (until ${clockTime(until, nowMs)})`}`,
  );
  const pending = status.events.pending.map(({ event }) => `${kindOf(event)} is pending`);
  const failure = status.last_failure === null ? [] : [`The last snooze failed: ${status.last_failure.message}.`];
  const all = [...pending, ...forbidding, ...held];
  return [...(all.length === 0 ? [] : [`No snooze may begin: ${all.join('; ')}.`]), ...failure];
}

function nextSentence(status: Status, nowMs: number): string {
  const next = nextInWords(status, nowMs);
  const dry = status.dry_run ? ' This is a dry run, so nothing is really done.' : '';
  const mayStop = status.snooze_at !== null && status.state !== 'snoozing';
  return mayStop ? `It ${next} if nothing changes.${dry}` : `Next: ${next}.${dry}`;
}
