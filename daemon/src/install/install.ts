import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { CommandRunner } from '../command.ts';
import { messageOf, SnoozeError } from '../errors.ts';
import type { Manifest } from '../plugins/manifest.ts';
import { PLUGIN_NAME_PATTERN } from '../plugins/manifest-schema.ts';
import { readManifest } from '../plugins/read-manifest.ts';
import { buildPlugin } from './build.ts';
import { checkEntryPoint, checkPrograms } from './entry-point.ts';
import { unpackPackage } from './unpack.ts';
import { installedVersions } from './versions.ts';

/** A plugin that was put in place; `replaced` is the version that was there. */
export type Installed = { manifest: Manifest; directory: string; replaced: string | null };

/**
 * Unpacks, checks and builds a package beside the installed plugins, then puts it in force.
 * @throws SnoozeError SNOOZE_E_INSTALL, SNOOZE_E_MANIFEST_INVALID or SNOOZE_E_PLUGIN_BUILD; then nothing has changed.
 */
export async function installPackage(
  tarball: string,
  pluginsDirectory: string,
  run: CommandRunner,
): Promise<Installed> {
  const versions = installedVersions(pluginsDirectory);
  const staging = versions.makeStaging();
  try {
    const unpacked = join(staging, 'new');
    mkdirSync(unpacked);
    const root = await unpackPackage(tarball, unpacked);
    const manifest = readManifest(root);
    checkPrograms(manifest);
    await buildPlugin(root, manifest, run);
    checkEntryPoint(root, manifest);
    const { name, version } = manifest;
    const before = versions.current(name);
    const replaced = before === undefined ? null : versionIn(versions.pathOfVersion(name, before));
    versions.use(name, versions.add(root, name, version));
    // what still runs has its files until it is stopped
    versions.prune(name, before === undefined ? [] : [before]);
    return { manifest, directory: versions.pathOf(name), replaced };
  } catch (error) {
    if (!(error instanceof SnoozeError))
      throw new SnoozeError('SNOOZE_E_INSTALL', `the package was not installed: ${messageOf(error)}`, { cause: error });
    // The staging folder is nobody's business.
    throw new SnoozeError(error.code, error.message.replaceAll(`${staging}/new/`, ''), {
      ...(error.hint !== undefined && { hint: error.hint }),
      cause: error,
    });
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
}

/**
 * Removes an installed plugin; gives the folder it was in.
 * @throws SnoozeError SNOOZE_E_INSTALL when it was not installed there.
 */
export function uninstallPackage(name: string, pluginsDirectory: string, found: string | undefined): string {
  const versions = installedVersions(pluginsDirectory);
  if (!new RegExp(PLUGIN_NAME_PATTERN).test(name)) {
    throw new SnoozeError('SNOOZE_E_INSTALL', `${JSON.stringify(name)} is no plugin's name`, {
      hint: 'type: snooze plugin list',
    });
  }
  if (versions.current(name) === undefined) {
    const where =
      found === undefined ? `there is no plugin ${name}` : `${name} lies in ${found}, where snooze did not install it`;
    throw new SnoozeError('SNOOZE_E_INSTALL', where, {
      hint: found === undefined ? 'type: snooze plugin list' : `remove that folder, or: snooze plugin disable ${name}`,
    });
  }
  versions.remove(name);
  return versions.pathOf(name);
}

function versionIn(directory: string): string {
  try {
    return readManifest(directory).version;
  } catch {
    return 'a broken one'; // whatever was there is replaced
  }
}
