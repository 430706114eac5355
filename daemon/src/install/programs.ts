import { isAbsolute, normalize } from 'node:path';
import { SnoozeError } from '../errors.ts';
import type { Manifest } from '../plugins/manifest/manifest.ts';

/**
 * What the manifest names must be of the package, or a program on the PATH.
 * @throws SnoozeError SNOOZE_E_INSTALL
 */
export function checkPrograms({ module, exec, build }: Manifest): void {
  const named = { module, 'exec.command': exec?.command, 'build.command': build?.command };
  for (const [key, path] of Object.entries(named)) {
    if (path === undefined || (key !== 'module' && !path.includes('/'))) continue;
    if (!isAbsolute(path) && !normalize(path).startsWith('..')) continue;
    throw new SnoozeError('SNOOZE_E_INSTALL', `${key} names ${path}, which lies outside of the package`, {
      hint: 'a path is taken from the folder of the plugin, as in "./run"; a name alone, as in "python3", from the PATH',
    });
  }
}
