import { isOwn, isRehearsal } from '../event-kind.ts';
import type { EventObserver } from './event.ts';

/** So often since the start, for the same labels. */
export type Count = { labels: Readonly<Record<string, string>>; value: number };

/** How many events there were since the daemon started, and what became of them; rehearsals are none. */
export type EventCounts = EventObserver & {
  /** By type and source; by type, source and state; by type, handler and status. */
  counts(): { seen: Count[]; ended: Count[]; outcomes: Count[] };
};

/** Types `custom.<name>` are named by users: what comes of them after so many series is counted as `other`. */
const MOST_SERIES = 200;

/** Counts events in memory, in a bounded number of series. */
export function createEventCounts(): EventCounts {
  const seen = createTally();
  const ended = createTally();
  const outcomes = createTally();
  return {
    seen(event) {
      if (!isRehearsal(event)) seen.add({ type: event.type, source: event.source });
    },
    ended({ event, state }) {
      if (!isRehearsal(event)) ended.add({ type: event.type, source: event.source, state });
    },
    outcome(event, { handler, status, stage }) {
      // That it was told of the end of an event is no outcome of the event.
      if (stage === undefined && !isRehearsal(event)) outcomes.add({ type: event.type, handler, status });
    },
    counts: () => ({ seen: seen.counts(), ended: ended.counts(), outcomes: outcomes.counts() }),
  };
}

function createTally() {
  const series = new Map<string, Count>();
  return {
    add(given: Readonly<Record<string, string>> & { type: string }) {
      const known = series.has(JSON.stringify(given)) || series.size < MOST_SERIES || !isOwn(given.type);
      const labels = known ? given : Object.fromEntries(Object.keys(given).map((name) => [name, 'other']));
      series.getOrInsertComputed(JSON.stringify(labels), () => ({ labels, value: 0 })).value += 1;
    },
    counts: () => [...series.values()].map((count) => ({ ...count })),
  };
}
