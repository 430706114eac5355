"""How each database's own client gets in: passwords go where nobody else can read them."""

import re
import shutil
from dataclasses import dataclass, field
from typing import Dict, List
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from cloudsnooze_plugin import ConfigError

#: user:password@tcp(host:port)/database, as Go's driver for MySQL has it.
_GO_DSN = re.compile(
    r"(?P<user>[^:@/]*)(?::(?P<password>.*))?@(?P<how>tcp|unix)\((?P<where>[^)]*)\)/(?P<database>[^?]*)"
)
#: What a postgresql:// address may say after its `?`.
_POSTGRES_KEYS = ("host", "port", "user", "sslmode", "sslrootcert", "sslcert", "sslkey")


@dataclass
class Client:
    """A program, its words before the command, its environment, and MySQL's option file, which goes through a pipe."""

    program: str
    words: List[str]
    variables: Dict[str, str] = field(default_factory=dict)
    options: str = ""


def find_client(db_type: str, connection_string: str) -> Client:
    """Raises ConfigError, without a password in it."""
    go = _GO_DSN.match(connection_string)
    try:
        parts = urlsplit(connection_string)
        parts.port  # noqa: B018 - it raises where it is no number
    except ValueError:
        parts = urlsplit("")
    if db_type == "mysql" and go:
        place = go["where"].split(":")
        where = {"socket": go["where"]} if go["how"] == "unix" else dict(zip(("host", "port"), place))
        return mysql({"user": go["user"], "password": go["password"] or "", **where})
    if db_type == "mysql" and parts.scheme == "mysql":
        login = {"user": unquote(parts.username or ""), "password": unquote(parts.password or "")}
        return mysql({**login, "host": parts.hostname or "127.0.0.1", "port": str(parts.port or "")})
    if db_type == "postgres" and parts.scheme in ("postgres", "postgresql"):
        return postgres(parts)
    if db_type == "redis" and parts.scheme in ("redis", "rediss", "unix"):
        return redis(parts)
    raise ConfigError(f"connection_string: that is no address of a {db_type} database")


def mysql(given: Dict[str, str]) -> Client:
    quoted = {key: value.replace("\\", "\\\\").replace('"', '\\"') for key, value in given.items() if value}
    options = "\n".join(["[client]", *(f'{key}="{value}"' for key, value in quoted.items()), ""])
    return Client("mariadb" if shutil.which("mariadb") else "mysql", ["-e"], options=options)


def postgres(parts: SplitResult) -> Client:
    given = {
        "PGHOST": parts.hostname or "127.0.0.1",
        "PGPORT": str(parts.port or ""),
        "PGUSER": unquote(parts.username or ""),
        "PGPASSWORD": unquote(parts.password or ""),
        "PGDATABASE": unquote(parts.path.strip("/")) or "postgres",
    }
    for key, value in parse_qsl(parts.query):
        if key not in _POSTGRES_KEYS:
            raise ConfigError(f"connection_string: {key} is not understood; {', '.join(_POSTGRES_KEYS)} are")
        given[f"PG{key.upper()}"] = value
    variables = {key: value for key, value in given.items() if value}
    return Client("psql", ["--no-psqlrc", "--no-password", "--quiet", "-c"], variables)


def redis(parts: SplitResult) -> Client:
    user = ["--user", unquote(parts.username)] if parts.username else []
    tls = ["--tls"] if parts.scheme == "rediss" else []
    place = ["-h", parts.hostname or "127.0.0.1", "-p", str(parts.port or 6379)]
    where = ["-s", unquote(parts.path)] if parts.scheme == "unix" else place
    variables = {"REDISCLI_AUTH": unquote(parts.password)} if parts.password else {}
    return Client("redis-cli", ["-e", *tls, *where, *user], variables)
