"""Asks a server through its own client, which knows every way to log in."""

import os
import re
import shutil
import subprocess
from typing import List, Optional
from urllib.parse import unquote

from cloudsnooze_plugin import ConfigError, Unknown, seconds_left

#: mysql://user:password@host:3306/database, and Go's user:password@tcp(host:3306)/database.
_URL = re.compile(
    r"(?:mysql://)?(?:(?P<user>[^:@/]*)(?::(?P<password>.*))?@)?"
    r"(?:tcp\((?P<tcp>[^)]*)\)|unix\((?P<socket>[^)]*)\)|(?P<plain>[^/?]*))(?:/(?P<database>[^?]*))?(?:\?socket=(?P<path>.*))?$"
)

#: How often this process has connected: the server counts these connections with all others.
connections_made = 0


def ask(options: str, query: str) -> List[List[str]]:
    """The rows of all results, as texts; `options` is what `option_file` gives. Raises Unknown."""
    global connections_made
    client = find_client()
    if client is None:
        raise Unknown("there is no mariadb or mysql client on this host: install mariadb-client")
    seconds = max(0.5, 0.8 * seconds_left(10))
    # A pipe that only the client has: on a command line or in a file others could read the password.
    readable, writable = os.pipe()
    os.write(writable, options.encode())
    os.close(writable)
    limit = f"--connect-timeout={max(1, int(seconds))}"
    command = [
        client,
        f"--defaults-file=/dev/fd/{readable}",
        "--batch",
        "--skip-column-names",
        "--raw",
        limit,
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
    if not re.search("ERROR (2|1040)", done.stderr):  # with these the server counted none: it would hide one of others
        connections_made += 1
    if done.returncode != 0:
        said = " ".join(done.stderr.split())
        raise Unknown(f"{said}: GRANT PROCESS ON *.* TO …" if "PROCESS privilege" in said else said)
    return [line.split("\t") for line in done.stdout.splitlines()]


def find_client() -> Optional[str]:
    return shutil.which("mariadb") or shutil.which("mysql")


def option_file(dsn: str, tls: bool, tls_ca: Optional[str]) -> str:
    """What says how to get in, as the client's option file. Raises ConfigError, which never repeats a password."""
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
    if tls_ca and not tls:
        raise ConfigError("tls_ca is of use only with tls: true")
    lines = [f'{key}="{escape(value)}"' for key, value in {**options, "ssl-ca": tls_ca}.items() if value]
    if tls:
        is_mariadb = (find_client() or "").endswith("mariadb")
        lines += ["ssl", "ssl-verify-server-cert"] if is_mariadb else ["ssl-mode=VERIFY_IDENTITY"]
    return "\n".join(["[client]", *lines, ""])


def escape(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
