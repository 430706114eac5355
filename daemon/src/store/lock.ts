import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { SnoozeError } from '../errors.ts';
import { makeStateDirectory } from './state-directory.ts';
import { isLocked, stateError } from './state-error.ts';

/**
 * Makes sure that one snoozed alone uses a state directory. Node has no file locks; SQLite has, and the kernel takes
 * them back from a process however it ends. Its process id stands in `snoozed.pid` meanwhile.
 * @throws SnoozeError SNOOZE_E_RUNNING when another one does, SNOOZE_E_STATE when the directory cannot be used.
 */
export function lockStateDirectory(stateDirectory: string): { release(): void } {
  makeStateDirectory(stateDirectory);
  const lockFile = join(stateDirectory, 'snoozed.lock');
  const processFile = join(stateDirectory, 'snoozed.pid');
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(lockFile);
    database.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
    writeFileSync(processFile, `${process.pid}\n`);
  } catch (error) {
    database?.close();
    throw isLocked(error) ? alreadyRunning(stateDirectory, processFile) : stateError(lockFile, error);
  }
  const held = database;
  return {
    release() {
      if (!held.isOpen) return;
      // Before the lock is open: after it the file may be another one's.
      rmSync(processFile, { force: true });
      held.close();
    },
  };
}

function alreadyRunning(stateDirectory: string, processFile: string): SnoozeError {
  return new SnoozeError('SNOOZE_E_RUNNING', `${stateDirectory}: ${ownerIn(processFile)} uses this state directory`, {
    hint: 'end that one, or give this one a folder of its own with --state-dir',
  });
}

function ownerIn(processFile: string): string {
  try {
    const id = Number.parseInt(readFileSync(processFile, 'utf8'), 10);
    if (id > 0) return `snoozed with process id ${id}`;
  } catch {
    // it has not written its id yet
  }
  return 'another snoozed';
}
