"""A Redis client of the smallest kind: RESP over TCP, TLS or a Unix socket, standard library only."""

import socket
import ssl
from dataclasses import dataclass
from typing import Any, Optional
from urllib.parse import unquote, urlsplit

#: A reply larger than this is refused (CLIENT LIST of some hundred thousand clients).
REPLY_LIMIT_BYTES = 64 * 1024 * 1024
#: OpenSSL's X509_V_ERR_… for certificates whose signer is not known, or themselves.
SIGNED_BY_A_STRANGER = (18, 19, 20, 21)


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
    #: How to encrypt and whom to trust; None for a connection that is not encrypted.
    tls: Optional[ssl.SSLContext] = None

    def __str__(self) -> str:
        return self.path or f"{self.host}:{self.port}"


def parse_url(url: str, authority: Optional[str] = None) -> Address:
    """Reads redis://…, rediss://… or unix://…; raises ValueError, which never repeats a password.

    `authority`: a PEM file with whom to trust, instead of whom the host trusts.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("redis", "rediss", "unix"):
        found = parts.scheme or "nothing"
        raise ValueError(f"redis_url starts with {found}://, expected redis://, rediss:// (with TLS) or unix://")
    if authority is not None and parts.scheme != "rediss":
        raise ValueError("tls_ca is of use only with rediss://")
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
    tls = trust(authority) if parts.scheme == "rediss" else None
    return Address(parts.hostname or "127.0.0.1", port or 6379, "", user, password, int(database), tls)


def trust(authority: Optional[str]) -> ssl.SSLContext:
    """Checks a server's certificate and its name. Raises ValueError."""
    try:
        return ssl.create_default_context(cafile=authority)
    except ssl.SSLError:
        raise ValueError(f"tls_ca: {authority} has no certificate in PEM format") from None
    except OSError as error:
        raise ValueError(f"tls_ca: {authority}: {error.strerror}") from None


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
            if address.tls is not None:
                try:
                    self._socket = encrypt(self._socket, address.tls, address.host)
                except BaseException:
                    self._socket.close()
                    raise
        self._input = self._socket.makefile("rb")
        #: How many commands were sent.
        self.calls = 0
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
        self.calls += 1
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
            raise ConnectionResetError
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


def encrypt(plain: socket.socket, tls: ssl.SSLContext, host: str) -> socket.socket:
    """Shakes hands; the server must prove that it is `host`. Raises RedisError with what to change, or OSError."""
    try:
        return tls.wrap_socket(plain, server_hostname=host)
    except ssl.SSLCertVerificationError as error:
        hint = "; tls_ca names a file with whom to trust" if error.verify_code in SIGNED_BY_A_STRANGER else ""
        raise RedisError(f"its certificate is not to be trusted: {error.verify_message}{hint}") from None
    except socket.timeout:
        raise RedisError("no answer to the TLS handshake in time: does that port speak TLS?") from None
    except (ssl.SSLError, ConnectionResetError):
        raise RedisError("it does not speak TLS there: write redis:// for a port without it") from None


def parse_info(text: str) -> dict[str, str]:
    """Reads what INFO answers: `name:value` lines, with `# Section` lines between them."""
    pairs = (line.split(":", 1) for line in text.splitlines() if ":" in line and not line.startswith("#"))
    return {name: value.strip() for name, value in pairs}
