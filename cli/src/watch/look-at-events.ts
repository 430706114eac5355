import type { ControlClient } from '@cloudsnooze/daemon/control/client';
import { isOwn } from '@cloudsnooze/daemon/event-kind';
import type { EventRecord } from '../render/event-change.ts';

const TIMEOUT_MS = 5000;
/** As many as the daemon gives at once. */
const AT_ONCE = 200;

/** What is followed, by id; those that were looked at last stand last. */
export type Followed = ReadonlyMap<string, EventRecord>;

/** The newest events back to one that is followed, and then the older ones that are followed: newest first. */
export async function lookAtEvents(client: ControlClient, followed: Followed | undefined): Promise<EventRecord[]> {
  const ask = (more: { before?: string; ids?: string[] }) =>
    client.call('events.list', { limit: AT_ONCE, ...more }, TIMEOUT_MS);
  const found: EventRecord[] = [];
  for (let last: string | undefined; ; last = found.at(-1)?.event.id) {
    const page = await ask(last === undefined ? {} : { before: last });
    found.push(...page);
    const isKnown = page.some(({ event: { id }, seenAt }) => followed?.get(id)?.seenAt === seenAt);
    if (followed === undefined || page.length === 0 || isKnown) break;
  }
  const ids = new Set(found.map(({ event }) => event.id));
  const others =
    followed === undefined
      ? (await client.call('status', {}, TIMEOUT_MS)).events.pending
      : await allOf(nextOf([...followed.values()].filter(({ event }) => !ids.has(event.id))), (asked) =>
          ask({ ids: asked }),
        );
  return [...found, ...others.filter(({ event }) => !ids.has(event.id))];
}

/** What is followed after a look: all that was found but what has come to its end, and what it was not the turn of. */
export function followedAfter(found: readonly EventRecord[], before: Followed = new Map()): Followed {
  const ids = new Set(found.map(({ event }) => event.id));
  const rest = [...before.values()].filter((record) => !ids.has(record.event.id) && isOpen(record));
  const newest = found.slice(0, AT_ONCE);
  const open = found.slice(AT_ONCE).filter(isOpen);
  return new Map([...rest, ...open, ...newest].map((record) => [record.event.id, record]));
}

/** One of the cloud, or of this host, may be told again, moved, or be over, whatever it has come to. */
function isOpen({ event, endedAt }: EventRecord): boolean {
  return endedAt === null || !isOwn(event.type);
}

/** Of one's own there may be ten thousand that wait: they take turns, and keep no other from being looked at. */
function nextOf(records: readonly EventRecord[]): string[] {
  const own = records.filter(({ event }) => isOwn(event.type));
  const others = records.filter(({ event }) => !isOwn(event.type));
  return [others, own].flatMap((some) => some.slice(0, AT_ONCE / 2).map(({ event }) => event.id));
}

/** An answer may have no room for all. */
async function allOf(
  ids: readonly string[],
  ask: (ids: string[]) => Promise<readonly EventRecord[]>,
): Promise<EventRecord[]> {
  const found: EventRecord[] = [];
  for (let left = [...ids]; left.length > 0; ) {
    const page = await ask(left);
    found.push(...page);
    const last = page.at(-1)?.event.id;
    const at = last === undefined ? -1 : left.indexOf(last);
    left = at === -1 ? [] : left.slice(at + 1);
  }
  return found;
}
