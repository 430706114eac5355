import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { isPlainObject } from '../config/difference.ts';
import { messageOf, SnoozeError } from '../errors.ts';
import type { Asks } from './approval.ts';
import type { FileHashes } from './hash-files.ts';

/** What is known of one installed version of a plugin. */
export type LockedVersion = {
  version: string;
  /** Its folder in `plugins/.versions/<plugin>/`. */
  folder: string;
  /** What `snooze plugin install` was given: a path, a URL, or the name of a package. */
  source: string;
  /** `sha512-…` of the package. */
  integrity: string;
  /** The id of the key that has signed the package, or null. */
  signed_by: string | null;
  /** RFC 3339, UTC. */
  installed_at: string;
  /** What it asked for when a person approved of it; an older snoozed did not write it down. */
  approved?: Asks;
  files: FileHashes;
};

/** `plugins.lock` in the state directory: the installed versions by plugin, the one that came in force last first. */
export type PluginLock = {
  /** Its path. */
  file: string;
  plugins(): string[];
  versions(plugin: string): LockedVersion[];
  find(plugin: string, folder: string): LockedVersion | undefined;
  /** Puts a version first. */
  put(plugin: string, version: LockedVersion): void;
  /** Forgets the versions whose folders are not named. */
  keep(plugin: string, folders: readonly string[]): void;
};

type LockFile = { lock_version: 1; plugins: Record<string, LockedVersion[]> };

/** Reads the file whenever it is asked, for it is what plugins are held to, and only snoozed writes it. */
export function openPluginLock(stateDirectory: string): PluginLock {
  const file = join(stateDirectory, 'plugins.lock');
  const change = (plugin: string, of: (versions: LockedVersion[]) => LockedVersion[]) => {
    const { plugins } = read(file);
    const before = plugins[plugin] ?? [];
    const versions = of(before);
    if (isDeepStrictEqual(before, versions)) return;
    const { [plugin]: _, ...others } = plugins;
    write(file, { lock_version: 1, plugins: versions.length === 0 ? others : { ...others, [plugin]: versions } });
  };
  return {
    file,
    plugins: () => Object.keys(read(file).plugins),
    versions: (plugin) => read(file).plugins[plugin] ?? [],
    find: (plugin, folder) => read(file).plugins[plugin]?.find((version) => version.folder === folder),
    put: (plugin, version) =>
      change(plugin, (before) => [version, ...before.filter(({ folder }) => folder !== version.folder)]),
    keep: (plugin, folders) => change(plugin, (before) => before.filter(({ folder }) => folders.includes(folder))),
  };
}

function read(file: string): LockFile {
  if (!existsSync(file)) return { lock_version: 1, plugins: {} };
  try {
    const found: unknown = JSON.parse(readFileSync(file, 'utf8'));
    if (isPlainObject(found) && found['lock_version'] === 1 && isPlainObject(found['plugins'])) {
      return found as LockFile;
    }
    throw new Error('expected {"lock_version": 1, "plugins": {…}}');
  } catch (error) {
    throw new SnoozeError('SNOOZE_E_PLUGIN_CHANGED', `${file} cannot be used: ${messageOf(error)}`, {
      hint: 'put it back as it was, or move it away and install the plugins again',
      cause: error,
    });
  }
}

/** As a whole or not at all, and on the disk before a version is put in force. */
function write(file: string, lock: LockFile): void {
  const temporary = `${file}.new`;
  try {
    const descriptor = openSync(temporary, 'w', 0o640);
    try {
      writeSync(descriptor, `${JSON.stringify(lock, null, 2)}\n`);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    renameSync(temporary, file);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw new SnoozeError('SNOOZE_E_INSTALL', `${file} cannot be written: ${messageOf(error)}`, { cause: error });
  }
}
