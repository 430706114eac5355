import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { SnoozeError } from '@cloudsnooze/daemon/errors';

/**
 * The folder of an SDK, which lies in `plugin-sdk` above this program, in a clone as in a package.
 * @throws SnoozeError SNOOZE_E_INSTALL
 */
export function sdkFolder(folder: string, start: string = import.meta.dirname): string {
  const found = join(start, 'plugin-sdk', folder);
  if (existsSync(found)) return found;
  if (dirname(start) !== start) return sdkFolder(folder, dirname(start));
  const message = `the SDK plugin-sdk/${folder} did not come with this snooze`;
  throw new SnoozeError('SNOOZE_E_INSTALL', message, { hint: 'a plugin in shell needs none: --language shell' });
}
