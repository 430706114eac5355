import { messageOf, SnoozeError } from '@cloudsnooze/daemon/errors';
import { paint, type Style } from './style.ts';

/** What went wrong on a line of its own (each further one indented), and indented below it what to do. */
export function errorLines(thrown: unknown, style: Style): string[] {
  const message = thrown instanceof SnoozeError ? thrown.message : messageOf(thrown);
  const hint = thrown instanceof SnoozeError ? thrown.hint : undefined;
  const [first = '', ...rest] = linesOf(message);
  return [
    `${paint('snooze:', 'red', style)} ${first}`,
    ...rest.map((line) => `  ${line}`),
    ...linesOf(hint ?? '').map((line) => `  ${paint(line, 'dim', style)}`),
  ];
}

/** Control characters go, tabs and newlines stay: a plugin's stderr may be in here. */
function linesOf(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.replaceAll(/[^\P{Cc}\t]+/gu, ' ').trimEnd())
    .filter((line) => line !== '');
}
