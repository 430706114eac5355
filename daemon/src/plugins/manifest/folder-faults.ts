import { isPlainObject } from '../../config/difference.ts';
import { SnoozeError } from '../../errors.ts';
import type { Advised } from './advised.ts';
import { configSchemaFaults } from './config-schema-faults.ts';
import { entryPointFaults } from './entry-point-faults.ts';
import type { Manifest } from './manifest.ts';
import { type InspectedManifest, soundPart } from './read-manifest.ts';

/**
 * What is wrong with a plugin's folder beyond the shape of its manifest: with the schema of its configuration, and with
 * what it is started with. Of a manifest that has faults itself, the keys without one are looked at.
 */
export function folderFaults({ value, faults }: InspectedManifest, directory: string, path: string): Advised[] {
  const sound: Partial<Manifest> = isPlainObject(value) ? soundPart(value, faults) : {};
  return [...configSchemaFaults(sound.config_schema), ...entryPointFaults(sound, directory, path)];
}

/**
 * Refuses a package that `snooze plugin validate` finds a fault in.
 * @throws SnoozeError SNOOZE_E_MANIFEST_INVALID with a line for each.
 */
export function refuseFaults(faults: readonly Advised[], placeOf: (path: string) => string): void {
  const [first] = faults;
  if (first === undefined) return;
  const lines = faults.map(({ path, message }) => `plugin.json:${placeOf(path)}: ${path}: ${message}`);
  const hint = first.suggestion ?? 'type in its folder: snooze plugin validate';
  throw new SnoozeError('SNOOZE_E_MANIFEST_INVALID', lines.join('\n'), { hint });
}
