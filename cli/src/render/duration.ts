/** A duration as people say it: "40 s", "12 min 40 s", "3 h 4 min", "2 d 5 h". Never negative. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return two(whole, ['min', 60], ['s', 1]);
  return whole < 86_400 ? two(whole, ['h', 3600], ['min', 60]) : two(whole, ['d', 86_400], ['h', 3600]);
}

/** A short duration with its fraction: "4 ms", "1.25 s", and from a minute on as `duration`. */
export function latency(ms: number): string {
  if (ms < 1000) return `${ms < 10 && !Number.isInteger(ms) ? ms.toFixed(1) : Math.round(ms)} ms`;
  return ms < 60_000 ? `${(ms / 1000).toFixed(2)} s` : duration(ms / 1000);
}

function two(whole: number, [unit, size]: [string, number], [lesserUnit, lesserSize]: [string, number]): string {
  const lesser = Math.floor((whole % size) / lesserSize);
  const greater = `${Math.floor(whole / size)} ${unit}`;
  return lesser === 0 ? greater : `${greater} ${lesser} ${lesserUnit}`;
}
