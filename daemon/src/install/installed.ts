import type { Clock } from '../clock.ts';
import { pluginsDirectory } from '../config/locations.ts';
import { SnoozeError } from '../errors.ts';
import type { Manifest } from '../plugins/manifest/manifest.ts';
import { PLUGIN_NAME_PATTERN } from '../plugins/manifest/manifest-schema.ts';
import { readManifest } from '../plugins/manifest/read-manifest.ts';
import { type Asks, asksOf } from './approval.ts';
import { differenceFrom } from './hash-files.ts';
import { type LockedVersion, openPluginLock } from './lock.ts';
import { createVerify, type Verify } from './verify.ts';
import { type InstalledVersions, installedVersions } from './versions.ts';

/** A plugin in force, and where it is from. */
export type InstalledPlugin = { plugin: string } & Omit<LockedVersion, 'files'>;

/** What snooze has installed: the folders of the versions, and `plugins.lock`, which are changed together. */
export type Installed = Pick<InstalledVersions, 'makeStaging' | 'pathOf' | 'refuseForeign'> & {
  /** What is in force, by plugin; what was last where its folder is gone. */
  installed(): InstalledPlugin[];
  /** What of a plugin is not as it was installed, in words; null where all is. */
  changeOf(plugin: string): Promise<string | null>;
  /** The manifest of the version in force; undefined where there is none that can be read. */
  manifestOf(plugin: string): Manifest | undefined;
  /** Locks the files of a finished folder and puts it in force; the version before stays. */
  put(root: string, plugin: string, version: Omit<LockedVersion, 'folder'>): void;
  /** The version in force and the one before it, which `rollback` puts in force again; two of one number with their times. */
  before(plugin: string): { from: string; to: string };
  rollback(plugin: string): void;
  /** A rollback after which the version that was in force is gone. */
  giveUp(plugin: string): void;
  /** Throws for what can be no plugin's name, and so might lead to another folder. */
  checkName(plugin: string): void;
  /** Throws where snooze did not install a plugin; `found` is where the daemon knows it, for the message. */
  checkInstalled(plugin: string, found?: string): void;
  /** Removes a plugin; gives the path it had. */
  uninstall(plugin: string): string;
  /** What was approved of the version in force; undefined where there is none. */
  approvedOf(plugin: string): Asks | undefined;
  /** Checks that a plugin is as it was installed and approved; one that snooze did not install is left alone. */
  verify: Verify;
  /** At the start: removes what interrupted installs have left. */
  sweep(): void;
};

/** Its methods throw SnoozeError SNOOZE_E_INSTALL, SNOOZE_E_PLUGIN_CHANGED or SNOOZE_E_PLUGIN_APPROVAL, and then nothing has changed. */
export function openInstalled(stateDirectory: string, clock: Clock): Installed {
  const versions = installedVersions(pluginsDirectory(stateDirectory));
  const lock = openPluginLock(stateDirectory);

  const manifestOf = (plugin: string): Manifest | undefined => {
    const folder = versions.current(plugin);
    return folder === undefined ? undefined : manifestOrNone(versions.pathOfVersion(plugin, folder));
  };

  const lockedOf = (plugin: string): LockedVersion | undefined => {
    const folder = versions.current(plugin);
    return folder === undefined ? lock.versions(plugin)[0] : lock.find(plugin, folder);
  };

  const checkInstalled = (plugin: string, found?: string) => {
    checkName(plugin);
    if (versions.current(plugin) === undefined && lockedOf(plugin) === undefined) throw notInstalled(plugin, found);
    versions.refuseForeign(plugin);
  };

  const keepOnly = (plugin: string, folders: readonly string[]) => {
    versions.prune(plugin, folders);
    lock.keep(plugin, folders);
  };

  /** Keeps the version in force and those before it. What is locked and never came in force was interrupted. */
  const settle = (plugin: string, before: number) => {
    const current = versions.current(plugin);
    const known = lock.versions(plugin).map(({ folder }) => folder);
    const at = current === undefined ? -1 : known.indexOf(current);
    keepOnly(plugin, at === -1 ? [current ?? []].flat() : known.slice(at, at + 1 + before));
  };

  const previousOf = (plugin: string): LockedVersion => {
    checkInstalled(plugin);
    const current = versions.current(plugin);
    if (current === undefined)
      throw new SnoozeError('SNOOZE_E_INSTALL', `the folder of ${plugin} is gone: ${versions.pathOf(plugin)}`, {
        hint: `type: snooze plugin update ${plugin}`,
      });
    const known = lock.versions(plugin);
    const previous = known[known.findIndex(({ folder }) => folder === current) + 1];
    if (previous !== undefined) return previous;
    throw new SnoozeError('SNOOZE_E_INSTALL', `no version of ${plugin} before this one is kept`, {
      hint: 'install the one that you want: snooze plugin install SOURCE',
    });
  };

  const rollback = (plugin: string) => {
    const previous = previousOf(plugin);
    versions.use(plugin, previous.folder);
    lock.put(plugin, previous);
  };

  return {
    makeStaging: versions.makeStaging,
    pathOf: versions.pathOf,
    refuseForeign: versions.refuseForeign,
    manifestOf,
    checkName,
    checkInstalled,
    rollback,
    installed: () =>
      lock.plugins().flatMap((plugin) => {
        const { files: _, ...locked } = lockedOf(plugin) ?? { files: {} };
        return 'source' in locked ? [{ plugin, ...locked }] : [];
      }),
    async changeOf(plugin) {
      const folder = versions.current(plugin);
      if (folder === undefined) return 'its folder is gone';
      const { files = {} } = lock.find(plugin, folder) ?? {};
      return (await differenceFrom(files, versions.pathOfVersion(plugin, folder))) ?? null;
    },
    put(root, plugin, version) {
      const folder = versions.add(root, plugin, version.version);
      lock.put(plugin, { ...version, folder });
      versions.use(plugin, folder);
      settle(plugin, 2); // it may have to be given up
    },
    before(plugin) {
      const previous = previousOf(plugin);
      const current = lock.find(plugin, versions.current(plugin) ?? '');
      const from = manifestOf(plugin)?.version ?? 'a broken one';
      if (from !== previous.version || current === undefined) return { from, to: previous.version };
      const named = ({ version, installed_at }: LockedVersion) => `${version} (installed ${installed_at})`;
      return { from: named(current), to: named(previous) };
    },
    giveUp(plugin) {
      const failed = versions.current(plugin);
      rollback(plugin);
      const rest = lock.versions(plugin).filter(({ folder }) => folder !== failed);
      keepOnly(
        plugin,
        rest.slice(0, 2).map(({ folder }) => folder),
      );
    },
    uninstall(plugin) {
      checkInstalled(plugin);
      versions.remove(plugin);
      lock.keep(plugin, []);
      return versions.pathOf(plugin);
    },
    approvedOf(plugin) {
      const locked = lockedOf(plugin);
      const manifest = manifestOf(plugin);
      // An older snoozed has not written down what was approved, which was what is there.
      return locked?.approved ?? (locked && manifest && asksOf(manifest));
    },
    verify: createVerify(pluginsDirectory(stateDirectory), lock, clock),
    sweep() {
      versions.sweepStaging();
      try {
        // one of which nothing is there, as of a folder that is mounted later, stays as it was installed
        for (const plugin of versions.plugins()) settle(plugin, 1);
      } catch {
        // the lock cannot be read: each plugin will say so when it is to start
      }
    },
  };
}

function checkName(plugin: string): void {
  if (new RegExp(PLUGIN_NAME_PATTERN).test(plugin)) return;
  throw new SnoozeError('SNOOZE_E_INSTALL', `${JSON.stringify(plugin)} is no plugin's name`, {
    hint: 'type: snooze plugin list',
  });
}

function notInstalled(plugin: string, found: string | undefined): SnoozeError {
  if (found === undefined)
    return new SnoozeError('SNOOZE_E_INSTALL', `there is no plugin ${plugin}`, { hint: 'type: snooze plugin list' });
  return new SnoozeError('SNOOZE_E_INSTALL', `${plugin} lies in ${found}, where snooze did not install it`, {
    hint: `remove that folder, or: snooze plugin disable ${plugin}`,
  });
}

function manifestOrNone(directory: string): Manifest | undefined {
  try {
    return readManifest(directory);
  } catch {
    return undefined; // whatever is there is replaced
  }
}
