import { readdirSync, watch } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../clock.ts';

/** Files are copied one after the other; what is copied is whole so long after the last of them. */
const SETTLED_MS = 500;
/** A plugin with more folders brings its libraries with it, and nobody mends those. */
const MOST_FOLDERS = 100;

/**
 * Calls back once, a moment after files in a folder, or in one of its folders, have changed; the function it gives ends
 * the watch. A folder that cannot be watched is not: the plugin's own next try still comes.
 */
export function onFolderChange(folder: string, clock: Clock, callback: () => void): () => void {
  let cancel = () => {};
  const watchers: ReturnType<typeof watch>[] = [];
  const end = () => {
    cancel();
    for (const watcher of watchers) watcher.close();
  };
  const onChange = () => {
    cancel();
    cancel = clock.after(SETTLED_MS, () => {
      end();
      callback();
    });
  };
  try {
    for (const each of foldersIn(folder)) {
      const watcher = watch(each, { persistent: false }, onChange);
      watcher.on('error', end);
      watchers.push(watcher);
    }
  } catch {
    // gone, or no more watches on this host
  }
  return end;
}

/** A folder and those in it, of which hidden ones are left out. */
function foldersIn(folder: string): string[] {
  const found = [folder];
  for (const each of found) {
    const inside = readdirSync(each, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    found.push(...inside.filter(({ name }) => !name.startsWith('.')).map(({ name }) => join(each, name)));
    if (found.length >= MOST_FOLDERS) break;
  }
  return found.slice(0, MOST_FOLDERS);
}
