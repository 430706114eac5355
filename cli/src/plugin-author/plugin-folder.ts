import { existsSync, readFileSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { messageOf, SnoozeError } from '@cloudsnooze/daemon/errors';
import type { Manifest } from '@cloudsnooze/daemon/plugins/manifest/manifest';
import { parseManifest } from '@cloudsnooze/daemon/plugins/manifest/read-manifest';

/** The folder of a plugin that its author works on. */
export type PluginFolder = { directory: string; manifestText: string };

/**
 * Finds a plugin's folder from what was typed: the folder, or the `plugin.json` in it.
 * @throws SnoozeError SNOOZE_E_MANIFEST_INVALID where there is no such folder, or no manifest in it.
 */
export function openPluginFolder(typed: string): PluginFolder {
  const path = resolve(typed);
  const directory = basename(path) === 'plugin.json' ? resolve(path, '..') : path;
  const found = statSync(directory, { throwIfNoEntry: false });
  if (found === undefined) throw notAPlugin(`${directory}: there is no such folder`);
  if (!found.isDirectory()) throw notAPlugin(`${directory}: expected the folder of a plugin, found a file`);
  const file = join(directory, 'plugin.json');
  if (!existsSync(file)) throw notAPlugin(`${directory}: there is no plugin.json in this folder, so it is no plugin`);
  try {
    return { directory, manifestText: readFileSync(file, 'utf8') };
  } catch (error) {
    throw new SnoozeError('SNOOZE_E_MANIFEST_INVALID', `${file}: ${messageOf(error)}`, { cause: error });
  }
}

/**
 * The manifest, where nothing is wrong with it.
 * @throws SnoozeError SNOOZE_E_MANIFEST_INVALID with a line for each fault.
 */
export function validManifest({ directory, manifestText }: PluginFolder): Manifest {
  return parseManifest(manifestText, join(directory, 'plugin.json'));
}

function notAPlugin(message: string): SnoozeError {
  const hint = 'name the folder that plugin.json is in; a new one: snooze plugin new NAME --language python';
  return new SnoozeError('SNOOZE_E_MANIFEST_INVALID', message, { hint });
}
