#!/usr/bin/env python3
"""Busy while somebody uses a MySQL or MariaDB server. Asks through its own client, which knows every way to log in."""

import os
import re
import shutil
import subprocess
from typing import Any, Dict, List, Literal, Optional
from urllib.parse import unquote

from cloudsnooze_plugin import ConfigError, Unknown, Verdict, busy, finding, idle, plugin, seconds_left, setting

#: `Sleep` waits for its client, and these are the server's own threads and its replicas'.
OWN = "('Daemon', 'Binlog Dump', 'Binlog Dump GTID', 'Slave_IO', 'Slave_SQL', 'Slave_worker')"
USAGE = f"""
SELECT 'clients', count(*), 'working', coalesce(sum(command <> 'Sleep'), 0),
  'recent', coalesce(sum(command = 'Sleep' AND time < {{seconds}}), 0)
FROM information_schema.processlist
WHERE id <> connection_id() AND command NOT IN {OWN} AND user NOT IN ('system user', 'event_scheduler');
SELECT 'transactions', count(*) FROM information_schema.innodb_trx;
SHOW GLOBAL STATUS LIKE 'Threads_connected'"""

#: mysql://user:password@host:3306/database, and Go's user:password@tcp(host:3306)/database.
_URL = re.compile(
    r"(?:mysql://)?(?:(?P<user>[^:@/]*)(?::(?P<password>.*))?@)?"
    r"(?:tcp\((?P<tcp>[^)]*)\)|unix\((?P<socket>[^)]*)\)|(?P<plain>[^/?]*))(?:/(?P<database>[^?]*))?(?:\?socket=(?P<path>.*))?$"
)


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
        "read": ["/run/mysqld", "/var/run/mysqld"],
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
    idle_minutes: float = setting(5, "A connection counts for so long after its last query", minimum=0),
    connection_threshold: Optional[int] = setting(
        None, "Busy when so many clients are connected, whatever they do; null turns it off", minimum=1
    ),
    if_down: Literal["unknown", "idle"] = setting("unknown", "What it means that no server runs there"),
) -> Verdict:
    """Idle when no client of a MySQL or MariaDB server works or has done so for a while."""
    try:
        words = [word for row in ask(dsn, USAGE.format(seconds=idle_minutes * 60)) for word in row]
    except Unknown as error:
        if if_down == "idle" and re.search(r"ERROR 200[23] .*\((111|115|2)\b", str(error)):
            return idle("no MySQL runs there")  # connection refused (MariaDB says 115), or no socket
        raise
    found = {words[i]: int(words[i + 1]) for i in range(0, len(words), 2)}
    hidden = found.pop("Threads_connected") - 1 - found["clients"]
    if hidden > 0 and found["clients"] == 0:
        raise Unknown(f"what {hidden} clients do is hidden from this user: GRANT PROCESS ON *.* TO …")
    if found["working"] or found["transactions"]:
        return busy(f"{count(found['working'])} at work, {found['transactions']} transactions open", **found)
    if found["recent"]:
        return busy(f"{count(found['recent'])} worked less than {idle_minutes:g} min ago", **found)
    if connection_threshold is not None and found["clients"] >= connection_threshold:
        return busy(f"{count(found['clients'])} connected, idle under {connection_threshold}", **found)
    return idle(f"{count(found['clients'])} connected, none at work", **found)


@check.configured
def configured(dsn: str) -> None:
    option_file(dsn)


@check.diagnose
def diagnose(dsn: str) -> Any:
    try:
        status: Dict[str, str] = dict(
            row[:2] for row in ask(dsn, "SHOW GLOBAL STATUS; SHOW GLOBAL VARIABLES") if len(row) > 1
        )
        replica = (
            ask(dsn, "SHOW SLAVE STATUS\\G") if "slave_net_timeout" in status else ask(dsn, "SHOW REPLICA STATUS\\G")
        )
        waiting = int(
            ask(dsn, "SELECT count(*) FROM information_schema.innodb_trx WHERE trx_state = 'LOCK WAIT'")[0][0]
        )
        slow = int(
            ask(
                dsn,
                "SELECT count(*) FROM information_schema.processlist WHERE command = 'Query' AND time > 300 AND id <> connection_id()",
            )[0][0]
        )
    except Unknown as error:
        return [finding("unreachable", str(error), "critical", suggestion="check dsn, and that the server runs")]
    found = []

    def add(name: str, title: str, severity: str, category: str, suggestion: str) -> None:
        found.append(finding(name, title, severity, category=category, suggestion=suggestion))

    def number(name: str) -> float:
        return float(status.get(name) or 0)

    if waiting:
        add("blocked", f"{count(waiting)} wait for a lock", "warning", "clients", "see information_schema.innodb_trx")
    if slow:
        add(
            "slow-query",
            f"{slow} queries run for more than 5 minutes",
            "warning",
            "slow queries",
            "see SHOW FULL PROCESSLIST",
        )
    if number("Slow_queries") > 0.01 * number("Questions") and number("Questions") > 1000:
        add(
            "many-slow-queries",
            "more than 1 % of all queries are slow",
            "info",
            "slow queries",
            "look at the slow query log",
        )
    if number("Max_used_connections") > 0.8 * number("max_connections"):
        title = f"{number('Max_used_connections'):g} of {number('max_connections'):g} connections were taken once"
        add("few-connections", title, "warning", "clients", "use a pool, or raise max_connections")
    reads, misses = number("Innodb_buffer_pool_read_requests"), number("Innodb_buffer_pool_reads")
    if reads > 100_000 and misses > 0.01 * reads:
        add(
            "small-buffer-pool",
            f"{100 * misses / reads:.1f} % of reads miss the buffer pool",
            "info",
            "memory",
            "raise innodb_buffer_pool_size",
        )
    if number("innodb_flush_log_at_trx_commit") != 1:
        title = "the last second of commits is lost where the host stops hard"
        add("late-flush", title, "warning", "durability", "innodb_flush_log_at_trx_commit = 1")
    behind = re.search(r"Seconds_Behind_(?:Master|Source): (\w+)", "\n".join(" ".join(row) for row in replica))
    if behind and behind[1] == "NULL":
        add(
            "replica-stopped",
            "replication is configured and does not run",
            "critical",
            "replication",
            "see SHOW REPLICA STATUS",
        )
    elif behind and int(behind[1]) > 60:
        add(
            "replica-behind",
            f"this replica is {behind[1]} s behind",
            "warning",
            "replication",
            "let it catch up before a stop",
        )
    keys = {
        "version": "version",
        "uptime_seconds": "Uptime",
        "connections": "Threads_connected",
        "questions": "Questions",
    }
    return found, {name: status.get(key) for name, key in keys.items()}


def ask(dsn: str, query: str) -> List[List[str]]:
    """The rows of all results, as texts. Raises Unknown."""
    client = shutil.which("mariadb") or shutil.which("mysql")
    if client is None:
        raise Unknown("there is no mariadb or mysql client on this host: install mariadb-client")
    seconds = max(0.5, 0.8 * seconds_left(10))
    # A pipe that only the client has: on a command line or in a file others could read the password.
    readable, writable = os.pipe()
    os.write(writable, option_file(dsn).encode())
    os.close(writable)
    command = [
        client,
        f"--defaults-file=/dev/fd/{readable}",
        "--batch",
        "--skip-column-names",
        "--raw",
        f"--connect-timeout={max(1, int(seconds))}",
        "-e",
        query,
    ]
    try:
        done = subprocess.run(
            command, pass_fds=[readable], capture_output=True, text=True, timeout=seconds, check=False
        )
    except subprocess.TimeoutExpired:
        raise Unknown(f"the server did not answer in {seconds:.1f} s") from None
    finally:
        os.close(readable)
    if done.returncode != 0:
        raise Unknown(" ".join(done.stderr.split()))
    return [line.split("\t") for line in done.stdout.splitlines()]


def option_file(dsn: str) -> str:
    """The DSN as the client's option file. Raises ConfigError, which never repeats a password."""
    parts = _URL.match(dsn)
    if not parts:
        raise ConfigError(
            "dsn: expected mysql://user:password@host:port/database or user:password@tcp(host:port)/database"
        )
    decode = unquote if dsn.startswith("mysql://") else str
    host, _, port = (parts["tcp"] or parts["plain"] or "").partition(":")
    if port and not port.isdigit():
        raise ConfigError("dsn: the port is no number")
    socket = parts["socket"] or parts["path"]
    options = {
        "user": decode(parts["user"] or ""),
        "password": decode(parts["password"] or ""),
        "host": "" if socket else host or "127.0.0.1",
        "port": "" if socket else port,
        "socket": socket or "",
        "database": parts["database"] or "",
    }
    lines = [f'{key}="{escape(value)}"' for key, value in options.items() if value]
    return "\n".join(["[client]", *lines, ""])


def escape(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def count(clients: int) -> str:
    return f"{clients} client" if clients == 1 else f"{clients} clients"


if __name__ == "__main__":
    check.run()
