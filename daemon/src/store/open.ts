import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Clock } from '../clock.ts';
import { messageOf, SnoozeError } from '../errors.ts';
import type { Log } from '../log.ts';
import { openHistory } from './history.ts';
import { openJournal } from './journal.ts';
import { MIGRATIONS } from './migrations.ts';
import { openSamples } from './samples.ts';
import type { Store } from './store.ts';

export type StoreOptions = { stateDirectory: string; clock: Clock; log: Log };

/**
 * Opens the SQLite file of the state directory, making or migrating it as needed.
 * @throws SnoozeError SNOOZE_E_STATE when the directory cannot be used, the file is damaged, or a newer snoozed made it.
 */
export function openStore({ stateDirectory, clock, log }: StoreOptions): Store {
  const file = join(stateDirectory, 'snoozed.sqlite');
  const database = openDatabase(stateDirectory, file);
  const samples = openSamples(database, clock, log);
  return {
    history: openHistory(database, clock, log),
    journal: openJournal(database, clock),
    samples,
    close() {
      samples.flush();
      database.close();
    },
  };
}

/**
 * Makes the state directory where it is missing.
 * @throws SnoozeError SNOOZE_E_STATE
 */
export function makeStateDirectory(stateDirectory: string): void {
  try {
    mkdirSync(stateDirectory, { recursive: true, mode: 0o750 });
  } catch (error) {
    throw new SnoozeError(
      'SNOOZE_E_STATE',
      `${stateDirectory}: the state directory cannot be made: ${messageOf(error)}`,
      {
        hint: 'name another one with --state-dir or SNOOZE_STATE_DIR',
        cause: error,
      },
    );
  }
}

function openDatabase(stateDirectory: string, file: string): DatabaseSync {
  makeStateDirectory(stateDirectory);
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(file);
    // FULL: what is written has reached the disk before anybody acts on it.
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA busy_timeout = 2000');
    migrate(database, file);
    return database;
  } catch (error) {
    database?.close();
    throw error instanceof SnoozeError ? error : stateError(file, error);
  }
}

function migrate(database: DatabaseSync, file: string): void {
  const found = Number(database.prepare('PRAGMA user_version').get()?.['user_version']);
  if (found > MIGRATIONS.length) {
    throw new SnoozeError(
      'SNOOZE_E_STATE',
      `${file}: a newer snoozed made this file (version ${found}, this one knows ${MIGRATIONS.length})`,
      {
        hint: 'install the newer snoozed again, or move the file away',
      },
    );
  }
  MIGRATIONS.slice(found).forEach((statements, index) => {
    database.exec(`BEGIN; ${statements}; PRAGMA user_version = ${found + index + 1}; COMMIT`);
  });
}

function stateError(file: string, cause: unknown): SnoozeError {
  const message = messageOf(cause);
  if (/malformed|not a database/.test(message)) {
    return new SnoozeError('SNOOZE_E_STATE', `${file}: this is no SQLite file, or it is damaged: ${message}`, {
      hint: 'move it away; snoozed begins a new one (history and unfinished events are lost)',
      cause,
    });
  }
  const full = /full|disk I\/O error/.test(message);
  return new SnoozeError('SNOOZE_E_STATE', `${file}: the state directory cannot be used: ${message}`, {
    hint: full
      ? 'make room on its disk, or name another one with --state-dir'
      : 'look at its owner and mode, or name another one with --state-dir',
    cause,
  });
}
