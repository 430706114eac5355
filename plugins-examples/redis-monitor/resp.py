"""A Redis client of the smallest kind: RESP over a TCP or Unix socket, standard library only."""

import socket
from dataclasses import dataclass
from typing import Any, Optional
from urllib.parse import unquote, urlsplit

#: A reply larger than this is refused (CLIENT LIST of some hundred thousand clients).
REPLY_LIMIT_BYTES = 64 * 1024 * 1024


class RedisError(Exception):
    """The server answered with an error, or with something that is no RESP."""


@dataclass(frozen=True)
class Address:
    """Where a server is, and how to log in. `path` is a Unix socket's, and empty for TCP."""

    host: str
    port: int
    path: str
    user: Optional[str]
    password: Optional[str]
    database: int

    def __str__(self) -> str:
        return self.path or f"{self.host}:{self.port}"


def parse_url(url: str) -> Address:
    """Reads redis://… or unix://…; raises ValueError, which never repeats a password."""
    parts = urlsplit(url)
    if parts.scheme not in ("redis", "unix"):
        raise ValueError(f"redis_url starts with {parts.scheme or 'nothing'}://, expected redis:// or unix://")
    user = unquote(parts.username) if parts.username else None
    password = unquote(parts.password) if parts.password is not None else None
    if parts.scheme == "unix":
        if len(parts.path) < 2:
            raise ValueError("redis_url has no path after unix://, expected unix:///path/to.sock")
        return Address("", 0, unquote(parts.path), user, password, 0)
    database = parts.path.strip("/") or "0"
    if not database.isdigit():
        raise ValueError(f"redis_url asks for database {database!r}, expected a number")
    try:
        port = parts.port
    except ValueError as error:
        raise ValueError("redis_url has a port that is no number from 0 to 65535") from error
    return Address(parts.hostname or "127.0.0.1", port or 6379, "", user, password, int(database))


class Redis:
    """One connection. Every call raises OSError when it breaks, RedisError when the server refuses."""

    def __init__(self, address: Address, timeout_seconds: float) -> None:
        if address.path:
            self._socket = socket.socket(socket.AF_UNIX)
            self._socket.settimeout(timeout_seconds)
            try:
                self._socket.connect(address.path)
            except OSError:
                self._socket.close()
                raise
        else:
            self._socket = socket.create_connection((address.host, address.port), timeout_seconds)
        self._input = self._socket.makefile("rb")
        try:
            if address.password is not None:
                user = [address.user] if address.user else []
                self.call("AUTH", *user, address.password)
            if address.database:
                self.call("SELECT", str(address.database))
        except BaseException:
            self.close()
            raise

    def set_timeout(self, seconds: float) -> None:
        """How long a call may wait for the server."""
        self._socket.settimeout(seconds)

    def call(self, *words: str) -> Any:
        """Sends a command and returns its reply: str, int, None, or a list of them."""
        encoded = [word.encode() for word in words]
        self._socket.sendall(b"*%d\r\n" % len(encoded) + b"".join(b"$%d\r\n%s\r\n" % (len(w), w) for w in encoded))
        return self._reply()

    def close(self) -> None:
        """Ends the connection."""
        self._input.close()
        self._socket.close()

    def _reply(self) -> Any:
        line = self._line()
        kind, rest = line[:1], line[1:]
        if kind == "+":
            return rest
        if kind == "-":
            raise RedisError(rest)
        if kind == ":":
            return int(rest)
        if kind == "$":
            return None if rest == "-1" else self._bulk(int(rest))
        if kind == "*":
            return None if rest == "-1" else [self._reply() for _ in range(int(rest))]
        raise RedisError(f"that is no Redis: it answered {line[:40]!r}")

    def _line(self) -> str:
        line = self._input.readline(64 * 1024)
        if not line:
            raise ConnectionError("Redis closed the connection")
        if not line.endswith(b"\r\n"):
            raise RedisError(f"that is no Redis: it answered {line[:40]!r}")
        return line[:-2].decode("utf-8", "replace")

    def _bulk(self, size: int) -> str:
        if size > REPLY_LIMIT_BYTES:
            raise RedisError(f"a reply of {size} bytes is too large")
        data = self._input.read(size + 2)
        if len(data) < size + 2:
            raise ConnectionError("Redis closed the connection in the middle of a reply")
        return data[:-2].decode("utf-8", "replace")


def parse_info(text: str) -> dict[str, str]:
    """Reads what INFO answers: `name:value` lines, with `# Section` lines between them."""
    pairs = (line.split(":", 1) for line in text.splitlines() if ":" in line and not line.startswith("#"))
    return {name: value.strip() for name, value in pairs}
