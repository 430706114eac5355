import type { Manifest } from '../manifest/manifest.ts';
import { findPythonSdk } from './python-sdk.ts';

const ALLOWED = ['PATH', 'LANG', 'LC_ALL', 'TZ', 'TMPDIR'];
const PYTHON_SDK = findPythonSdk();

/** The whole environment of a plugin's process: a short list, what its manifest asks for, and who it is. */
export function pluginEnvironment(
  environment: NodeJS.ProcessEnv,
  { manifest, instance, stateDirectory }: { manifest: Manifest; instance: string; stateDirectory: string },
): Record<string, string> {
  const names = [...ALLOWED, ...(manifest.permissions?.env ?? [])];
  const given = names.flatMap((name) => {
    const value = environment[name];
    return value === undefined ? [] : [[name, value]];
  });
  return {
    PATH: '/usr/local/bin:/usr/bin:/bin',
    ...Object.fromEntries(given),
    // An installed plugin's folder must stay as it was installed.
    PYTHONDONTWRITEBYTECODE: '1',
    // A copy that a plugin brings beside its program is found first.
    ...(PYTHON_SDK !== undefined && { PYTHONPATH: PYTHON_SDK }),
    HOME: stateDirectory,
    SNOOZE_PLUGIN: instance,
  };
}
