import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The folder with the package `cloudsnooze_plugin`, so that no plugin need carry it; undefined where it is not shipped. */
export function findPythonSdk(start: string = import.meta.dirname): string | undefined {
  const folder = join(start, 'plugin-sdk/python');
  if (existsSync(join(folder, 'cloudsnooze_plugin/__init__.py'))) return folder;
  return dirname(start) === start ? undefined : findPythonSdk(dirname(start));
}
