import { duration } from './duration.ts';

/** A value with its unit: "62.0 %", "1.5 MiB/s", "6 min 5 s"; load has no unit. */
export function amount(value: number, unit: string | null): string {
  if (unit === 's') return duration(value);
  if (unit === 'KiB/s' && value >= 1024) return `${number(value / 1024)} MiB/s`;
  return unit === null || unit === 'load' ? number(value) : `${number(value)} ${unit}`;
}

/** A threshold as its check reads it: "≤ 10 %" is idle at or under it, "≥ 15 min" at or over it. */
export function limit(threshold: number, unit: string | null, idleWhen: 'below' | 'above'): string {
  return `${idleWhen === 'below' ? '≤' : '≥'} ${amount(threshold, unit)}`;
}

function number(value: number): string {
  if (Number.isInteger(value)) return String(value);
  return value < 10 ? value.toFixed(2) : value.toFixed(1);
}
