import {
  closeSync,
  constants,
  fstatSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  realpathSync,
  statSync,
  writeSync,
} from 'node:fs';

/** Reads `/proc`, `/sys` and `/dev`, and writes to terminals; the roots are settable for tests and containers. */
export type HostFiles = {
  /** A file of /proc, such as `stat` or `net/dev`, as text. The descriptor is kept open between calls. */
  proc(path: string): string;
  /** A file of /sys as trimmed text, or undefined where it does not exist. */
  sys(path: string): string | undefined;
  /** Names in a folder of /sys, or an empty list where it does not exist. */
  listSys(path: string): string[];
  /** The same, but throws where the folder does not exist or cannot be read. */
  listSysOrThrow(path: string): string[];
  /** Where /sys/<path> leads when links are followed, or undefined where it does not exist. */
  resolveSys(path: string): string | undefined;
  /** Names in a folder of /dev, or an empty list where it does not exist. */
  listDev(path: string): string[];
  /** When a terminal of /dev was last read and written (Unix ms), or undefined where there is no such device. */
  terminalTimes(path: string): { atimeMs: number; mtimeMs: number } | undefined;
  /**
   * Writes to a terminal of /dev that takes messages: its group may write, mesg(1). Never waits: what a stopped terminal
   * does not take is let go. False where nothing was written. `terminalTimes` does not count it as a use.
   */
  tellTerminal(path: string, text: string): boolean;
  /** Closes every kept descriptor. */
  close(): void;
};

/** Longer than the /proc files that are read on most hosts; it grows where one is longer. */
const FIRST_BUFFER_BYTES = 16 * 1024;

/** The host's own files. An open-read-close for each sample would cost five times as much as a kept descriptor. */
export function openHostFiles(roots: { procRoot?: string; sysRoot?: string; devRoot?: string } = {}): HostFiles {
  const { procRoot = '/proc', sysRoot = '/sys', devRoot = '/dev' } = roots;
  const descriptors = new Map<string, number>();
  /** Terminals that were written to from here: when somebody else had last done so, and what the kernel says since. */
  const written = new Map<string, { beforeMs: number; sinceMs: number }>();
  let buffer = Buffer.allocUnsafe(FIRST_BUFFER_BYTES);

  // Files with many records (net/dev, diskstats, interrupts) come a page at a time: only an empty read is the end.
  const readWhole = (descriptor: number): string => {
    let length = 0;
    for (;;) {
      const read = readSync(descriptor, buffer, length, buffer.length - length, length);
      if (read === 0) return buffer.toString('latin1', 0, length);
      length += read;
      if (length === buffer.length) buffer = Buffer.concat([buffer], buffer.length * 2);
    }
  };
  const open = (path: string): number => {
    const descriptor = openSync(`${procRoot}/${path}`, 'r');
    descriptors.set(path, descriptor);
    return descriptor;
  };
  const terminalTimes: HostFiles['terminalTimes'] = (path) => {
    const found = statSync(`${devRoot}/${path}`, { throwIfNoEntry: false });
    if (!found?.isCharacterDevice()) return undefined;
    const ours = written.get(path);
    return { atimeMs: found.atimeMs, mtimeMs: ours?.sinceMs === found.mtimeMs ? ours.beforeMs : found.mtimeMs };
  };

  return {
    proc(path) {
      const kept = descriptors.get(path);
      if (kept === undefined) return readWhole(open(path));
      try {
        return readWhole(kept);
      } catch {
        // A descriptor can go stale (what it stood for was removed): one fresh try, whose error counts.
        descriptors.delete(path);
        quietly(() => closeSync(kept));
        return readWhole(open(path));
      }
    },
    sys: (path) => quietly(() => readFileSync(`${sysRoot}/${path}`, 'utf8').trim()),
    listSys: (path) => quietly(() => readdirSync(`${sysRoot}/${path}`)) ?? [],
    listSysOrThrow: (path) => readdirSync(`${sysRoot}/${path}`),
    resolveSys: (path) => quietly(() => realpathSync(`${sysRoot}/${path}`)),
    listDev: (path) => quietly(() => readdirSync(`${devRoot}/${path}`)) ?? [],
    terminalTimes,
    tellTerminal(path, text) {
      const beforeMs = terminalTimes(path)?.mtimeMs;
      if (beforeMs === undefined || !quietly(() => writeMessage(`${devRoot}/${path}`, text))) return false;
      const sinceMs = quietly(() => statSync(`${devRoot}/${path}`).mtimeMs);
      if (sinceMs !== undefined) written.set(path, { beforeMs, sinceMs });
      return true;
    },
    close() {
      for (const descriptor of descriptors.values()) quietly(() => closeSync(descriptor));
      descriptors.clear();
    },
  };
}

const GROUP_WRITES = 0o020;

function writeMessage(path: string, text: string): boolean {
  const descriptor = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  try {
    const found = fstatSync(descriptor);
    return found.isCharacterDevice() && (found.mode & GROUP_WRITES) !== 0 && writeSync(descriptor, text) > 0;
  } finally {
    closeSync(descriptor);
  }
}

/** What is not there is no error: the monitor decides what it means. */
function quietly<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
