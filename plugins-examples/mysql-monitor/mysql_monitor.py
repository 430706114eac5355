#!/usr/bin/env python3
"""Busy while somebody uses a MySQL or MariaDB server. Asks through its own client, which knows every way to log in."""

import os
import re
from typing import Any, Literal, Optional

import client
from cloudsnooze_plugin import Unknown, Verdict, busy, finding, idle, is_hidden, plugin, setting
from health import examine

#: `Sleep` waits for its client, and these are the server's own threads and its replicas'.
OWN = "('Daemon', 'Binlog Dump', 'Binlog Dump GTID', 'Slave_IO', 'Slave_SQL', 'Slave_worker')"
USAGE = f"""
SELECT 'clients', count(*), 'working', coalesce(sum(command <> 'Sleep'), 0),
  'recent', coalesce(sum(command = 'Sleep' AND time < {{seconds}}), 0)
FROM information_schema.processlist
WHERE id <> connection_id() AND command NOT IN {OWN} AND user NOT IN ('system user', 'event_scheduler');
SELECT 'transactions', count(*) FROM information_schema.innodb_trx;
SHOW GLOBAL STATUS LIKE 'Connections'"""

INSTANCE = os.environ.get("SNOOZE_PLUGIN", "mysql-monitor")
#: What the server had counted as connections of others at the last check.
_connections: Optional[int] = None


@plugin(
    "mysql-monitor",
    version="1.0.0",
    display_name="MySQL and MariaDB use",
    author="CloudSnooze contributors",
    category="database",
    tags=["mysql", "mariadb", "database"],
    license="Apache-2.0",
    min_host_version="0.1.0",
    permissions={
        "network": ["127.0.0.1:3306"],
        "read": ["/run/mysqld", "/var/run/mysqld", "${config.tls_ca}"],
        "write": [],
        "env": [],
        "host": [],
    },
    resources={"memory_mb": 128, "cpu_percent": 50, "processes": 8},
    timeouts={"check_seconds": 5, "start_seconds": 10},
)
def check(
    dsn: str = setting(
        "mysql://127.0.0.1:3306/",
        "mysql://user:password@host:port/database, user:password@tcp(host:port)/database, or user:password@unix(/path/to.sock)/",
    ),
    tls: bool = setting(False, "Encrypt, and check the server's certificate and its name"),
    tls_ca: Optional[str] = setting(None, "A PEM file with whom to trust; null: whom this host trusts", pattern="^/"),
    idle_minutes: float = setting(5, "A connection counts for so long after its last query", minimum=0),
    connection_threshold: Optional[int] = setting(
        None, "Busy when so many clients are connected, whatever they do; null turns it off", minimum=1
    ),
    max_new_connections: Optional[int] = setting(
        0, "Idle while at most so many clients have connected since the last check; null turns it off", minimum=0
    ),
    if_down: Literal["unknown", "idle"] = setting("unknown", "What it means that no server runs there"),
) -> Verdict:
    """Idle when no client of a MySQL or MariaDB server works or has done so for a while."""
    global _connections
    try:
        rows = client.ask(client.option_file(dsn, tls, tls_ca), USAGE.format(seconds=idle_minutes * 60))
    except Unknown as error:
        socket = re.search(r"through socket '(.+?)' \(\d+\b", str(error))
        if socket and is_hidden(socket[1]):
            hint = f"snooze plugin restart {INSTANCE}; where that does not help, put its folder into permissions.read"
            raise Unknown(f"the sandbox does not show {socket[1]}: {hint}") from None
        if if_down == "idle" and re.search(r"ERROR 200[23] .*\((111|115|2)\b", str(error)):
            return idle("no MySQL runs there")  # connection refused (MariaDB says 115), or no socket
        raise
    words = [word for row in rows for word in row]
    found = {words[i]: int(words[i + 1]) for i in range(0, len(words), 2)}
    before, _connections = _connections, found.pop("Connections") - client.connections_made
    if found["working"] or found["transactions"]:
        return busy(f"{count(found['working'])} at work, {found['transactions']} transactions open", **found)
    if found["recent"]:
        return busy(f"{count(found['recent'])} worked less than {idle_minutes:g} min ago", **found)
    if max_new_connections is not None:
        if before is None or _connections < before:
            return busy("who comes and goes is known from the next check on", **found)
        if _connections - before > max_new_connections:
            what = f"{count(_connections - before)} connected since the last check"
            return busy(f"{what}, idle up to {max_new_connections}", **found)
    if connection_threshold is not None and found["clients"] >= connection_threshold:
        return busy(f"{count(found['clients'])} connected, idle under {connection_threshold}", **found)
    return idle(f"{count(found['clients'])} connected, none at work", **found)


@check.configured
def configured(dsn: str, tls: bool, tls_ca: Optional[str]) -> None:
    global _connections
    client.option_file(dsn, tls, tls_ca)
    _connections = None


@check.diagnose
def diagnose(dsn: str, tls: bool, tls_ca: Optional[str]) -> Any:
    try:
        return examine(client.option_file(dsn, tls, tls_ca))
    except Unknown as error:
        return [
            finding("unreachable", str(error), "critical", suggestion="check dsn and tls, and that the server runs")
        ]


def count(clients: int) -> str:
    return f"{clients} client" if clients == 1 else f"{clients} clients"


if __name__ == "__main__":
    check.run()
