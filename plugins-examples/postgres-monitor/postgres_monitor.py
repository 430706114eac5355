#!/usr/bin/env python3
"""Busy while somebody uses a PostgreSQL server. Asks through psql, which knows every way to log in."""

import os
import re
from typing import Any, Literal, Optional

import client
from cloudsnooze_plugin import Unknown, Verdict, busy, finding, idle, is_hidden, plugin, setting
from health import examine

USAGE = """
SELECT json_build_object('clients', count(*), 'hidden', count(*) FILTER (WHERE backend_type IS NULL),
  'untracked', count(*) FILTER (WHERE state = 'disabled'),
  'working', count(*) FILTER (WHERE state IN ('active', 'fastpath function call')),
  'in_transaction', count(*) FILTER (WHERE state LIKE 'idle in transaction%'),
  'recent', count(*) FILTER (WHERE state = 'idle' AND now() - state_change < make_interval(secs => {seconds})),
  'sessions', (SELECT sum((to_jsonb(d)->>'sessions')::bigint) FROM pg_stat_database d))
FROM pg_stat_activity WHERE datid IS NOT NULL AND coalesce(backend_type, 'client backend') = 'client backend'
  AND pid <> pg_backend_pid()"""

INSTANCE = os.environ.get("SNOOZE_PLUGIN", "postgres-monitor")
#: What the server had counted as sessions of others at the last check.
_sessions: Optional[int] = None


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
        "read": ["/run/postgresql", "/var/run/postgresql", "/etc/postgresql-common", "${config.tls_ca}"],
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
    tls_ca: Optional[str] = setting(
        None, "A PEM file with whom to trust: encrypts, and checks the server's certificate and its name", pattern="^/"
    ),
    idle_minutes: float = setting(5, "A connection counts for so long after its last query", minimum=0),
    connection_threshold: Optional[int] = setting(
        None, "Busy when so many clients are connected, whatever they do; null turns it off", minimum=1
    ),
    max_new_connections: Optional[int] = setting(
        0, "Idle while at most so many clients have connected since the last check; null turns it off", minimum=0
    ),
    if_down: Literal["unknown", "idle"] = setting("unknown", "What it means that no server runs there"),
) -> Verdict:
    """Idle when no client of a PostgreSQL server works or has done so for a while."""
    global _sessions
    try:
        found = client.ask(client.environment(url, tls_ca), USAGE.format(seconds=idle_minutes * 60))
    except Unknown as error:
        socket = re.search('on socket "(.+?)" failed: (No such file|Connection refused)', str(error))
        if socket and is_hidden(socket[1]):
            hint = f"snooze plugin restart {INSTANCE}; where that does not help, put its folder into permissions.read"
            raise Unknown(f"the sandbox does not show {socket[1]}: {hint}") from None
        if if_down == "idle" and is_down(str(error)):
            return idle("no PostgreSQL runs there")
        raise
    if found["hidden"]:
        raise Unknown(f"what {found['hidden']} clients do is hidden from this user: GRANT pg_monitor TO …")
    if found.pop("untracked"):
        raise Unknown("what clients do is not tracked: track_activities is off on the server or for one of them")
    # Servers before 14 do not count them.
    counted = found.pop("sessions")
    before, _sessions = _sessions, None if counted is None else counted - client.sessions_made
    in_use = found["working"] + found["in_transaction"] + found["recent"]
    if found["working"] or found["in_transaction"]:
        return busy(f"{found['working']} clients work, {found['in_transaction']} are in a transaction", **found)
    if in_use:
        return busy(f"{count(in_use)} worked less than {idle_minutes:g} min ago", **found)
    if max_new_connections is not None and _sessions is not None:
        if before is None or _sessions < before:
            return busy("who comes and goes is known from the next check on", **found)
        if _sessions - before > max_new_connections:
            what = f"{count(_sessions - before)} connected since the last check"
            return busy(f"{what}, idle up to {max_new_connections}", **found)
    if connection_threshold is not None and found["clients"] >= connection_threshold:
        return busy(f"{count(found['clients'])} connected, idle under {connection_threshold}", **found)
    return idle(f"{count(found['clients'])} connected, none at work", **found)


@check.configured
def configured(url: str, tls_ca: Optional[str]) -> None:
    global _sessions
    client.environment(url, tls_ca)
    _sessions = None


@check.diagnose
def diagnose(url: str, tls_ca: Optional[str]) -> Any:
    try:
        return examine(client.environment(url, tls_ca))
    except Unknown as error:
        return [finding("unreachable", str(error), "critical", suggestion="check url, and that the server runs")]


def is_down(text: str) -> bool:
    """Whether nobody listens there; one that is starting, full or refuses the password may be in use."""
    return "Connection refused" in text or "No such file or directory" in text


def count(clients: int) -> str:
    return f"{clients} client" if clients == 1 else f"{clients} clients"


if __name__ == "__main__":
    check.run()
