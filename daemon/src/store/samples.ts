import type { DatabaseSync } from 'node:sqlite';
import type { Clock } from '../clock.ts';
import type { Log } from '../log.ts';
import type { Sample } from '../monitors/monitor.ts';
import { causeOf } from './state-error.ts';
import type { Samples } from './store.ts';
import { inTransaction } from './transaction.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const RAW_KEPT_MS = DAY_MS;
const MINUTES_KEPT_MS = 30 * DAY_MS;
const COMPACT_EVERY_MS = 3_600_000;

/** So many are written at once: each write is an fsync, and of a crash these few are the whole loss. */
const WRITTEN_AT_ONCE = 10;
/** So many are compacted at once: the daemon answers nobody meanwhile. */
const COMPACTED_AT_ONCE = 4_000;

/** So many pages of 4 KiB, of all that was removed from the file, are given back to the disk at once. */
const GIVEN_BACK_AT_ONCE = 2_000;

/** The samples: raw for a day, as means of minutes for 30 days. A full disk stops them until there is room. */
export function openSamples(database: DatabaseSync, clock: Clock, log: Log): Samples & { flush(): void } {
  const insert = database.prepare('INSERT OR REPLACE INTO samples (at_ms, measured) VALUES (?, ?)');
  let waiting: Sample[] = [];
  let compactedBootMs = Number.NEGATIVE_INFINITY;
  let failing = false;

  const compactWhenDue = () => {
    if (clock.bootMs() - compactedBootMs < COMPACT_EVERY_MS) return;
    const isBehind = compact(database, clock.wallMs());
    database.exec(`PRAGMA incremental_vacuum(${GIVEN_BACK_AT_ONCE})`);
    if (!isBehind) compactedBootMs = clock.bootMs();
  };
  const flush = () => {
    const samples = waiting;
    waiting = [];
    if (samples.length === 0) return;
    try {
      inTransaction(database, () => {
        for (const sample of samples) insert.run(Math.round(sample.wallMs), JSON.stringify(measuredOf(sample)));
      });
      compactWhenDue();
      if (failing) log.info({}, 'samples are kept again');
      failing = false;
    } catch (error) {
      if (!failing) log.warn({}, `samples are not kept until there is room: ${causeOf(error)}`);
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

/**
 * Turns raw samples that are older than a day into one mean for each minute, the oldest first and not too many at
 * once, and drops minutes older than 30 days. Inside SQLite: a day of samples never stands in the daemon's memory.
 * @returns whether there are more to be turned.
 */
export function compact(database: DatabaseSync, nowMs: number): boolean {
  const old = startOfMinute(nowMs - RAW_KEPT_MS);
  const next = database.prepare('SELECT at_ms FROM samples ORDER BY at_ms LIMIT 1 OFFSET ?').get(COMPACTED_AT_ONCE);
  const border = next === undefined ? old : Math.min(old, startOfMinute(Number(next['at_ms'])));
  inTransaction(database, () => {
    database.prepare(MEANS_OF_MINUTES).run(border);
    database.prepare('DELETE FROM samples WHERE at_ms < ?').run(border);
    database.prepare('DELETE FROM sample_minutes WHERE minute_ms < ?').run(nowMs - MINUTES_KEPT_MS);
  });
  return border < old;
}

// The minute stands in the text, because a bound number is a float to SQLite and would not divide to whole minutes.
const MEANS_OF_MINUTES = `
  INSERT OR REPLACE INTO sample_minutes (minute_ms, measured)
  SELECT minute_ms, json_group_object(name, mean) FROM (
    SELECT at_ms / ${MINUTE_MS} * ${MINUTE_MS} AS minute_ms, key AS name, round(avg(value), 2) AS mean
    FROM samples, json_each(samples.measured) WHERE at_ms < ? GROUP BY 1, 2)
  GROUP BY minute_ms`;

function startOfMinute(ms: number): number {
  return Math.floor(ms / MINUTE_MS) * MINUTE_MS;
}

function measuredOf({ readings }: Sample): Record<string, number> {
  return Object.fromEntries(
    Object.entries(readings).flatMap(([name, reading]) =>
      reading.status === 'measured' ? [[name, Math.round(reading.value * 100) / 100]] : [],
    ),
  );
}
