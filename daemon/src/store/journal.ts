import type { DatabaseSync } from 'node:sqlite';
import { bootId } from '../boot-id.ts';
import { type Clock, rfc3339 } from '../clock.ts';
import { SnoozeError } from '../errors.ts';
import type { Closing, EventRecord, EventState, HandlerOutcome, Remark, SnoozeEvent, Turn } from '../events/event.ts';
import { purgeDaily } from './retention.ts';
import { causeOf } from './state-error.ts';
import type { Journal } from './store.ts';
import { inTransaction } from './transaction.ts';

/** An id seen within this time is the same event again. */
const DEDUPE_MS = 7 * 86_400_000;
const KEPT_MS = 30 * 86_400_000;
/** A source tells the same notice every few seconds; that it still does is written down no more often than this. */
const SEEN_AGAIN_MS = 3_600_000;
const ENDED: readonly EventState[] = ['done', 'canceled', 'ended', 'overdue'];

/** When an event was told, and its deadline, in milliseconds since a boot: the wall clock may jump before a restart. */
type SinceBoot = { boot: string; toldMs: number; deadlineMs: number };

/**
 * The journal of events. Its writes have reached the disk when they return.
 * Each call throws SnoozeError SNOOZE_E_STATE where the file cannot be written or read.
 */
export function openJournal(database: DatabaseSync, clock: Clock): Journal {
  const insert = database.prepare(
    "INSERT INTO events (id, seen_ms, last_seen_ms, state, event, severity, own) VALUES (?, ?, ?, 'pending', ?, ?, ?)",
  );
  const remove = database.prepare('DELETE FROM events WHERE id = ?');
  const find = database.prepare('SELECT * FROM events WHERE id = ?');
  const idsWith = database.prepare(
    'SELECT id FROM events WHERE instr(id, ?) > 0 ORDER BY seen_ms DESC, rowid DESC LIMIT ?',
  );
  const newest = database.prepare('SELECT * FROM events ORDER BY seen_ms DESC, rowid DESC LIMIT ?');
  const older = database.prepare(
    'SELECT * FROM events WHERE (seen_ms, rowid) < (SELECT seen_ms, rowid FROM events WHERE id = ?) ORDER BY seen_ms DESC, rowid DESC LIMIT ?',
  );
  const open = database.prepare(
    "SELECT * FROM events WHERE ended_ms IS NULL AND NOT (own = 1 AND state = 'pending') ORDER BY seen_ms, rowid",
  );
  const waiting = database.prepare(
    "SELECT * FROM events WHERE state = 'pending' AND own = 1 ORDER BY severity DESC, seen_ms, rowid LIMIT ?",
  );
  const ofIncident = database.prepare(
    "SELECT * FROM events WHERE json_extract(event, '$.data.incident') = ? ORDER BY seen_ms, rowid",
  );
  const notClosed = database.prepare(
    "SELECT * FROM events WHERE closing IS NULL AND own = 0 AND json_extract(event, '$.source') = ? ORDER BY seen_ms, rowid",
  );
  const setClosing = database.prepare('UPDATE events SET closing = ?, ended_ms = NULL WHERE id = ?');
  const setSeen = database.prepare('UPDATE events SET last_seen_ms = ? WHERE id = ?');
  const setEvent = database.prepare('UPDATE events SET event = ? WHERE id = ?');
  const setState = database.prepare('UPDATE events SET state = ?, ended_ms = ? WHERE id = ?');
  const addOutcome = database.prepare('INSERT INTO outcomes (event_id, outcome) VALUES (?, ?)');
  const addTurn = database.prepare('INSERT OR REPLACE INTO turns (event_id, handler, turn) VALUES (?, ?, ?)');
  const endTurn = database.prepare('DELETE FROM turns WHERE event_id = ? AND handler = ?');
  const turnsOf = database.prepare('SELECT turn FROM turns WHERE event_id = ? ORDER BY handler');
  const ahead = database.prepare(
    "SELECT * FROM events WHERE own = 0 AND state IN ('done', 'overdue') AND json_extract(event, '$.type') LIKE 'cloud.%' AND json_extract(event, '$.deadline') > ? ORDER BY seen_ms, rowid",
  );
  const addRemark = database.prepare('INSERT INTO remarks (event_id, remark) VALUES (?, ?)');
  const remarksOf = database.prepare('SELECT remark FROM remarks WHERE event_id = ? ORDER BY number');
  const outcomesOf = database.prepare('SELECT outcome FROM outcomes WHERE event_id = ? ORDER BY number');
  const forget = database.prepare('DELETE FROM events WHERE ended_ms IS NOT NULL AND max(ended_ms, last_seen_ms) < ?');
  /** When those of the sources were seen last by this run: the wall clock may be set right by years. */
  const seenBootMs = new Map<string, number>();
  const isSeenLately = (id: string) => clock.bootMs() - (seenBootMs.get(id) ?? Number.NEGATIVE_INFINITY) < DEDUPE_MS;
  const purgeWhenDue = purgeDaily(clock, () => {
    for (const id of [...seenBootMs.keys()].filter((known) => !isSeenLately(known))) seenBootMs.delete(id);
    forget.run(clock.wallMs() - KEPT_MS);
  });

  const boot = bootId(clock);
  const sinceBoot = ({ deadline }: Pick<SnoozeEvent, 'deadline'>): SinceBoot | undefined => {
    const toldMs = clock.bootMs();
    const leftMs = deadline === null ? 0 : Date.parse(deadline) - clock.wallMs();
    // One that had passed already tells that the wall clock was wrong, or nothing.
    return leftMs > 0 ? { boot, toldMs, deadlineMs: toldMs + leftMs } : undefined;
  };
  const textOf = (event: SnoozeEvent, since = sinceBoot(event)) => JSON.stringify({ ...event, sinceBoot: since });

  const recordOf = (row: Record<string, unknown>): EventRecord => ({
    event: partsOf(row).event,
    state: row['state'] as EventState,
    seenAt: rfc3339(Number(row['seen_ms'])),
    endedAt: row['ended_ms'] === null ? null : rfc3339(Number(row['ended_ms'])),
    closing: row['closing'] === null ? null : (JSON.parse(String(row['closing'])) as Closing),
    outcomes: outcomesOf.all(String(row['id'])).map((found) => JSON.parse(String(found['outcome'])) as HandlerOutcome),
    atWork: turnsOf.all(String(row['id'])).map((found) => JSON.parse(String(found['turn'])) as Turn),
    remarks: remarksOf.all(String(row['id'])).map((found) => JSON.parse(String(found['remark'])) as Remark),
  });

  const noteSeen = (id: string, lastSeenMs: number, nowMs: number) => {
    if (nowMs - lastSeenMs < SEEN_AGAIN_MS) return;
    try {
      setSeen.run(nowMs, id);
    } catch {
      // a full disk: the event is known all the same
    }
  };

  return {
    add: (event, own = false) =>
      written(() => {
        purgeWhenDue();
        const nowMs = clock.wallMs();
        const known = find.get(event.id);
        const lastSeenMs = Number(known?.['last_seen_ms']);
        const isSame = known?.['ended_ms'] === null || nowMs - lastSeenMs < DEDUPE_MS || isSeenLately(event.id);
        if (!own) seenBootMs.set(event.id, clock.bootMs());
        if (known !== undefined && isSame) {
          noteSeen(event.id, lastSeenMs, nowMs);
          return false;
        }
        inTransaction(database, () => {
          remove.run(event.id);
          insert.run(event.id, nowMs, nowMs, textOf(event), event.severity, own ? 1 : 0);
        });
        return true;
      }),
    update: (id, { deadline, data }) =>
      written(() => {
        const row = find.get(id);
        if (row === undefined) return;
        const { event, since } = partsOf(row);
        const changed = { ...event, deadline, data: { ...event.data, ...data } };
        setEvent.run(textOf(changed, deadline === event.deadline ? since : sinceBoot(changed)), id);
      }),
    setState: (id, state) => written(() => setState.run(state, ENDED.includes(state) ? clock.wallMs() : null, id)),
    setClosing: (id, closing) => written(() => setClosing.run(closing === null ? null : JSON.stringify(closing), id)),
    addTurn: (id, turn) => written(() => addTurn.run(id, turn.handler, JSON.stringify(turn))),
    addOutcome: (id, outcome) =>
      written(() =>
        inTransaction(database, () => {
          addOutcome.run(id, JSON.stringify(outcome));
          endTurn.run(id, outcome.handler);
        }),
      ),
    addRemark: (id, remark) => written(() => addRemark.run(id, JSON.stringify(remark))),
    put: ({ event, state, seenAt, endedAt, closing, outcomes, atWork, remarks }, own) =>
      written(() =>
        inTransaction(database, () => {
          const { id, severity } = event;
          remove.run(id);
          insert.run(id, Date.parse(seenAt), clock.wallMs(), textOf(event), severity, own ? 1 : 0);
          setClosing.run(closing === null ? null : JSON.stringify(closing), id);
          setState.run(state, endedAt === null ? null : Date.parse(endedAt), id);
          for (const outcome of outcomes) addOutcome.run(id, JSON.stringify(outcome));
          for (const turn of atWork) addTurn.run(id, turn.handler, JSON.stringify(turn));
          for (const remark of remarks) addRemark.run(id, JSON.stringify(remark));
        }),
      ),
    get: (id) =>
      readBack(() => {
        const row = find.get(id);
        return row === undefined ? undefined : recordOf(row);
      }),
    deadlineBootMs: (id) =>
      readBack(() => {
        const row = find.get(id);
        const since = row && partsOf(row).since;
        // A container that was started anew has the boot's name, but not its time.
        return since?.boot === boot && since.toldMs <= clock.bootMs() ? since.deadlineMs : undefined;
      }),
    idsWith: (part, limit) => readBack(() => idsWith.all(part, limit).map(({ id }) => String(id))),
    list: (limit, before) =>
      readBack(() => (before === undefined ? newest.all(limit) : older.all(before, limit)).map(recordOf)),
    unfinished: () => readBack(() => open.all().map(recordOf)),
    waiting: (limit) => readBack(() => waiting.all(limit).map(recordOf)),
    open: (source) => readBack(() => notClosed.all(source).map(recordOf)),
    ahead: () => readBack(() => ahead.all(rfc3339(clock.wallMs())).map(recordOf)),
    ofIncident: (incident) => readBack(() => ofIncident.all(incident).map(recordOf)),
    group: (write) => written(() => inTransaction(database, write)),
  };
}

function written<T>(write: () => T): T {
  try {
    return write();
  } catch (error) {
    if (error instanceof SnoozeError) throw error; // from within a group
    throw new SnoozeError('SNOOZE_E_STATE', `the journal of events cannot be written: ${causeOf(error)}`, {
      hint: 'make room on the disk of the state directory',
      cause: error,
    });
  }
}

function readBack<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new SnoozeError('SNOOZE_E_STATE', `the journal of events cannot be read: ${causeOf(error)}`, {
      hint: 'stop snoozed and move snoozed.sqlite away from the state directory',
      cause: error,
    });
  }
}

function partsOf(row: Record<string, unknown>): { event: SnoozeEvent; since: SinceBoot | undefined } {
  const { sinceBoot, ...event } = JSON.parse(String(row['event'])) as SnoozeEvent & { sinceBoot?: SinceBoot };
  return { event, since: sinceBoot };
}
