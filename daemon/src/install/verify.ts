import { existsSync, realpathSync } from 'node:fs';
import { dirname, join, sep } from 'node:path';
import type { Clock } from '../clock.ts';
import { SnoozeError } from '../errors.ts';
import type { Manifest } from '../plugins/manifest/manifest.ts';
import { checkApproved } from './approval.ts';
import { differenceFrom } from './hash-files.ts';
import type { LockedVersion, PluginLock } from './lock.ts';
import { signatureOf } from './signature.ts';
import { VERSIONS_FOLDER } from './versions.ts';

/**
 * Checks that an installed plugin is as it was installed, and that its manifest, as it was read some time before, asks
 * for no more than was approved. One that snooze did not install, in a folder of the system or of its author, is left
 * alone.
 * @throws SnoozeError SNOOZE_E_PLUGIN_CHANGED naming the file, SNOOZE_E_PLUGIN_APPROVAL naming the permission.
 */
export type Verify = (directory: string, manifest: Manifest) => Promise<void>;

/** The system counts time in steps: a file may change twice within one, and look as if it had changed once. */
const SETTLED_MS = 1_000;

/** Reads every file the first time, and again only where the system says that one of them is not the same any more. */
export function createVerify(pluginsDirectory: string, lock: PluginLock, clock: Clock): Verify {
  /** What was read last of each plugin. */
  const known = new Map<string, { signature: string; locked: LockedVersion }>();
  return async (directory, manifest) => {
    const installed = join(pluginsDirectory, VERSIONS_FOLDER);
    if (!existsSync(installed) || dirname(dirname(directory)) !== realpathSync(installed)) return;
    const [plugin = '', folder = ''] = directory.split(sep).slice(-2);
    const sign = () => signatureOf(directory, lock.file).catch(() => undefined);
    const before = await sign();
    const last = known.get(plugin);
    if (last !== undefined && last.signature === before?.text) return approve(last.locked, manifest);
    known.delete(plugin);
    const locked = lock.find(plugin, folder);
    const difference =
      locked === undefined ? 'plugins.lock does not name it' : await differenceFrom(locked.files, directory);
    if (locked === undefined || difference !== undefined) {
      const again = locked === undefined ? 'SOURCE' : locked.source;
      throw new SnoozeError('SNOOZE_E_PLUGIN_CHANGED', `${plugin} is not as it was installed: ${difference}`, {
        hint: `look at ${directory}; to have it as it was: snooze plugin install ${again}`,
      });
    }
    const isSettled = before !== undefined && clock.wallMs() - before.newestMs > SETTLED_MS;
    if (isSettled && (await sign())?.text === before.text) known.set(plugin, { signature: before.text, locked });
    approve(locked, manifest);
  };
}

function approve({ approved, source }: LockedVersion, manifest: Manifest): void {
  if (approved !== undefined) checkApproved(manifest, approved, source);
}
