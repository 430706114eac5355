/** How a value stands to its thresholds; `between` changes nothing, so that a value at the edge is one event. */
export type Level = 'bad' | 'between' | 'good';

/** Tells when a condition begins and ends. */
export type Hysteresis = {
  /** Takes the level as it is now (milliseconds since boot). */
  observe(level: Level, nowMs: number): 'begins' | 'ends' | undefined;
};

/**
 * A condition begins when it has been bad for `holdMs`, and ends when it has been good for as long. Pure but for what it
 * remembers.
 * @param begun whether it has begun already.
 */
export function createHysteresis(holdMs: () => number, begun = false): Hysteresis {
  let isOn = begun;
  let sinceMs: number | undefined;
  return {
    observe(level, nowMs) {
      if (level !== (isOn ? 'good' : 'bad')) {
        sinceMs = undefined;
        return undefined;
      }
      sinceMs ??= nowMs;
      if (nowMs - sinceMs < holdMs()) return undefined;
      isOn = !isOn;
      sinceMs = undefined;
      return isOn ? 'begins' : 'ends';
    },
  };
}

/** The level of a value that is bad at or over `bad`, and good again only well below, at `good`. */
export function levelOver(value: number, { bad, good }: { bad: number; good: number }): Level {
  if (value >= bad) return 'bad';
  return value <= good ? 'good' : 'between';
}

/** The worst of several levels; good where there is none. */
export function worst(levels: readonly Level[]): Level {
  if (levels.includes('bad')) return 'bad';
  return levels.includes('between') ? 'between' : 'good';
}
