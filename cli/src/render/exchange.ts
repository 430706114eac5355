import type { Exchange } from '../plugin-author/session.ts';
import { latency } from './duration.ts';
import { paint, type Style } from './style.ts';
import { clean, cut } from './text.ts';

/** In a pipe a message is cut here, on a terminal where its window ends. */
const LONGEST_LINE = 400;

/** One call of the host and what came back: two lines. */
export function exchangeLines(
  { method, params, answer, tookMs }: Exchange,
  frame: { width: number; style: Style },
): string[] {
  const { style } = frame;
  const width = Math.min(frame.width, LONGEST_LINE);
  const failed = 'error' in answer;
  const said = failed
    ? `${answer.code === null ? '' : `error ${answer.code}: `}${answer.error}`
    : JSON.stringify(answer.result);
  const took = ` · ${latency(tookMs)}`;
  return [
    `  ${paint('→', 'dim', style)} ${cut(clean(`${method} ${JSON.stringify(params ?? null)}`), width - 4)}`,
    `  ${paint('←', failed ? 'yellow' : 'dim', style)} ${cut(clean(said ?? 'null'), width - 4 - took.length)}${paint(took, 'dim', style)}`,
  ];
}

/** A line of the plugin's own log. */
export function logLine(level: string, line: string, { width, style }: { width: number; style: Style }): string {
  const shown = level === 'info' ? clean(line) : `${level}: ${clean(line)}`;
  return `  ${paint('|', 'dim', style)} ${cut(shown, Math.min(width, LONGEST_LINE) - 4)}`;
}
