import type { DatabaseSync } from 'node:sqlite';
import { type Clock, rfc3339 } from '../clock.ts';
import { SnoozeError } from '../errors.ts';
import type { Log } from '../log.ts';
import { purgeDaily } from './retention.ts';
import { causeOf } from './state-error.ts';
import type { History, HistoryEntry, HistoryKind } from './store.ts';

const KEPT_MS = 400 * 86_400_000;

/** The history table. A full disk costs entries, never the daemon: that is said once, and again when it is over. */
export function openHistory(database: DatabaseSync, clock: Clock, log: Log): History {
  const insert = database.prepare('INSERT INTO history (at_ms, kind, cause, summary, details) VALUES (?, ?, ?, ?, ?)');
  const all = database.prepare('SELECT * FROM history WHERE id < ? ORDER BY id DESC LIMIT ?');
  const ofKind = database.prepare('SELECT * FROM history WHERE kind = ? AND id < ? ORDER BY id DESC LIMIT ?');
  const forget = database.prepare('DELETE FROM history WHERE at_ms < ?');
  const purgeWhenDue = purgeDaily(clock, () => forget.run(clock.wallMs() - KEPT_MS));
  let lost = 0;

  return {
    add({ kind, cause, summary, details = {} }) {
      purgeWhenDue();
      try {
        insert.run(clock.wallMs(), kind, cause, summary, JSON.stringify(details));
        // What is written together with other things may be taken back with them.
        if (lost === 0 || database.isTransaction) return;
        log.info({ lost }, 'the history is written again');
        lost = 0;
      } catch (error) {
        if (lost === 0) log.error({}, `the history cannot be written, entries are lost: ${causeOf(error)}`);
        lost += 1;
      }
    },
    list(limit, { kind, before = Number.MAX_SAFE_INTEGER } = {}) {
      try {
        return (kind === undefined ? all.all(before, limit) : ofKind.all(kind, before, limit)).map(entryOf);
      } catch (error) {
        throw new SnoozeError('SNOOZE_E_STATE', `the history cannot be read: ${causeOf(error)}`, { cause: error });
      }
    },
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
