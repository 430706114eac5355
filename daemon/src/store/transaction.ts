import type { DatabaseSync } from 'node:sqlite';

/** Does all of `write` or nothing of it; throws what it throws. Inside of another it is a part of that. */
export function inTransaction(database: DatabaseSync, write: () => void): void {
  if (database.isTransaction) {
    write();
    return;
  }
  database.exec('BEGIN');
  try {
    write();
    database.exec('COMMIT');
  } catch (error) {
    // A full disk makes SQLite roll back by itself.
    if (database.isTransaction) database.exec('ROLLBACK');
    throw error;
  }
}
