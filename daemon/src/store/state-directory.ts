import { accessSync, constants, mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { systemCodeOf } from '../errors.ts';
import { stateError } from './state-error.ts';

/** Only snoozed and its group look into it; folders above it are as other programs make them. */
const MODE = 0o750;
const MODE_ABOVE = 0o755;

/**
 * Makes the state directory where it is missing, and sees that it can be written.
 * @throws SnoozeError SNOOZE_E_STATE
 */
export function makeStateDirectory(stateDirectory: string): void {
  try {
    makeFolder(stateDirectory, MODE);
    accessSync(stateDirectory, constants.W_OK | constants.X_OK);
  } catch (error) {
    throw stateError(stateDirectory, error);
  }
}

/** Not mkdirSync's `recursive`: that never comes back from a place where no folder can be made, such as /proc. */
function makeFolder(directory: string, mode: number): void {
  try {
    mkdirSync(directory, { mode });
  } catch (error) {
    const code = systemCodeOf(error);
    if (code === 'EEXIST' && statSync(directory).isDirectory()) return;
    if (code !== 'ENOENT' || dirname(directory) === directory) throw error;
    makeFolder(dirname(directory), MODE_ABOVE);
    mkdirSync(directory, { mode });
  }
}
