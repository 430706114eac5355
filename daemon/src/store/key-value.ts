import type { DatabaseSync } from 'node:sqlite';
import type { Clock } from '../clock.ts';
import { SnoozeError } from '../errors.ts';
import { causeOf } from './state-error.ts';
import type { KeyValue, Stored, Written } from './store.ts';
import { inTransaction } from './transaction.ts';

/**
 * The values that plugins keep. A write has reached the disk when it returns.
 * Each call throws SnoozeError SNOOZE_E_STATE where the file cannot be written or read.
 */
export function openKeyValue(database: DatabaseSync, clock: Clock): KeyValue {
  const find = database.prepare('SELECT * FROM plugin_values WHERE instance = ? AND key = ? AND expires_ms > ?');
  const list = database.prepare(
    'SELECT key FROM plugin_values WHERE instance = ? AND expires_ms > ? AND substr(key, 1, ?) = ? ORDER BY key',
  );
  const sizes = database.prepare(
    'SELECT count(*) AS number, coalesce(sum(length(CAST(value AS BLOB))), 0) AS bytes FROM plugin_values WHERE instance = ? AND key != ?',
  );
  const expire = database.prepare('DELETE FROM plugin_values WHERE instance = ? AND expires_ms <= ?');
  const remove = database.prepare('DELETE FROM plugin_values WHERE instance = ? AND key = ?');
  const removeAll = database.prepare('DELETE FROM plugin_values WHERE instance = ?');
  const countAnew = database.prepare('DELETE FROM plugin_revisions WHERE instance = ?');
  // Revisions grow over the whole instance, so that a key that is removed and made again does not go back.
  const count = database.prepare(
    'INSERT INTO plugin_revisions (instance, revision) VALUES (?, 1) ON CONFLICT DO UPDATE SET revision = revision + 1 RETURNING revision',
  );
  const put = database.prepare(
    'INSERT OR REPLACE INTO plugin_values (instance, key, value, revision, expires_ms) VALUES (?, ?, ?, ?, ?)',
  );

  const get = (instance: string, key: string): Stored | undefined => {
    const row = find.get(instance, key, clock.wallMs());
    return row && { key, value: JSON.parse(String(row['value'])) as unknown, revision: Number(row['revision']) };
  };

  return {
    get: (instance, key) => guarded(() => get(instance, key)),
    keys: (instance, prefix) =>
      guarded(() => list.all(instance, clock.wallMs(), prefix.length, prefix).map((row) => String(row['key']))),
    write: (instance, key, { value, ttlMs, expected, quota }) =>
      guarded(() => {
        let written: Written = { kind: 'stale', revision: null };
        inTransaction(database, () => {
          const nowMs = clock.wallMs();
          expire.run(instance, nowMs);
          const revision = get(instance, key)?.revision ?? null;
          if (expected !== 'any' && expected !== revision) {
            written = { kind: 'stale', revision };
            return;
          }
          const text = JSON.stringify(value);
          const { number = 0, bytes = 0 } = sizes.get(instance, key) ?? {};
          if (Number(number) >= quota.keys || Number(bytes) + Buffer.byteLength(text) > quota.bytes) {
            written = { kind: 'full' };
            return;
          }
          const fresh = Number(count.get(instance)?.['revision']);
          put.run(instance, key, text, fresh, ttlMs === undefined ? Number.MAX_SAFE_INTEGER : nowMs + Math.ceil(ttlMs));
          written = { kind: 'written', revision: fresh };
        });
        return written;
      }),
    remove: (instance, key) => guarded(() => remove.run(instance, key).changes > 0),
    forget: (instance) =>
      guarded(() =>
        inTransaction(database, () => {
          removeAll.run(instance);
          countAnew.run(instance);
        }),
      ),
  };
}

function guarded<T>(act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw new SnoozeError('SNOOZE_E_STATE', `what plugins keep cannot be reached: ${causeOf(error)}`, {
      hint: 'make room on the disk of the state directory',
      cause: error,
    });
  }
}
