import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { messageOf, SnoozeError } from '../errors.ts';
import { makeStateDirectory } from './open.ts';

/**
 * Makes sure that one snoozed alone uses a state directory. Node has no file locks; SQLite has, and the kernel takes
 * them back from a process however it ends.
 * @throws SnoozeError SNOOZE_E_RUNNING when another one does, SNOOZE_E_STATE when the directory cannot be used.
 */
export function lockStateDirectory(stateDirectory: string): { release(): void } {
  makeStateDirectory(stateDirectory);
  const processFile = join(stateDirectory, 'snoozed.pid');
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(join(stateDirectory, 'snoozed.lock'));
    database.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
    writeFileSync(processFile, `${process.pid}\n`);
  } catch (error) {
    database?.close();
    if (/locked/.test(messageOf(error))) throw alreadyRunning(stateDirectory, processFile);
    throw new SnoozeError(
      'SNOOZE_E_STATE',
      `${stateDirectory}: the state directory cannot be used: ${messageOf(error)}`,
      {
        hint: 'make room on its disk and look at its owner and mode, or name another one with --state-dir',
        cause: error,
      },
    );
  }
  const held = database;
  return { release: () => held.close() };
}

function alreadyRunning(stateDirectory: string, processFile: string): SnoozeError {
  let owner = 'another snoozed';
  try {
    owner = `snoozed with process id ${Number(readFileSync(processFile, 'utf8'))}`;
  } catch {
    // it has not written its id yet
  }
  return new SnoozeError('SNOOZE_E_RUNNING', `${stateDirectory}: ${owner} uses this state directory`, {
    hint: 'end that one, or give this one a folder of its own with --state-dir',
  });
}
