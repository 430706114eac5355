import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Clock } from '../clock.ts';
import { SnoozeError } from '../errors.ts';
import type { Log } from '../log.ts';
import { openHistory } from './history.ts';
import { openJournal } from './journal.ts';
import { openKeyValue } from './key-value.ts';
import { MIGRATIONS } from './migrations.ts';
import { openSamples } from './samples.ts';
import { makeStateDirectory } from './state-directory.ts';
import { stateError } from './state-error.ts';
import type { Store } from './store.ts';
import { inTransaction } from './transaction.ts';

export type StoreOptions = { stateDirectory: string; clock: Clock; log: Log };

/** How long a write waits for somebody who looks into the file with another program. */
const BUSY_TIMEOUT_MS = 2_000;

/**
 * Opens the SQLite file of the state directory, making or migrating it as needed.
 * @throws SnoozeError SNOOZE_E_STATE when the directory cannot be used, the file is damaged, or a newer snoozed made it.
 */
export function openStore({ stateDirectory, clock, log }: StoreOptions): Store {
  makeStateDirectory(stateDirectory);
  const file = join(stateDirectory, 'snoozed.sqlite');
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(file, { timeout: BUSY_TIMEOUT_MS, enableForeignKeyConstraints: true });
    makeShrinkable(database);
    // FULL: what is written has reached the disk before anybody acts on it.
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL');
    migrate(database, file);
    return storeIn(database, clock, log);
  } catch (error) {
    database?.close();
    throw error instanceof SnoozeError ? error : stateError(file, error);
  }
}

function storeIn(database: DatabaseSync, clock: Clock, log: Log): Store {
  const samples = openSamples(database, clock, log);
  return {
    history: openHistory(database, clock, log),
    journal: openJournal(database, clock),
    samples,
    keyValue: openKeyValue(database, clock),
    close() {
      samples.flush();
      database.close();
    },
  };
}

/** A file keeps the room of what was removed from it unless it was made to give it back: SQLite's `auto_vacuum`. */
function makeShrinkable(database: DatabaseSync): void {
  const INCREMENTAL = 2;
  if (database.prepare('PRAGMA auto_vacuum').get()?.['auto_vacuum'] === INCREMENTAL) return;
  // Of a file that has tables already it takes effect when that is written anew.
  database.exec(`PRAGMA auto_vacuum = ${INCREMENTAL}`);
  const { tables } = database.prepare('SELECT count(*) AS tables FROM sqlite_schema').get() ?? {};
  if (tables === 0) return;
  try {
    database.exec('VACUUM');
  } catch {
    // no room for that; the next start tries again
  }
}

function migrate(database: DatabaseSync, file: string): void {
  const found = Number(database.prepare('PRAGMA user_version').get()?.['user_version']);
  if (found > MIGRATIONS.length) {
    throw new SnoozeError(
      'SNOOZE_E_STATE',
      `${file}: a newer snoozed made this file (version ${found}, this one knows ${MIGRATIONS.length})`,
      { hint: 'install the newer snoozed again, or move the file away' },
    );
  }
  MIGRATIONS.slice(found).forEach((statements, index) => {
    inTransaction(database, () => database.exec(`${statements}; PRAGMA user_version = ${found + index + 1}`));
  });
}
