import { randomBytes } from 'node:crypto';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { messageOf, SnoozeError } from '../errors.ts';

const STAGING = '.staging-';
/** Beside the plugins, with a folder for each of them. */
export const VERSIONS_FOLDER = '.versions';

/**
 * Where installed plugins lie: each version in a folder of its own, `.versions/<plugin>/<version>-<random>`, and the
 * plugin's name is a link to the one in force. To put another one in force is to rename one link, which happens whole
 * or not at all, whenever the process may be killed.
 */
export type InstalledVersions = {
  /** A folder beside the plugins, for an install that is not done. */
  makeStaging(): string;
  /** Moves a finished folder to the versions of a plugin; gives its new name, under which it is not yet in force. */
  add(root: string, plugin: string, version: string): string;
  /** The name of the folder that is in force; undefined where the plugin is not installed here. */
  current(plugin: string): string | undefined;
  /** @throws SnoozeError SNOOZE_E_INSTALL where something has the plugin's place that snooze did not put there. */
  refuseForeign(plugin: string): void;
  /** Puts a version in force. */
  use(plugin: string, folder: string): void;
  /** Removes a plugin with all of its versions. */
  remove(plugin: string): void;
  /** The plugins of which there is a version, in force or not. */
  plugins(): string[];
  /** Removes every version of a plugin but those that are named. */
  prune(plugin: string, keep: readonly string[]): void;
  /** At the start: removes the staging folders of installs that were interrupted. */
  sweepStaging(): void;
  /** The path of a plugin, which is the same for every version. */
  pathOf(plugin: string): string;
  /** The path of one version. */
  pathOfVersion(plugin: string, folder: string): string;
};

/** @throws SnoozeError SNOOZE_E_INSTALL, from `makeStaging` and `use`, where nothing can be installed. */
export function installedVersions(pluginsDirectory: string): InstalledVersions {
  const pathOf = (plugin: string) => join(pluginsDirectory, plugin);
  const folderOf = (plugin: string) => join(pluginsDirectory, VERSIONS_FOLDER, plugin);
  const current = (plugin: string) => {
    const path = pathOf(plugin);
    if (!lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink()) return undefined;
    const folder = basename(readlinkSync(path));
    return existsSync(join(folderOf(plugin), folder)) ? folder : undefined;
  };
  const refuseForeign = (plugin: string) => {
    const path = pathOf(plugin);
    if (lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() !== false) return;
    throw new SnoozeError('SNOOZE_E_INSTALL', `${path} is there already, and snooze did not install it`, {
      hint: 'move it away, and install again',
    });
  };
  return {
    pathOf,
    pathOfVersion: (plugin, folder) => join(folderOf(plugin), folder),
    current,
    makeStaging() {
      try {
        mkdirSync(pluginsDirectory, { recursive: true, mode: 0o750 });
        return mkdtempSync(join(pluginsDirectory, STAGING));
      } catch (error) {
        throw new SnoozeError(
          'SNOOZE_E_INSTALL',
          `${pluginsDirectory}: nothing can be installed there: ${messageOf(error)}`,
          { cause: error },
        );
      }
    },
    add(root, plugin, version) {
      const folder = `${version}-${randomBytes(4).toString('hex')}`;
      mkdirSync(folderOf(plugin), { recursive: true, mode: 0o750 });
      renameSync(root, join(folderOf(plugin), folder));
      return folder;
    },
    refuseForeign,
    use(plugin, folder) {
      refuseForeign(plugin);
      const link = join(pluginsDirectory, `${STAGING}${randomBytes(4).toString('hex')}`);
      symlinkSync(join(VERSIONS_FOLDER, plugin, folder), link);
      renameSync(link, pathOf(plugin));
    },
    remove(plugin) {
      rmSync(pathOf(plugin), { force: true });
      rmSync(folderOf(plugin), { recursive: true, force: true });
    },
    plugins: () => namesIn(join(pluginsDirectory, VERSIONS_FOLDER)),
    prune(plugin, keep) {
      for (const folder of namesIn(folderOf(plugin))) {
        if (!keep.includes(folder)) rmSync(join(folderOf(plugin), folder), { recursive: true, force: true });
      }
      if (keep.length === 0) rmSync(folderOf(plugin), { recursive: true, force: true });
    },
    sweepStaging() {
      for (const name of namesIn(pluginsDirectory)) {
        if (name.startsWith(STAGING)) rmSync(join(pluginsDirectory, name), { recursive: true, force: true });
      }
    },
  };
}

function namesIn(directory: string): string[] {
  return existsSync(directory) ? readdirSync(directory) : [];
}
