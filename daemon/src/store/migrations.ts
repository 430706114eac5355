/** What brings the file from one version to the next; its version is how many of these it has seen. Only ever append. */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE history (
    id INTEGER PRIMARY KEY AUTOINCREMENT, at_ms INTEGER NOT NULL, kind TEXT NOT NULL, cause TEXT NOT NULL,
    summary TEXT NOT NULL, details TEXT NOT NULL);
  CREATE INDEX history_by_kind ON history (kind, id);
  CREATE TABLE events (
    id TEXT PRIMARY KEY, seen_ms INTEGER NOT NULL, ended_ms INTEGER, state TEXT NOT NULL, event TEXT NOT NULL);
  CREATE INDEX events_unfinished ON events (seen_ms) WHERE ended_ms IS NULL;
  CREATE TABLE outcomes (
    number INTEGER PRIMARY KEY AUTOINCREMENT, event_id TEXT NOT NULL REFERENCES events (id) ON DELETE CASCADE,
    outcome TEXT NOT NULL);
  CREATE INDEX outcomes_by_event ON outcomes (event_id, number);
  CREATE TABLE samples (at_ms INTEGER PRIMARY KEY, measured TEXT NOT NULL);
  CREATE TABLE sample_minutes (minute_ms INTEGER PRIMARY KEY, measured TEXT NOT NULL);
  `,
  // A notice that is polled for weeks is one event: what counts is when it was last seen, not when first.
  `
  ALTER TABLE events ADD COLUMN last_seen_ms INTEGER NOT NULL DEFAULT 0;
  UPDATE events SET last_seen_ms = seen_ms;
  `,
  // Ten thousand events of one's own may wait for their turn, the most urgent first.
  `
  ALTER TABLE events ADD COLUMN closing TEXT;
  ALTER TABLE events ADD COLUMN own INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE events ADD COLUMN severity INTEGER NOT NULL DEFAULT 0;
  CREATE INDEX events_waiting ON events (severity DESC, seen_ms) WHERE state = 'pending' AND own = 1;
  CREATE INDEX events_by_incident ON events (json_extract(event, '$.data.incident'));
  `,
  // What plugins keep.
  `
  CREATE TABLE plugin_values (
    instance TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, revision INTEGER NOT NULL,
    expires_ms INTEGER NOT NULL, PRIMARY KEY (instance, key)) WITHOUT ROWID;
  CREATE TABLE plugin_revisions (instance TEXT PRIMARY KEY, revision INTEGER NOT NULL) WITHOUT ROWID;
  `,
  // What happened to an event beside its handlers; and `status` asks each time for those of the cloud, which are few.
  `
  CREATE TABLE remarks (
    number INTEGER PRIMARY KEY AUTOINCREMENT, event_id TEXT NOT NULL REFERENCES events (id) ON DELETE CASCADE,
    remark TEXT NOT NULL);
  CREATE INDEX remarks_by_event ON remarks (event_id, number);
  CREATE INDEX events_not_own ON events (seen_ms) WHERE own = 0;
  `,
  // Handlers that have begun and not ended: what a daemon that was killed cannot tell any more.
  `
  CREATE TABLE turns (
    event_id TEXT NOT NULL REFERENCES events (id) ON DELETE CASCADE, handler TEXT NOT NULL, turn TEXT NOT NULL,
    PRIMARY KEY (event_id, handler)) WITHOUT ROWID;
  `,
];
