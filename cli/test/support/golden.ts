import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';

// Every moment is rendered in the reader's time zone, and the golden files are read in this one.
process.env['TZ'] = 'UTC';

/**
 * Compares lines with a file in `cli/test/render/golden`. With UPDATE_GOLDEN=1 it writes the file instead: look at the
 * difference before you commit it.
 */
export function assertGolden(name: string, lines: readonly string[]): void {
  const file = new URL(`../render/golden/${name}.txt`, import.meta.url);
  const text = lines.map((line) => `${line}\n`).join('');
  if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(file, text);
  assert.equal(text, readFileSync(file, 'utf8'));
}

export const TERMINAL = { colour: true, icons: true };
export const MONOCHROME = { colour: false, icons: true };
export const PIPE = { colour: false, icons: false };
