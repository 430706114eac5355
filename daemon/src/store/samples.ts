import type { DatabaseSync } from 'node:sqlite';
import type { Clock } from '../clock.ts';
import { messageOf } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Sample } from '../monitors/monitor.ts';
import type { Samples } from './store.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const RAW_KEPT_MS = DAY_MS;
const MINUTES_KEPT_MS = 30 * DAY_MS;
const COMPACT_EVERY_MS = 3_600_000;

/** So many are written at once: each write is an fsync, and of a crash these few are the whole loss. */
const WRITTEN_AT_ONCE = 10;

/** The samples: raw for a day, as means of minutes for 30 days. A full disk stops them until there is room. */
export function openSamples(database: DatabaseSync, clock: Clock, log: Log): Samples & { flush(): void } {
  const insert = database.prepare('INSERT OR REPLACE INTO samples (at_ms, measured) VALUES (?, ?)');
  let waiting: Sample[] = [];
  let compactedMs = 0;
  let failing = false;
  const flush = () => {
    const samples = waiting;
    waiting = [];
    try {
      inTransaction(database, () => {
        for (const sample of samples) insert.run(Math.round(sample.wallMs), JSON.stringify(measuredOf(sample)));
      });
      const nowMs = clock.wallMs();
      if (nowMs - compactedMs >= COMPACT_EVERY_MS) {
        compactedMs = nowMs;
        compact(database, nowMs);
      }
      failing = false;
    } catch (error) {
      if (!failing) log.warn({}, `samples are not kept until there is room: ${messageOf(error)}`);
      failing = true;
    }
  };
  return {
    flush,
    add(sample) {
      waiting.push(sample);
      if (waiting.length >= WRITTEN_AT_ONCE) flush();
    },
  };
}

function inTransaction(database: DatabaseSync, write: () => void): void {
  database.exec('BEGIN');
  try {
    write();
    database.exec('COMMIT');
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK');
    throw error;
  }
}

/** Turns raw samples that are older than a day into one mean for each minute, and drops minutes older than 30 days. */
export function compact(database: DatabaseSync, nowMs: number): void {
  const border = Math.floor((nowMs - RAW_KEPT_MS) / MINUTE_MS) * MINUTE_MS;
  const old = database.prepare('SELECT at_ms, measured FROM samples WHERE at_ms < ? ORDER BY at_ms').all(border);
  const minutes = Map.groupBy(old, (row) => Math.floor(Number(row['at_ms']) / MINUTE_MS) * MINUTE_MS);
  const insert = database.prepare('INSERT OR REPLACE INTO sample_minutes (minute_ms, measured) VALUES (?, ?)');
  inTransaction(database, () => {
    for (const [minuteMs, rows] of minutes) {
      insert.run(minuteMs, JSON.stringify(meanOf(rows.map((row) => JSON.parse(String(row['measured'])) as Measured))));
    }
    database.prepare('DELETE FROM samples WHERE at_ms < ?').run(border);
    database.prepare('DELETE FROM sample_minutes WHERE minute_ms < ?').run(nowMs - MINUTES_KEPT_MS);
  });
}

type Measured = Record<string, number>;

function measuredOf({ readings }: Sample): Measured {
  return Object.fromEntries(
    Object.entries(readings).flatMap(([name, reading]) =>
      reading.status === 'measured' ? [[name, Math.round(reading.value * 100) / 100]] : [],
    ),
  );
}

function meanOf(many: readonly Measured[]): Measured {
  const names = new Set(many.flatMap((one) => Object.keys(one)));
  return Object.fromEntries(
    [...names].map((name) => {
      const values = many.flatMap((one) => one[name] ?? []);
      return [name, values.reduce((sum, value) => sum + value, 0) / values.length];
    }),
  );
}
