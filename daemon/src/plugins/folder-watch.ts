import { watch } from 'node:fs';
import type { Clock } from '../clock.ts';

/** Files are copied one after the other; what is copied is whole so long after the last of them. */
const SETTLED_MS = 500;

/**
 * Calls back once, a moment after files in a folder have changed; the function it gives ends the watch. A folder that
 * cannot be watched is not: the plugin's own next try still comes.
 */
export function onFolderChange(folder: string, clock: Clock, callback: () => void): () => void {
  let cancel = () => {};
  const end = () => {
    cancel();
    watcher?.close();
  };
  let watcher: ReturnType<typeof watch> | undefined;
  try {
    watcher = watch(folder, { persistent: false }, () => {
      cancel();
      cancel = clock.after(SETTLED_MS, () => {
        end();
        callback();
      });
    });
    watcher.on('error', end);
  } catch {
    // gone, or no more watches on this host
  }
  return end;
}
