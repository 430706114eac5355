import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** What editors, compilers and interpreters leave in a folder is no change of the plugin. */
const NOT_WATCHED = /^(\.|__pycache__$|node_modules$|4913$)|(~|\.py[co]|\.sw[a-z]|\.tmp|\.orig)$/;

/** What a plugin's folder looks like now: any change of a file of it gives another text. `made` is built by itself. */
export function folderState(directory: string, made: string | undefined): string {
  const lines: string[] = [];
  const look = (folder: string, prefix: string) => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const path = prefix + entry.name;
      if (NOT_WATCHED.test(entry.name) || path === made) continue;
      if (entry.isDirectory()) {
        look(join(folder, entry.name), `${path}/`);
        continue;
      }
      const found = statSync(join(folder, entry.name), { throwIfNoEntry: false });
      if (found !== undefined) lines.push(`${path} ${found.size} ${found.mtimeMs} ${found.mode}`);
    }
  };
  try {
    look(directory, '');
  } catch {
    return 'gone'; // an editor, or git, is just replacing it
  }
  return lines.sort().join('\n');
}
