import type { ControlMethods } from '@cloudsnooze/daemon/control/api';

type EventRecord = ControlMethods['events.list']['result'][number];

/**
 * Where the moments of an event stand in the order in which they were recorded, in milliseconds: what the clock says of
 * them, and as much more as it was seen to be set back before them. Pure.
 */
export function straightTimes({ event, outcomes }: Pick<EventRecord, 'event' | 'outcomes'>) {
  const seenMs = Date.parse(event.timestamp);
  const ends = outcomes.map(({ startedAt, endedAt }) => {
    const endedMs = Date.parse(endedAt);
    return { startedMs: startedAt === null ? endedMs : Date.parse(startedAt), endedMs };
  });
  const isAcross = ({ startedMs, endedMs }: (typeof ends)[number]) => startedMs > endedMs;
  // Whoever was at work then had begun before anybody's end after it.
  const begunMs = Math.max(seenMs, ...ends.filter(isAcross).map(({ startedMs }) => startedMs));
  /** What has to be added, the latest last. */
  const shiftsMs = [0];
  let shiftMs = 0;
  let lastMs = seenMs;
  const turns = ends.map((turn) => {
    const { startedMs, endedMs } = turn;
    const startMs = startedMs + (shiftsMs.findLast((ms) => startedMs + ms <= endedMs + shiftMs) ?? shiftMs);
    lastMs = Math.max(lastMs, startMs, endedMs + shiftMs, isAcross(turn) ? begunMs + 1 : seenMs);
    if (lastMs > endedMs + shiftMs) {
      shiftMs = lastMs - endedMs;
      shiftsMs.push(shiftMs);
    }
    return { startMs, endMs: lastMs };
  });
  /** Of any other moment: it was after the clock was set back where it seems to be before the event was seen. */
  const place = (at: string) => Date.parse(at) + (Date.parse(at) < seenMs ? shiftMs : 0);
  return { turns, place, endMs: (at: string) => Math.max(lastMs, place(at)) };
}
