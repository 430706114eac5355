import type { ControlMethods } from '@cloudsnooze/daemon/control/api';
import { type Paint, paint, type Style } from './style.ts';
import { clean } from './text.ts';
import { clockTime } from './time.ts';

const COLOURS: Record<string, Paint> = { error: 'red', warn: 'yellow', debug: 'dim' };

/** One line of a plugin's log: when, how bad, what. */
export function logLine(
  { at, level, message }: ControlMethods['plugin.logs']['result']['lines'][number],
  { style, nowMs }: { style: Style; nowMs: number },
): string {
  const time = paint(clockTime(at, nowMs, 'seconds'), 'dim', style);
  return `${time} ${paint(level.padEnd(5), COLOURS[level], style)} ${clean(message)}`;
}
