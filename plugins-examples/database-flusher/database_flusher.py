#!/usr/bin/env python3
"""Lets a database write to disk what only memory holds: before the cloud takes the host away, and before each snooze."""

import os
import re
import shutil
import subprocess
import time
from typing import Any, Dict, List, Literal, Tuple
from urllib.parse import unquote, urlsplit

from cloudsnooze_plugin import ConfigError, Event, log, plugin, seconds_left, setting

#: What is asked of each, so that a start after it has little to recover.
COMMANDS = {
    "mysql": "FLUSH NO_WRITE_TO_BINLOG TABLES; FLUSH NO_WRITE_TO_BINLOG LOGS; SET GLOBAL innodb_max_dirty_pages_pct = 0",
    "postgres": "CHECKPOINT",
    "redis": "SAVE",
}
#: user:password@tcp(host:port)/database, as Go's driver for MySQL has it.
_GO_DSN = re.compile(
    r"(?P<user>[^:@/]*)(?::(?P<password>.*))?@(?P<how>tcp|unix)\((?P<where>[^)]*)\)/(?P<database>[^?]*)"
)

flusher = plugin(
    "database-flusher",
    version="1.0.0",
    display_name="Database flusher",
    author="CloudSnooze contributors",
    description="Lets a database write to disk what only memory holds, before the host goes away.",
    category="database",
    tags=["mysql", "postgresql", "redis", "spot"],
    license="Apache-2.0",
    min_host_version="0.1.0",
    permissions={
        "network": ["127.0.0.1:3306", "127.0.0.1:5432", "127.0.0.1:6379"],
        "read": [
            "/run/mysqld",
            "/var/run/mysqld",
            "/run/postgresql",
            "/var/run/postgresql",
            "/run/redis",
            "/var/run/redis",
        ],
        "write": [],
        "env": [],
        "host": [],
    },
    resources={"memory_mb": 128, "cpu_percent": 50, "processes": 8},
    timeouts={"event_seconds": 100, "start_seconds": 10},
)

DbType = Literal["mysql", "postgres", "redis"]


@flusher.on("system.disk.low", priority=80)
@flusher.on("cloud.spot.interrupt", "cloud.instance.termination", priority=50)
def save(
    event: Event,
    db_type: DbType = setting(description="Which database it is"),
    connection_string: str = setting(
        description="postgresql://…, redis://… or mysql://user:password@host:port/database, or user:password@tcp(host:port)/database"
    ),
    timeout_seconds: float = setting(
        60, "The longest that it may take, also where an event has no deadline", exclusiveMinimum=0
    ),
) -> Dict[str, Any]:
    return flush(db_type, connection_string, min(timeout_seconds, seconds_left(timeout_seconds)))


@flusher.before_snooze
def before_snooze(
    db_type: str,
    connection_string: str,
    timeout_seconds: float,
    flush_before_snooze: bool = setting(
        True, "Do the same before each snooze; a failure is logged and forbids nothing"
    ),
) -> None:
    if flush_before_snooze:
        try:
            flush(db_type, connection_string, min(timeout_seconds, 20))
        except (RuntimeError, OSError) as error:
            log.warning("not flushed before the snooze: %s", error)


@flusher.command
def flush_now(db_type: str, connection_string: str, timeout_seconds: float) -> "Tuple[int, str]":
    try:
        return 0, f"flushed in {flush(db_type, connection_string, timeout_seconds)['seconds']} s"
    except (RuntimeError, OSError) as error:
        return 1, str(error)


@flusher.configured
def configured(db_type: str, connection_string: str) -> None:
    client(db_type, connection_string)


def flush(db_type: str, connection_string: str, seconds: float) -> Dict[str, Any]:
    """Does it, and gives what was done. Raises RuntimeError with what the database said."""
    started = time.monotonic()
    command, variables, options = client(db_type, connection_string)
    if shutil.which(command[0]) is None:
        raise RuntimeError(f"there is no {command[0]} on this host")
    # Options with a password go through a pipe that only the client has.
    readable, writable = os.pipe()
    os.write(writable, options.encode())
    os.close(writable)
    command = [word.replace("{pipe}", f"/dev/fd/{readable}") for word in command]
    try:
        done = subprocess.run(
            command,
            env={**os.environ, **variables},
            pass_fds=[readable],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=max(0.5, seconds),
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise RuntimeError(f"{db_type} was not done in {seconds:.1f} s") from None
    finally:
        os.close(readable)
    said = " ".join((done.stderr + done.stdout).split())
    if done.returncode != 0 or (db_type == "redis" and said != "OK"):
        raise RuntimeError(f"{db_type}: {said}")
    os.sync()  # and the kernel's own share of it
    return {"db_type": db_type, "did": COMMANDS[db_type], "seconds": round(time.monotonic() - started, 2)}


def client(db_type: str, connection_string: str) -> "Tuple[List[str], Dict[str, str], str]":
    """The database's own client: its words, its environment, its option file. Raises ConfigError, without a password in it."""
    go = _GO_DSN.match(connection_string)
    try:
        parts = urlsplit(connection_string)
        host, port = parts.hostname or "127.0.0.1", str(parts.port or "")
    except ValueError:
        host = port = ""
    if db_type == "mysql" and (go or parts.scheme == "mysql"):
        if go:
            where = (
                {"socket": go["where"]} if go["how"] == "unix" else dict(zip(("host", "port"), go["where"].split(":")))
            )
            given = {"user": go["user"], "password": go["password"] or "", **where}
        else:
            given = {
                "user": unquote(parts.username or ""),
                "password": unquote(parts.password or ""),
                "host": host,
                "port": port,
            }
        quoted = {key: value.replace("\\", "\\\\").replace('"', '\\"') for key, value in given.items() if value}
        options = "\n".join(["[client]", *(f'{key}="{value}"' for key, value in quoted.items()), ""])
        program = "mariadb" if shutil.which("mariadb") else "mysql"
        return [program, "--defaults-file={pipe}", "-e", COMMANDS["mysql"]], {}, options
    if db_type == "postgres" and parts.scheme in ("postgres", "postgresql") and host:
        query = dict(part.split("=", 1) for part in parts.query.split("&") if "=" in part)
        given = {
            "PGHOST": query.get("host", host),
            "PGPORT": port,
            "PGUSER": parts.username,
            "PGPASSWORD": parts.password,
        }
        given["PGDATABASE"] = parts.path.strip("/") or "postgres"
        variables = {key: unquote(value) for key, value in given.items() if value}
        return ["psql", "--no-psqlrc", "--no-password", "--quiet", "-c", COMMANDS["postgres"]], variables, ""
    if db_type == "redis" and parts.scheme in ("redis", "unix"):
        user = ["--user", unquote(parts.username)] if parts.username else []
        where = ["-s", parts.path] if parts.scheme == "unix" else ["-h", host, "-p", port or "6379"]
        variables = {"REDISCLI_AUTH": unquote(parts.password)} if parts.password else {}
        return ["redis-cli", "-e", *where, *user, COMMANDS["redis"]], variables, ""
    raise ConfigError(f"connection_string: that is no address of a {db_type} database")


if __name__ == "__main__":
    flusher.run()
