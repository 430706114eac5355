"""What a server says of itself, judged: is anything wrong with it."""

from typing import Any, Dict, List

from client import ask
from cloudsnooze_plugin import finding

HEALTH = """
SELECT json_build_object(
  'version', current_setting('server_version'), 'fsync', current_setting('fsync'),
  'size_bytes', (SELECT sum(pg_database_size(oid)) FROM pg_database WHERE has_database_privilege(oid, 'CONNECT')),
  'connections', (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'),
  'max_connections', current_setting('max_connections')::int,
  'blocked', (SELECT count(*) FROM pg_stat_activity WHERE cardinality(pg_blocking_pids(pid)) > 0),
  'forgotten', (SELECT count(*) FROM pg_stat_activity
    WHERE state LIKE 'idle in transaction%' AND now() - state_change > interval '5 minutes'),
  'slow', (SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND backend_type = 'client backend'
    AND now() - query_start > interval '5 minutes'),
  'lag_bytes', (SELECT max(pg_wal_lsn_diff(sent_lsn, replay_lsn)) FROM pg_stat_replication),
  'idle_slots', (SELECT count(*) FROM pg_replication_slots WHERE NOT active),
  'archive_failed', (SELECT failed_count > 0 AND last_failed_time > coalesce(last_archived_time, '-infinity') FROM pg_stat_archiver),
  'bloated', (SELECT string_agg(relname, ', ') FROM pg_stat_user_tables WHERE n_dead_tup > 10000 AND n_dead_tup > n_live_tup / 5),
  'hit_percent', (SELECT round(100.0 * sum(blks_hit) / nullif(sum(blks_hit + blks_read), 0)) FROM pg_stat_database),
  'blocks_hit', (SELECT coalesce(sum(blks_hit), 0) FROM pg_stat_database),
  'blocks_read', (SELECT coalesce(sum(blks_read), 0) FROM pg_stat_database),
  'block_bytes', current_setting('block_size')::int,
  'temp_bytes', (SELECT coalesce(sum(temp_bytes), 0) FROM pg_stat_database),
  'temp_files', (SELECT coalesce(sum(temp_files), 0) FROM pg_stat_database))"""
GIB = 1024 * 1024 * 1024


def examine(variables: Dict[str, str]) -> Any:
    """Findings and metrics. Raises Unknown where the server cannot be asked."""
    told = ask(variables, HEALTH)
    return judge(told), {key: told[key] for key in ("version", "size_bytes", "connections", "hit_percent")}


def judge(told: Dict[str, Any]) -> List[Dict[str, Any]]:
    taken, limit, lag = told["connections"], told["max_connections"], told["lag_bytes"] or 0
    no_fsync = "fsync is off: a stop at the wrong moment can destroy the data"
    forgotten = "clients hold a transaction open for more than 5 minutes and do nothing"
    read, temporary = told["blocks_read"], told["temp_bytes"]
    asked = told["blocks_hit"] + read
    missed = f"{100 * read / max(1, asked):.1f} % of blocks were not in the buffer cache"
    # Both count since the statistics were reset: only against all that was asked for do they say how much it is.
    spilled = f"sorts and joins wrote {temporary / GIB:.1f} GiB to {told['temp_files']} temporary files"
    # id, whether it is so, title, severity, category, suggestion
    rules = [
        ("no-fsync", told["fsync"] == "off", no_fsync, "critical", "durability", "fsync = on"),
        (
            "blocked",
            told["blocked"],
            f"{told['blocked']} clients wait for another's lock",
            "warning",
            "clients",
            "see pg_blocking_pids()",
        ),
        (
            "forgotten-transaction",
            told["forgotten"],
            f"{told['forgotten']} {forgotten}",
            "warning",
            "clients",
            "set idle_in_transaction_session_timeout",
        ),
        (
            "slow-query",
            told["slow"],
            f"{told['slow']} queries run for more than 5 minutes",
            "warning",
            "slow queries",
            "see pg_stat_activity",
        ),
        (
            "few-connections",
            taken > 0.8 * limit,
            f"{taken} of {limit} connections are taken",
            "warning",
            "clients",
            "use a pool, or raise max_connections",
        ),
        (
            "replica-behind",
            lag > 64 * 1024 * 1024,
            f"a replica is {lag} bytes behind",
            "warning",
            "replication",
            "let it catch up before a stop",
        ),
        (
            "idle-slot",
            told["idle_slots"],
            f"{told['idle_slots']} replication slots keep WAL that nobody reads",
            "warning",
            "replication",
            "drop them",
        ),
        (
            "archive-failed",
            told["archive_failed"],
            "the last WAL file could not be archived",
            "critical",
            "durability",
            "see archive_command",
        ),
        (
            "small-buffer-cache",
            read > 1_000_000 and read > 0.1 * asked,
            missed,
            "info",
            "memory",
            "raise shared_buffers",
        ),
        (
            "temporary-files",
            temporary > GIB and temporary > 0.01 * asked * told["block_bytes"],
            spilled,
            "info",
            "memory",
            "raise work_mem",
        ),
        (
            "bloat",
            told["bloated"],
            f"more than a fifth of the rows are dead in: {told['bloated']}",
            "info",
            "fragmentation",
            "VACUUM them",
        ),
    ]
    return [
        finding(name, title, severity, category=category, suggestion=suggestion)
        for name, is_so, title, severity, category, suggestion in rules
        if is_so
    ]
