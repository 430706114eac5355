import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import isOlder from 'semver/functions/lt.js';
import { type Clock, rfc3339 } from '../clock.ts';
import type { CommandRunner } from '../command.ts';
import { pluginsDirectory } from '../config/locations.ts';
import { messageOf, SnoozeError } from '../errors.ts';
import type { Manifest } from '../plugins/manifest.ts';
import { PLUGIN_NAME_PATTERN } from '../plugins/manifest-schema.ts';
import { readManifest } from '../plugins/read-manifest.ts';
import { addedPermissions } from './added-permissions.ts';
import { buildPlugin } from './build.ts';
import { checkEntryPoint, checkPrograms } from './entry-point.ts';
import { hashFiles, integrityOf } from './hash-files.ts';
import { type LockedVersion, openPluginLock } from './lock.ts';
import { type Trust, type TrustPolicy, trustIn } from './trust.ts';
import { unpackPackage } from './unpack.ts';
import { verifyInstalled } from './verify.ts';
import { installedVersions } from './versions.ts';

/** A package that was unpacked and checked, and of which nothing has run or is in force yet. */
export type Staged = {
  manifest: Manifest;
  /** The version that it would replace, and what it asks for beyond that one. */
  replaces: string | null;
  /** Whether it is a version before that one. */
  older: boolean;
  added: string[];
  integrity: string;
  trust: Trust;
};

/** A plugin that was put in force; `replaced` is the version that was there. */
export type Installed = {
  manifest: Manifest;
  directory: string;
  replaced: string | null;
  integrity: string;
  signed_by: string | null;
};

/** A plugin in force, and where it is from. */
export type InstalledPlugin = { plugin: string } & Omit<LockedVersion, 'files'>;

/** The room where plugins come in and go. Each step throws SnoozeError SNOOZE_E_INSTALL and its like, and then nothing has changed. */
export type Installer = {
  /** A folder for one install; the package is written to `packageFile` in it. */
  open(): string;
  packageFile(staging: string): string;
  /** Checks the package's signature, unpacks it, and checks it whole. */
  stage(staging: string, signature: string | null, policy: TrustPolicy): Promise<Staged>;
  /**
   * Builds what was staged, as long as somebody waits, locks its files and puts it in force; `decided` is told right
   * before that. The version before stays, for `rollback`.
   */
  commit(
    staging: string,
    source: string,
    { decided, signal }: { decided: (installed: Installed) => void; signal: AbortSignal },
  ): Promise<Installed>;
  /** Removes what an install has left in its folder. */
  close(staging: string): void;
  /** The version in force and the one before it, which `rollback` puts in force again. */
  before(plugin: string): { from: string; to: string };
  rollback(plugin: string): void;
  /** A rollback after which the version that was in force is gone. */
  giveUp(plugin: string): void;
  /** What is in force, by plugin. */
  installed(): InstalledPlugin[];
  /** Throws where snooze did not install a plugin; `found` is where the daemon knows it, for the message. */
  checkInstalled(plugin: string, found?: string): void;
  /** Removes a plugin; gives the path it had. */
  uninstall(plugin: string): string;
  /** Checks that a plugin's folder is as it was installed; one that snooze did not install is left alone. */
  verify(directory: string): Promise<void>;
  /** At the start: removes what interrupted installs have left. */
  sweep(): void;
};

export type InstallerParts = { stateDirectory: string; run: CommandRunner; clock: Clock };

export function createInstaller({ stateDirectory, run, clock }: InstallerParts): Installer {
  const versions = installedVersions(pluginsDirectory(stateDirectory));
  const lock = openPluginLock(stateDirectory);
  const packageFile = (staging: string) => join(staging, 'package.tar.gz');
  const unpackedIn = (staging: string) => join(staging, 'new');
  const inForce = (plugin: string): Manifest | undefined => {
    const folder = versions.current(plugin);
    return folder === undefined ? undefined : manifestOrNone(versions.pathOfVersion(plugin, folder));
  };

  const checkInstalled = (plugin: string, found?: string) => {
    checkName(plugin);
    if (versions.current(plugin) === undefined) throw notInstalled(plugin, found);
  };

  /** Keeps the version in force and the one before it. What is locked and never came in force was interrupted. */
  const settle = (plugin: string) => {
    const current = versions.current(plugin);
    const known = lock.versions(plugin).map(({ folder }) => folder);
    const at = current === undefined ? -1 : known.indexOf(current);
    const keep = at === -1 ? [current ?? []].flat() : known.slice(at, at + 2);
    versions.prune(plugin, keep);
    lock.keep(plugin, keep);
  };
  const previousOf = (plugin: string): LockedVersion => {
    checkInstalled(plugin);
    const known = lock.versions(plugin);
    const previous = known[known.findIndex(({ folder }) => folder === versions.current(plugin)) + 1];
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

  /** Where the plugin lies in what was unpacked. */
  const roots = new Map<string, { root: string; manifest: Manifest; integrity: string; signedBy: string | null }>();

  return {
    open: () => versions.makeStaging(),
    packageFile,
    stage: (staging, signature, policy) =>
      withoutPath(unpackedIn(staging), async () => {
        mkdirSync(unpackedIn(staging));
        const contents = readFileSync(packageFile(staging));
        const integrity = integrityOf(contents);
        const trust = trustIn(contents, signature, policy);
        const root = await unpackPackage(packageFile(staging), unpackedIn(staging));
        const manifest = readManifest(root);
        checkPrograms(manifest);
        versions.refuseForeign(manifest.name);
        roots.set(staging, { root, manifest, integrity, signedBy: trust.signed_by });
        const before = inForce(manifest.name);
        const added = before === undefined ? [] : addedPermissions(before, manifest);
        const older = before !== undefined && isOlder(manifest.version, before.version);
        return { manifest, replaces: before?.version ?? null, older, added, integrity, trust };
      }),
    commit: (staging, source, { decided, signal }) =>
      withoutPath(unpackedIn(staging), async () => {
        const staged = roots.get(staging);
        if (staged === undefined) throw new SnoozeError('SNOOZE_E_INSTALL', 'the package was not looked at before');
        const { root, manifest, integrity, signedBy } = staged;
        const { name, version } = manifest;
        await buildPlugin(root, manifest, { run, signal });
        checkEntryPoint(root, manifest);
        const files = await hashFiles(root);
        const installed = {
          manifest,
          directory: versions.pathOf(name),
          replaced: inForce(name)?.version ?? null,
          integrity,
          signed_by: signedBy,
        };
        decided(installed);
        const folder = versions.add(root, name, version);
        const installedAt = rfc3339(clock.wallMs());
        lock.put(name, { version, folder, source, integrity, signed_by: signedBy, installed_at: installedAt, files });
        versions.use(name, folder);
        settle(name);
        return installed;
      }),
    close(staging) {
      roots.delete(staging);
      rmSync(staging, { recursive: true, force: true });
    },
    before(plugin) {
      return { from: inForce(plugin)?.version ?? 'a broken one', to: previousOf(plugin).version };
    },
    rollback,
    giveUp(plugin) {
      rollback(plugin);
      const kept = lock
        .versions(plugin)
        .slice(0, 1)
        .map(({ folder }) => folder);
      versions.prune(plugin, kept);
      lock.keep(plugin, kept);
    },
    installed: () =>
      lock.plugins().flatMap((plugin) => {
        const { files: _, ...locked } = lock.find(plugin, versions.current(plugin) ?? '') ?? { files: {} };
        return 'source' in locked ? [{ plugin, ...locked }] : [];
      }),
    checkInstalled,
    uninstall(plugin) {
      checkInstalled(plugin);
      versions.remove(plugin);
      lock.keep(plugin, []);
      return versions.pathOf(plugin);
    },
    verify: (directory) => verifyInstalled(directory, pluginsDirectory(stateDirectory), lock),
    sweep() {
      versions.sweepStaging();
      try {
        for (const plugin of new Set([...versions.plugins(), ...lock.plugins()])) settle(plugin);
      } catch {
        // the lock cannot be read: each plugin will say so when it is to start
      }
    },
  };
}

/** The daemon's folders are nobody's business: messages name files as the package does. */
async function withoutPath<T>(unpacked: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (!(error instanceof SnoozeError))
      throw new SnoozeError('SNOOZE_E_INSTALL', `the package was not installed: ${messageOf(error)}`, { cause: error });
    throw new SnoozeError(error.code, error.message.replaceAll(`${unpacked}/`, ''), {
      ...(error.hint !== undefined && { hint: error.hint }),
      cause: error,
    });
  }
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
