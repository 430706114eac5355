import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { CommandRunner } from '../command.ts';
import { messageOf, SnoozeError } from '../errors.ts';
import type { Manifest } from '../plugins/manifest.ts';
import { readManifest } from '../plugins/read-manifest.ts';
import { buildPlugin } from './build.ts';
import { unpackPackage } from './unpack.ts';

/** A plugin that was put in place; `replaced` is the version that was there. */
export type Installed = { manifest: Manifest; directory: string; replaced: string | null };

const STAGING = '.staging-';

/**
 * Unpacks, checks and builds a package beside the installed plugins, then moves it in place.
 * @throws SnoozeError SNOOZE_E_INSTALL, SNOOZE_E_MANIFEST_INVALID or SNOOZE_E_PLUGIN_BUILD; then nothing has changed.
 */
export async function installPackage(
  tarball: string,
  pluginsDirectory: string,
  run: CommandRunner,
): Promise<Installed> {
  const staging = makeStaging(pluginsDirectory);
  try {
    const unpacked = join(staging, 'new');
    mkdirSync(unpacked);
    const root = await unpackPackage(tarball, unpacked);
    const manifest = readManifest(root);
    await buildPlugin(root, manifest, run);
    checkEntryPoint(root, manifest);
    return { manifest, ...moveInPlace(root, join(pluginsDirectory, manifest.name), staging) };
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
  const directory = join(pluginsDirectory, name);
  if (!existsSync(join(directory, 'plugin.json')) || resolve(directory) !== join(resolve(pluginsDirectory), name)) {
    const where =
      found === undefined ? `there is no plugin ${name}` : `${name} lies in ${found}, where snooze did not install it`;
    throw new SnoozeError('SNOOZE_E_INSTALL', where, {
      hint: found === undefined ? 'type: snooze plugin list' : `remove that folder, or: snooze plugin disable ${name}`,
    });
  }
  rmSync(directory, { recursive: true });
  return directory;
}

/** Removes what interrupted installs have left. */
export function sweepStaging(pluginsDirectory: string): void {
  if (!existsSync(pluginsDirectory)) return;
  for (const name of readdirSync(pluginsDirectory)) {
    if (name.startsWith(STAGING)) rmSync(join(pluginsDirectory, name), { recursive: true, force: true });
  }
}

function makeStaging(pluginsDirectory: string): string {
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
}

function checkEntryPoint(root: string, { type, module, exec }: Manifest): void {
  const entry = type === 'native' ? module : exec?.command.includes('/') ? exec.command : undefined;
  if (entry === undefined || existsSync(resolve(root, entry))) return;
  throw new SnoozeError(
    'SNOOZE_E_INSTALL',
    `${type === 'native' ? 'module' : 'exec.command'} names ${entry}, which the package does not hold`,
  );
}

function moveInPlace(root: string, directory: string, staging: string): { directory: string; replaced: string | null } {
  if (!existsSync(directory)) {
    renameSync(root, directory);
    return { directory, replaced: null };
  }
  const aside = join(staging, 'replaced');
  const replaced = versionIn(directory);
  renameSync(directory, aside);
  try {
    renameSync(root, directory);
  } catch (error) {
    renameSync(aside, directory);
    throw error;
  }
  return { directory, replaced };
}

function versionIn(directory: string): string {
  try {
    return readManifest(directory).version;
  } catch {
    return 'a broken one'; // whatever was there is replaced
  }
}
