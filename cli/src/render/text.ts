const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' });
const WIDE =
  /^[\p{Emoji_Presentation}\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\uff01-\uff60]/u;
const ASCII = /^[\u0020-\u007e]*$/;

/**
 * Text from outside (a plugin's reason, a file's name) as one line without control characters: nothing that a plugin
 * says may move the cursor, colour the screen, turn the direction of writing, or look like a table of its own.
 */
export function clean(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Z}\p{Bidi_Control}]+/gu, ' ').trim();
}

/** How many columns a text without control characters takes on a terminal. */
export function displayWidth(text: string): number {
  if (ASCII.test(text)) return text.length;
  let width = 0;
  for (const { segment } of segmenter.segment(text)) width += WIDE.test(segment) ? 2 : 1;
  return width;
}

/** The text, ended with … where it is wider than `width` columns. */
export function cut(text: string, width: number): string {
  if (displayWidth(text) <= width) return text;
  let kept = '';
  let used = 0;
  for (const { segment } of segmenter.segment(text)) {
    used += displayWidth(segment);
    if (used > width - 1) break;
    kept += segment;
  }
  return width < 1 ? '' : `${kept.trimEnd()}…`;
}

/** Fills a text up with blanks to `width` columns. */
export function pad(text: string, width: number, align: 'left' | 'right' = 'left'): string {
  const blanks = ' '.repeat(Math.max(0, width - displayWidth(text)));
  return align === 'left' ? text + blanks : blanks + text;
}

/**
 * Breaks a sentence between words; lines after the first begin with `indent` blanks. No line is wider than `width`: a
 * word that would be is cut.
 */
export function wrap(text: string, width: number, indent = 0): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ').filter((part) => part !== '')) {
    const joined = line.trim() === '' ? line + word : `${line} ${word}`;
    if (line.trim() !== '' && displayWidth(joined) > width) {
      lines.push(line);
      line = ' '.repeat(indent) + word;
    } else line = joined;
  }
  return [...lines, line].map((each) => cut(each, width));
}

/** Like `clean`, for a text of many lines that keep their indentation. */
export function cleanLines(text: string): string[] {
  const lines = text.split(/\r?\n/).map((line) => line.replaceAll(/[[\p{Cc}\p{Bidi_Control}]--\t]+/gv, ' ').trimEnd());
  return lines.slice(0, lines.findLastIndex((line) => line !== '') + 1);
}
