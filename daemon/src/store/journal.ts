import type { DatabaseSync } from 'node:sqlite';
import { type Clock, rfc3339 } from '../clock.ts';
import { messageOf, SnoozeError } from '../errors.ts';
import type { EventRecord, EventState, HandlerOutcome, SnoozeEvent } from '../events/event.ts';
import type { Journal } from './store.ts';

/** An id seen within this time is the same event again. */
const DEDUPE_MS = 7 * 86_400_000;
const KEPT_MS = 30 * 86_400_000;
const ENDED: readonly EventState[] = ['done', 'canceled', 'overdue'];

/**
 * The journal of events. Its writes have reached the disk when they return.
 * Each call throws SnoozeError SNOOZE_E_STATE where the file cannot be written.
 */
export function openJournal(database: DatabaseSync, clock: Clock): Journal {
  const insert = database.prepare("INSERT INTO events (id, seen_ms, state, event) VALUES (?, ?, 'pending', ?)");
  const forget = database.prepare('DELETE FROM events WHERE id = ? AND seen_ms < ?');
  const find = database.prepare('SELECT * FROM events WHERE id = ?');
  const newest = database.prepare('SELECT * FROM events ORDER BY seen_ms DESC, rowid DESC LIMIT ?');
  const open = database.prepare('SELECT * FROM events WHERE ended_ms IS NULL ORDER BY seen_ms, rowid');
  const setEvent = database.prepare('UPDATE events SET event = ? WHERE id = ?');
  const setState = database.prepare('UPDATE events SET state = ?, ended_ms = ? WHERE id = ?');
  const addOutcome = database.prepare('INSERT INTO outcomes (event_id, outcome) VALUES (?, ?)');
  const outcomesOf = database.prepare('SELECT outcome FROM outcomes WHERE event_id = ? ORDER BY number');
  database.exec('PRAGMA foreign_keys = ON');
  database.prepare('DELETE FROM events WHERE ended_ms < ?').run(clock.wallMs() - KEPT_MS);

  const recordOf = (row: Record<string, unknown>): EventRecord => ({
    event: JSON.parse(String(row['event'])) as SnoozeEvent,
    state: row['state'] as EventState,
    seenAt: rfc3339(Number(row['seen_ms'])),
    endedAt: row['ended_ms'] === null ? null : rfc3339(Number(row['ended_ms'])),
    outcomes: outcomesOf.all(String(row['id'])).map((found) => JSON.parse(String(found['outcome'])) as HandlerOutcome),
  });

  return {
    add: (event) =>
      written(() => {
        forget.run(event.id, clock.wallMs() - DEDUPE_MS);
        if (find.get(event.id) !== undefined) return false;
        insert.run(event.id, clock.wallMs(), JSON.stringify(event));
        return true;
      }),
    update: (id, { deadline, data }) =>
      written(() => {
        const row = find.get(id);
        if (row === undefined) return;
        const event = JSON.parse(String(row['event'])) as SnoozeEvent;
        setEvent.run(JSON.stringify({ ...event, deadline, data: { ...event.data, ...data } }), id);
      }),
    setState: (id, state) => written(() => setState.run(state, ENDED.includes(state) ? clock.wallMs() : null, id)),
    addOutcome: (id, outcome) => written(() => addOutcome.run(id, JSON.stringify(outcome))),
    get(id) {
      const row = find.get(id);
      return row === undefined ? undefined : recordOf(row);
    },
    list: (limit) => newest.all(limit).map(recordOf),
    unfinished: () => open.all().map(recordOf),
  };
}

function written<T>(write: () => T): T {
  try {
    return write();
  } catch (error) {
    throw new SnoozeError('SNOOZE_E_STATE', `the journal of events cannot be written: ${messageOf(error)}`, {
      hint: 'make room on the disk of the state directory',
      cause: error,
    });
  }
}
