import { SnoozeError } from '../errors.ts';

/** NAME_MAX of Linux, and less than its PATH_MAX, because the package lies in some folder. */
const LONGEST_NAME_BYTES = 255;
const LONGEST_PATH_BYTES = 1_024;
const DEEPEST = 32;

/** Takes the names of a package's entries one after the other, and refuses those that no plugin needs. */
export type EntryNames = {
  /**
   * The parts of an entry's path, none for the package's own top.
   * @throws SnoozeError SNOOZE_E_INSTALL for a path that leads out, is too long, or was there before.
   */
  take(name: string): string[];
};

/** Names are compared as a file system would that ignores case, so that a package is the same one everywhere. */
export function createEntryNames(): EntryNames {
  const spelled = new Map<string, string>();
  const taken = new Set<string>();
  return {
    take(name) {
      const parts = partsOf(name);
      for (const index of parts.keys()) {
        const path = parts.slice(0, index + 1).join('/');
        const folded = path.normalize('NFC').toLowerCase();
        const before = spelled.get(folded) ?? path;
        if (before !== path) throw refused(`it holds ${before} and ${path}, which differ in upper and lower case only`);
        spelled.set(folded, path);
      }
      const path = parts.join('/');
      if (taken.has(path)) throw refused(`it holds ${path} twice`);
      if (parts.length > 0) taken.add(path);
      return parts;
    },
  };
}

/** The error for a package that is not taken. */
export function refused(why: string): SnoozeError {
  return new SnoozeError('SNOOZE_E_INSTALL', `this package is refused: ${why}`);
}

function partsOf(name: string): string[] {
  const shown = JSON.stringify(name.length > 80 ? `${name.slice(0, 80)}…` : name);
  if (/[\p{Cc}\p{Bidi_Control}]/u.test(name)) throw refused(`the name ${shown} has control characters`);
  const parts = name.split('/').filter((part) => part !== '' && part !== '.');
  if (name.startsWith('/') || parts.includes('..')) throw refused(`${name} leads out of the package`);
  if (parts.length > DEEPEST)
    throw refused(`${shown} lies ${parts.length} folders deep, at most ${DEEPEST} are possible`);
  if (
    Buffer.byteLength(name) > LONGEST_PATH_BYTES ||
    parts.some((part) => Buffer.byteLength(part) > LONGEST_NAME_BYTES)
  )
    throw refused(
      `the name ${shown} is too long: ${LONGEST_NAME_BYTES} bytes for a part and ${LONGEST_PATH_BYTES} in all are possible`,
    );
  return parts;
}
