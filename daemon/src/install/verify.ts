import { existsSync, realpathSync } from 'node:fs';
import { dirname, join, sep } from 'node:path';
import { SnoozeError } from '../errors.ts';
import type { Manifest } from '../plugins/manifest.ts';
import { checkApproved } from './approval.ts';
import { differenceFrom } from './hash-files.ts';
import type { PluginLock } from './lock.ts';
import { VERSIONS_FOLDER } from './versions.ts';

/**
 * Checks that an installed plugin is as it was installed, and that its manifest, as it was read some time before, asks
 * for no more than was approved. One that snooze did not install, in a folder of the system or of its author, is left
 * alone.
 * @throws SnoozeError SNOOZE_E_PLUGIN_CHANGED naming the file, SNOOZE_E_PLUGIN_APPROVAL naming the permission.
 */
export async function verifyInstalled(
  { directory, manifest }: { directory: string; manifest: Manifest },
  pluginsDirectory: string,
  lock: PluginLock,
): Promise<void> {
  const installed = join(pluginsDirectory, VERSIONS_FOLDER);
  if (!existsSync(installed) || dirname(dirname(directory)) !== realpathSync(installed)) return;
  const [plugin = '', folder = ''] = directory.split(sep).slice(-2);
  const locked = lock.find(plugin, folder);
  const difference =
    locked === undefined ? 'plugins.lock does not name it' : await differenceFrom(locked.files, directory);
  if (difference === undefined) {
    if (locked?.approved !== undefined) checkApproved(manifest, locked.approved, locked.source);
    return;
  }
  const again = locked === undefined ? 'SOURCE' : locked.source;
  throw new SnoozeError('SNOOZE_E_PLUGIN_CHANGED', `${plugin} is not as it was installed: ${difference}`, {
    hint: `look at ${directory}; to have it as it was: snooze plugin install ${again}`,
  });
}
