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

/** The samples: raw for a day, as means of minutes for 30 days. A full disk stops them until there is room. */
export function openSamples(database: DatabaseSync, clock: Clock, log: Log): Samples {
  const insert = database.prepare('INSERT OR REPLACE INTO samples (at_ms, measured) VALUES (?, ?)');
  let compactedMs = 0;
  let failing = false;
  return {
    add(sample) {
      try {
        insert.run(Math.round(sample.wallMs), JSON.stringify(measuredOf(sample)));
        if (sample.wallMs - compactedMs >= COMPACT_EVERY_MS) {
          compactedMs = sample.wallMs;
          compact(database, clock.wallMs());
        }
        failing = false;
      } catch (error) {
        if (!failing) log.warn({}, `samples are not kept for now: ${messageOf(error)}`);
        failing = true;
      }
    },
  };
}

/** Turns raw samples that are older than a day into one mean for each minute, and drops minutes older than 30 days. */
export function compact(database: DatabaseSync, nowMs: number): void {
  const border = Math.floor((nowMs - RAW_KEPT_MS) / MINUTE_MS) * MINUTE_MS;
  const old = database.prepare('SELECT at_ms, measured FROM samples WHERE at_ms < ? ORDER BY at_ms').all(border);
  const minutes = Map.groupBy(old, (row) => Math.floor(Number(row['at_ms']) / MINUTE_MS) * MINUTE_MS);
  const insert = database.prepare('INSERT OR REPLACE INTO sample_minutes (minute_ms, measured) VALUES (?, ?)');
  database.exec('BEGIN');
  try {
    for (const [minuteMs, rows] of minutes) {
      insert.run(minuteMs, JSON.stringify(meanOf(rows.map((row) => JSON.parse(String(row['measured'])) as Measured))));
    }
    database.prepare('DELETE FROM samples WHERE at_ms < ?').run(border);
    database.prepare('DELETE FROM sample_minutes WHERE minute_ms < ?').run(nowMs - MINUTES_KEPT_MS);
    database.exec('COMMIT');
  } catch (error) {
    database.exec('ROLLBACK');
    throw error;
  }
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
