import type { DatabaseSync } from 'node:sqlite';
import { type Clock, rfc3339 } from '../clock.ts';
import { messageOf } from '../errors.ts';
import type { Log } from '../log.ts';
import type { History, HistoryEntry, HistoryKind } from './store.ts';

const KEPT_MS = 400 * 86_400_000;

/** The history table. A full disk costs entries, never the daemon: that is said once, and again when it is over. */
export function openHistory(database: DatabaseSync, clock: Clock, log: Log): History {
  const insert = database.prepare('INSERT INTO history (at_ms, kind, cause, summary, details) VALUES (?, ?, ?, ?, ?)');
  const all = database.prepare('SELECT * FROM history ORDER BY id DESC LIMIT ?');
  const ofKind = database.prepare('SELECT * FROM history WHERE kind = ? ORDER BY id DESC LIMIT ?');
  database.prepare('DELETE FROM history WHERE at_ms < ?').run(clock.wallMs() - KEPT_MS);
  let failing = false;

  return {
    add({ kind, cause, summary, details = {} }) {
      try {
        insert.run(clock.wallMs(), kind, cause, summary, JSON.stringify(details));
        failing = false;
      } catch (error) {
        if (!failing) log.error({}, `the history cannot be written, entries are lost: ${messageOf(error)}`);
        failing = true;
      }
    },
    list: (limit, kind) => (kind === undefined ? all.all(limit) : ofKind.all(kind, limit)).map(entryOf),
  };
}

function entryOf(row: Record<string, unknown>): HistoryEntry {
  return {
    id: Number(row['id']),
    at: rfc3339(Number(row['at_ms'])),
    kind: row['kind'] as HistoryKind,
    cause: String(row['cause']),
    summary: String(row['summary']),
    details: JSON.parse(String(row['details'])) as Record<string, unknown>,
  };
}
