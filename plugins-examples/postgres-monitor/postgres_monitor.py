#!/usr/bin/env python3
"""Busy while somebody uses a PostgreSQL server. Asks through psql, which knows every way to log in."""

import json
import os
import subprocess
from typing import Any, Literal, Optional
from urllib.parse import parse_qsl, unquote, urlsplit

from cloudsnooze_plugin import ConfigError, Unknown, Verdict, busy, finding, idle, plugin, seconds_left, setting

USAGE = """
SELECT json_build_object('clients', count(*), 'hidden', count(*) FILTER (WHERE backend_type IS NULL),
  'working', count(*) FILTER (WHERE state IN ('active', 'fastpath function call')),
  'in_transaction', count(*) FILTER (WHERE state LIKE 'idle in transaction%'),
  'recent', count(*) FILTER (WHERE state = 'idle' AND now() - state_change < make_interval(secs => {seconds})))
FROM pg_stat_activity WHERE datid IS NOT NULL AND coalesce(backend_type, 'client backend') = 'client backend'
  AND pid <> pg_backend_pid()"""

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
  'hit_percent', (SELECT round(100.0 * sum(blks_hit) / nullif(sum(blks_hit + blks_read), 0)) FROM pg_stat_database))"""


@plugin(
    "postgres-monitor",
    version="1.0.0",
    display_name="PostgreSQL use",
    author="CloudSnooze contributors",
    category="database",
    tags=["postgresql", "database"],
    license="Apache-2.0",
    min_host_version="0.1.0",
    permissions={
        "network": ["127.0.0.1:5432"],
        "read": ["/run/postgresql", "/var/run/postgresql", "/etc/postgresql-common"],
        "write": [],
        "env": [],
        "host": [],
    },
    resources={"memory_mb": 128, "cpu_percent": 50, "processes": 8},
    timeouts={"check_seconds": 5, "start_seconds": 10},
)
def check(
    url: str = setting(
        "postgresql://127.0.0.1:5432/postgres",
        "postgresql://[user[:password]@]host[:port]/database, or postgresql:///database?host=/run/postgresql",
        pattern="^postgres(ql)?://",
    ),
    idle_minutes: float = setting(5, "A connection counts for so long after its last query", minimum=0),
    connection_threshold: Optional[int] = setting(
        None, "Busy when so many clients are connected, whatever they do; null turns it off", minimum=1
    ),
    if_down: Literal["unknown", "idle"] = setting("unknown", "What it means that no server runs there"),
) -> Verdict:
    """Idle when no client of a PostgreSQL server works or has done so for a while."""
    try:
        found = ask(url, USAGE.format(seconds=idle_minutes * 60))
    except Unknown as error:
        if if_down == "idle" and is_down(str(error)):
            return idle("no PostgreSQL runs there")
        raise
    if found["hidden"]:
        raise Unknown(f"what {found['hidden']} clients do is hidden from this user: GRANT pg_monitor TO …")
    in_use = found["working"] + found["in_transaction"] + found["recent"]
    if found["working"] or found["in_transaction"]:
        return busy(f"{found['working']} clients work, {found['in_transaction']} are in a transaction", **found)
    if in_use:
        return busy(f"{count(in_use)} worked less than {idle_minutes:g} min ago", **found)
    if connection_threshold is not None and found["clients"] >= connection_threshold:
        return busy(f"{count(found['clients'])} connected, idle under {connection_threshold}", **found)
    return idle(f"{count(found['clients'])} connected, none at work", **found)


@check.configured
def configured(url: str) -> None:
    environment(url)


@check.diagnose
def diagnose(url: str) -> Any:
    try:
        told = ask(url, HEALTH)
    except Unknown as error:
        return [finding("unreachable", str(error), "critical", suggestion="check url, and that the server runs")]
    found = []

    def add(name: str, title: str, severity: str, category: str, suggestion: str) -> None:
        found.append(finding(name, title, severity, category=category, suggestion=suggestion))

    if told["fsync"] == "off":
        add(
            "no-fsync",
            "fsync is off: a stop at the wrong moment can destroy the data",
            "critical",
            "durability",
            "fsync = on",
        )
    if told["blocked"]:
        add(
            "blocked",
            f"{count(told['blocked'])} wait for another's lock",
            "warning",
            "clients",
            "see pg_blocking_pids()",
        )
    if told["forgotten"]:
        title = f"{count(told['forgotten'])} hold a transaction open for more than 5 minutes and do nothing"
        add("forgotten-transaction", title, "warning", "clients", "set idle_in_transaction_session_timeout")
    if told["slow"]:
        add(
            "slow-query",
            f"{told['slow']} queries run for more than 5 minutes",
            "warning",
            "slow queries",
            "see pg_stat_activity",
        )
    if told["connections"] > 0.8 * told["max_connections"]:
        title = f"{told['connections']} of {told['max_connections']} connections are taken"
        add("few-connections", title, "warning", "clients", "use a pool, or raise max_connections")
    if (told["lag_bytes"] or 0) > 64 * 1024 * 1024:
        add(
            "replica-behind",
            f"a replica is {told['lag_bytes']} bytes behind",
            "warning",
            "replication",
            "let it catch up before a stop",
        )
    if told["idle_slots"]:
        add(
            "idle-slot",
            f"{told['idle_slots']} replication slots keep WAL that nobody reads",
            "warning",
            "replication",
            "drop them",
        )
    if told["archive_failed"]:
        add(
            "archive-failed", "the last WAL file could not be archived", "critical", "durability", "see archive_command"
        )
    if told["bloated"]:
        add(
            "bloat",
            f"more than a fifth of the rows are dead in: {told['bloated']}",
            "info",
            "fragmentation",
            "VACUUM them",
        )
    return found, {key: told[key] for key in ("version", "size_bytes", "connections", "hit_percent")}


def ask(url: str, query: str) -> Any:
    """The one JSON value of a query. Raises Unknown."""
    command = [
        "psql",
        "--no-psqlrc",
        "--no-password",
        "--tuples-only",
        "--no-align",
        "--quiet",
        "-v",
        "ON_ERROR_STOP=1",
        "-c",
        query,
    ]
    seconds = max(0.5, 0.8 * seconds_left(10))
    variables = {
        **os.environ,
        **environment(url),
        "PGAPPNAME": "cloudsnooze",
        "PGCONNECT_TIMEOUT": str(max(2, int(seconds))),
    }
    try:
        done = subprocess.run(command, env=variables, capture_output=True, text=True, timeout=seconds, check=False)
    except FileNotFoundError:
        raise Unknown("there is no psql on this host: install postgresql-client") from None
    except subprocess.TimeoutExpired:
        raise Unknown(f"the server did not answer in {seconds:.1f} s") from None
    if done.returncode != 0:
        raise Unknown(" ".join(done.stderr.split()).replace("psql: error: ", ""))
    return json.loads(done.stdout)


def environment(url: str) -> "dict[str, str]":
    """The URL as psql's variables: on a command line everybody could read the password. Raises ConfigError."""
    try:
        parts = urlsplit(url)
        found = {"PGHOST": parts.hostname, "PGPORT": parts.port, "PGUSER": parts.username, "PGPASSWORD": parts.password}
    except ValueError as error:
        raise ConfigError(f"url: {error}") from None
    found["PGDATABASE"] = parts.path.strip("/") or "postgres"
    for key, value in parse_qsl(parts.query):
        if key not in ("host", "port", "user", "sslmode", "sslrootcert", "sslcert", "sslkey"):
            raise ConfigError(
                f"url: {key} is not understood; host, port, user, sslmode, sslrootcert, sslcert and sslkey are"
            )
        found["PG" + key.upper()] = value
    return {key: unquote(str(value)) for key, value in found.items() if value}


def is_down(text: str) -> bool:
    """Whether nobody listens there; one that is starting, full or refuses the password may be in use."""
    return "Connection refused" in text or "No such file or directory" in text


def count(clients: int) -> str:
    return f"{clients} client" if clients == 1 else f"{clients} clients"


if __name__ == "__main__":
    check.run()
