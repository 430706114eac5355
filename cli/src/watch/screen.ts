const ESC = '\u001b[';

/** The terminal's other screen, without a cursor and without wrapping (xterm's private modes 1049, 25 and 7). */
export const ENTER_SCREEN = `${ESC}?1049h${ESC}?25l${ESC}?7l`;
/** Everything that ENTER_SCREEN has changed, back as it was. */
export const LEAVE_SCREEN = `${ESC}?7h${ESC}?25h${ESC}?1049l`;

/**
 * What to write so that a screen which shows `before` shows `after`: the lines that differ and nothing else, so that
 * nothing flickers. Where `before` is undefined the screen is cleared first.
 */
export function redraw(before: readonly string[] | undefined, after: readonly string[]): string {
  const changed = after.flatMap((line, index) =>
    before?.[index] === line ? [] : [`${ESC}${index + 1};1H${line}${ESC}K`],
  );
  const surplus = before !== undefined && before.length > after.length ? `${ESC}${after.length + 1};1H${ESC}J` : '';
  return (before === undefined ? `${ESC}2J` : '') + changed.join('') + surplus;
}

/** The lines that a window of `rows` can show; the last one tells how many it cannot. */
export function fitRows(lines: readonly string[], rows: number): string[] {
  if (lines.length <= rows) return [...lines];
  const kept = Math.max(1, rows - 1);
  return [...lines.slice(0, kept), `… ${lines.length - kept} more lines, the window is too low`];
}
