import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SnoozeError } from '@cloudsnooze/daemon/errors';

/** Where the SDKs lie: in a clone, and where the packages put them. */
const PLACES = [
  fileURLToPath(new URL('../../../plugin-sdk', import.meta.url)),
  '/usr/lib/cloudsnooze/plugin-sdk',
  '/usr/share/cloudsnooze/plugin-sdk',
];

/**
 * The folder of an SDK on this host.
 * @throws SnoozeError SNOOZE_E_INSTALL
 */
export function sdkFolder(folder: string): string {
  const found = PLACES.map((place) => join(place, folder)).find((place) => existsSync(place));
  if (found !== undefined) return found;
  const message = `the SDK plugin-sdk/${folder} is not on this host; looked in ${PLACES.join(', ')}`;
  throw new SnoozeError('SNOOZE_E_INSTALL', message, { hint: 'a plugin in shell needs none: --language shell' });
}
