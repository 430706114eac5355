import { type Paint, paint, type Style } from './style.ts';
import { clean, cut, displayWidth, pad, wrap } from './text.ts';

export type Cell = string | { text: string; colour?: Paint | undefined };

export type Column = {
  title: string;
  align?: 'left' | 'right';
  /** Left out first where the window is narrow. */
  spare?: true;
  /** As the last column: goes on in further lines instead of being cut. */
  wraps?: true;
};

const GAP = '  ';
/** The last column is never narrower than this, unless its texts are. */
const NARROWEST = 8;

/**
 * A table whose columns are as wide as their widest cell; the last one takes what is left of `width` and ends there.
 * Columns without any text are left out, and in a narrow window the spare ones, from the right.
 */
export function table(
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
  { width, style }: { width: number; style: Style },
): string[] {
  const texts = rows.map((row) => columns.map((_, index) => clean(textOf(row[index]))));
  const widths = columns.map(({ title }, index) =>
    Math.max(displayWidth(title), ...texts.map((row) => displayWidth(row[index] ?? ''))),
  );
  const used = usedColumns(columns, { texts, widths, width });
  const last = used.at(-1);
  if (last !== undefined) {
    const left = width - lineWidth(used.slice(0, -1), widths) - GAP.length;
    widths[last] = Math.min(widths[last] ?? 0, Math.max(NARROWEST, left));
  }

  const lineOf = (cells: readonly { text: string; colour?: Paint | undefined }[]) =>
    used
      .map((index) => {
        const { text = '', colour } = cells[index] ?? {};
        const columnWidth = widths[index] ?? 0;
        const shown = cut(text, columnWidth);
        const align = columns[index]?.align ?? 'left';
        const blanks = index === last && align === 'left' ? '' : ' '.repeat(columnWidth - displayWidth(shown));
        return align === 'right' ? blanks + paint(shown, colour, style) : paint(shown, colour, style) + blanks;
      })
      .join(GAP)
      .trimEnd();
  const linesOf = (cells: readonly { text: string; colour?: Paint | undefined }[]) => {
    const cell = cells[last ?? -1];
    if (last === undefined || cell === undefined || columns[last]?.wraps === undefined) return [lineOf(cells)];
    const [first = '', ...rest] = wrap(cell.text, widths[last] ?? 0);
    const indent = ' '.repeat(lineWidth(used.slice(0, -1), widths) + GAP.length);
    return [
      lineOf(cells.with(last, { ...cell, text: first })),
      ...rest.map((text) => indent + paint(text, cell.colour, style)),
    ];
  };

  const head = lineOf(columns.map(({ title }) => ({ text: title, colour: 'dim' })));
  return [
    head,
    ...rows.flatMap((row, index) =>
      linesOf(columns.map((_, at) => ({ text: texts[index]?.[at] ?? '', colour: colourOfCell(row[at]) }))),
    ),
  ];
}

/** Names and what they are, the names in one column; entries with an empty text are left out. */
export function fields(entries: readonly (readonly [string, string])[], style: Style): string[] {
  const shown = entries.filter(([, text]) => text !== '');
  const width = Math.max(...shown.map(([name]) => displayWidth(name)));
  return shown.map(([name, text]) => `  ${paint(pad(name, width), 'dim', style)}  ${clean(text)}`);
}

function usedColumns(
  columns: readonly Column[],
  { texts, widths, width }: { texts: readonly string[][]; widths: readonly number[]; width: number },
): number[] {
  let used = columns.map((_, index) => index).filter((index) => texts.some((row) => row[index] !== ''));
  for (const index of used.filter((each) => columns[each]?.spare).reverse()) {
    const last = Math.min(NARROWEST, widths[used.at(-1) ?? 0] ?? 0);
    if (lineWidth(used.slice(0, -1), widths) + GAP.length + last <= width) break;
    used = used.filter((each) => each !== index);
  }
  return used;
}

function lineWidth(columns: readonly number[], widths: readonly number[]): number {
  return columns.reduce((sum, index) => sum + (widths[index] ?? 0), 0) + GAP.length * Math.max(0, columns.length - 1);
}

function textOf(cell: Cell | undefined): string {
  return typeof cell === 'string' ? cell : (cell?.text ?? '');
}

function colourOfCell(cell: Cell | undefined): Paint | undefined {
  return typeof cell === 'object' ? cell.colour : undefined;
}
