#!/usr/bin/env python3
"""Lets a database write to disk what only memory holds: before the cloud takes the host away, and before each snooze."""

import os
import shutil
import subprocess
import time
from typing import Any, Dict, Literal, Tuple

from client import find_client
from cloudsnooze_plugin import Event, log, plugin, seconds_left, setting

#: What is asked of each, so that a start after it has little to recover.
COMMANDS = {
    "mysql": "FLUSH NO_WRITE_TO_BINLOG TABLES; FLUSH NO_WRITE_TO_BINLOG LOGS; SET GLOBAL innodb_max_dirty_pages_pct = 0",
    "postgres": "CHECKPOINT",
    "redis": "SAVE",
}
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
    find_client(db_type, connection_string)


def flush(db_type: str, connection_string: str, seconds: float) -> Dict[str, Any]:
    """Does it, and gives what was done. Raises RuntimeError with what the database said."""
    started = time.monotonic()
    client = find_client(db_type, connection_string)
    if shutil.which(client.program) is None:
        raise RuntimeError(f"there is no {client.program} on this host")
    # Options with a password go through a pipe that only the client has.
    readable, writable = os.pipe()
    os.write(writable, client.options.encode())
    os.close(writable)
    pipe = [f"--defaults-file=/dev/fd/{readable}"] if client.options else []
    try:
        done = subprocess.run(
            [client.program, *pipe, *client.words, COMMANDS[db_type]],
            env={**os.environ, **client.variables},
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


if __name__ == "__main__":
    flusher.run()
