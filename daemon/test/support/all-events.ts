import type { ControlClient } from '../../src/control/client.ts';
import type { EventRecord } from '../../src/events/event.ts';

/** Every event that the daemon knows, newest first, piece by piece. */
export async function allEvents(client: ControlClient): Promise<EventRecord[]> {
  const found: EventRecord[] = [];
  for (;;) {
    const last = found.at(-1);
    const page = await client.call('events.list', { limit: 1000, ...(last && { before: last.event.id }) });
    if (page.length === 0) return found;
    found.push(...page);
  }
}
