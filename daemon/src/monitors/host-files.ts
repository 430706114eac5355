import { closeSync, openSync, readdirSync, readFileSync, readSync, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Reads `/proc`, `/sys` and `/dev`; the roots are settable for tests and containers. */
export type HostFiles = {
  /** A file of /proc, such as `stat` or `net/dev`, as text. The descriptor is kept open between calls. */
  proc(path: string): string;
  /** A file of /sys as trimmed text, or undefined where it does not exist. */
  sys(path: string): string | undefined;
  /** Names in a folder of /sys, or an empty list where it does not exist. */
  listSys(path: string): string[];
  /** Where /sys/<path> leads when links are followed, or undefined where it does not exist. */
  resolveSys(path: string): string | undefined;
  /** Names in a folder of /dev, or an empty list where it does not exist. */
  listDev(path: string): string[];
  /** When a terminal of /dev was last read and written (Unix ms), or undefined where there is no such device. */
  terminalTimes(path: string): { atimeMs: number; mtimeMs: number } | undefined;
  /** Closes every kept descriptor. */
  close(): void;
};

/** Longer than the /proc files that are read on most hosts; it grows where one is longer. */
const FIRST_BUFFER_BYTES = 16 * 1024;

/** The host's own files. An open-read-close for each sample would cost five times as much as a kept descriptor. */
export function openHostFiles(roots: { proc?: string; sys?: string; dev?: string } = {}): HostFiles {
  const { proc = '/proc', sys = '/sys', dev = '/dev' } = roots;
  const descriptors = new Map<string, number>();
  let buffer = Buffer.allocUnsafe(FIRST_BUFFER_BYTES);

  const readAt = (descriptor: number): string => {
    for (;;) {
      const length = readSync(descriptor, buffer, 0, buffer.length, 0);
      if (length < buffer.length) return buffer.toString('latin1', 0, length);
      buffer = Buffer.allocUnsafe(buffer.length * 2);
    }
  };
  const descriptorOf = (path: string): number => {
    const known = descriptors.get(path) ?? openSync(join(proc, path), 'r');
    descriptors.set(path, known);
    return known;
  };

  return {
    proc(path) {
      const kept = descriptors.get(path);
      try {
        return readAt(kept ?? descriptorOf(path));
      } catch (error) {
        if (kept === undefined) throw error;
        // A descriptor can go stale (a file of a device that was removed): one fresh try.
        closeSync(kept);
        descriptors.delete(path);
        return readAt(descriptorOf(path));
      }
    },
    sys: (path) => quietly(() => readFileSync(join(sys, path), 'utf8').trim()),
    listSys: (path) => quietly(() => readdirSync(join(sys, path))) ?? [],
    resolveSys: (path) => quietly(() => realpathSync(join(sys, path))),
    listDev: (path) => quietly(() => readdirSync(join(dev, path))) ?? [],
    terminalTimes(path) {
      const found = statSync(join(dev, path), { throwIfNoEntry: false });
      return found?.isCharacterDevice() ? { atimeMs: found.atimeMs, mtimeMs: found.mtimeMs } : undefined;
    },
    close() {
      for (const descriptor of descriptors.values()) closeSync(descriptor);
      descriptors.clear();
    },
  };
}

/** What is not there is no error: the monitor decides what it means. */
function quietly<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
