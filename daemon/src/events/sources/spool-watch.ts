import { type FSWatcher, watch } from 'node:fs';
import { basename, dirname } from 'node:path';
import { messageOf } from '../../errors.ts';

/** A watch on a folder that outlives the folder. */
export type SpoolWatch = {
  /** Watches the folder that lies there now, if it is not watched yet; gives what keeps it from that, in words. */
  renew(): string | undefined;
  close(): void;
};

/**
 * Calls back when something in the folder has changed, or when it was removed, moved away or made; then `renew` has to
 * be called. While there is none, the folder in which it belongs is watched. Nothing is watched before the first `renew`.
 */
export function createSpoolWatch(folder: string, onChange: () => void): SpoolWatch {
  const name = basename(folder);
  let inside: FSWatcher | undefined;
  let beside: FSWatcher | undefined;
  let closed = false;

  const leave = () => {
    inside?.close();
    inside = undefined;
  };
  const onInside = (kind: string, changed: string | null) => {
    // The folder itself goes by its own name (inotify_add_watch(2): IN_DELETE_SELF, IN_MOVE_SELF).
    if (kind === 'rename' && changed === name) leave();
    onChange();
  };
  const onBeside = (_: string, changed: string | null) => {
    if (changed === name || changed === null) onChange();
  };
  return {
    renew() {
      if (inside !== undefined || closed) return undefined;
      try {
        // In this order: a folder that is made in between is noticed.
        beside ??= watch(dirname(folder), { persistent: false }, onBeside).on('error', stopBeside);
        inside = watch(folder, { persistent: false }, onInside).on('error', leave);
        stopBeside();
        return undefined;
      } catch (error) {
        return messageOf(error);
      }
    },
    close() {
      closed = true;
      leave();
      stopBeside();
    },
  };

  function stopBeside(): void {
    beside?.close();
    beside = undefined;
  }
}
