import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

const LARGEST_SOURCE_BYTES = 256 * 1024;
const NOT_SOURCE = /^(\.|node_modules$|vendor$|__pycache__$|plugin\.json$|README|LICENSE)/;

/** The text of a plugin's own files: its programs, not what describes them or what it brings along. */
export function sourceText(directory: string): string {
  return readdirSync(directory, { withFileTypes: true })
    .filter(({ name }) => !NOT_SOURCE.test(name))
    .map((entry) => {
      const path = join(directory, entry.name);
      if (entry.isDirectory()) return sourceText(path);
      return entry.isFile() && statSync(path).size <= LARGEST_SOURCE_BYTES ? readFileSync(path, 'utf8') : '';
    })
    .join('\n');
}
