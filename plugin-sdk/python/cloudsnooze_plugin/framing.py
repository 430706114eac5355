"""Bytes cut into messages: lines of JSON, or JSON behind a `Content-Length` header."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Iterator, Optional, Union

#: A message larger than this is refused, in either direction.
MESSAGE_LIMIT_BYTES = 1024 * 1024
_HEADER_LIMIT_BYTES = 8 * 1024


@dataclass(frozen=True)
class Fault:
    """What came instead of a message. `kind` is junk or too-large."""

    kind: str
    text: str


Found = Union[dict[str, Any], Fault]


class Lines:
    """Framing `lines`; of a line that is too large nothing is kept."""

    def __init__(self) -> None:
        self._held = bytearray()
        self._skipping = False

    def push(self, chunk: bytes) -> Iterator[Found]:
        """The messages that these bytes complete."""
        *ends, rest = chunk.split(b"\n")
        for end in ends:
            self._take(end)
            if self._skipping:
                yield Fault("too-large", "a message of more than 1 MiB")
            elif self._held.strip():
                yield _parse(bytes(self._held))
            self._held, self._skipping = bytearray(), False
        self._take(rest)

    def end(self) -> Iterator[Found]:
        """What stood in the last line: typed by hand it may have no newline."""
        return self.push(b"\n")

    def _take(self, piece: bytes) -> None:
        self._held += piece
        if self._skipping or len(self._held) > MESSAGE_LIMIT_BYTES:
            self._held, self._skipping = bytearray(), True


class Headers:
    """Framing `headers`, as the Language Server Protocol has it."""

    def __init__(self) -> None:
        self._held = bytearray()
        self._wanted: Optional[int] = None
        self._skipping = 0

    def push(self, chunk: bytes) -> Iterator[Found]:
        """The messages that these bytes complete."""
        self._held += chunk
        while True:
            if self._skipping:
                self._skipping -= len(self._cut(min(self._skipping, len(self._held))))
                if self._skipping:
                    return
                yield Fault("too-large", "a message of more than 1 MiB")
            if self._wanted is None:
                end = self._held.find(b"\r\n\r\n")
                if end < 0:
                    if len(self._held) > _HEADER_LIMIT_BYTES:
                        self._held.clear()
                        yield Fault("junk", "headers without an end")
                    return
                length = _content_length(self._cut(end + 4))
                if length is None:
                    yield Fault("junk", "headers without a Content-Length")
                    continue
                if length > MESSAGE_LIMIT_BYTES:
                    self._skipping = length
                    continue
                self._wanted = length
            if len(self._held) < self._wanted:
                return
            body, self._wanted = self._cut(self._wanted), None
            yield _parse(body)

    def end(self) -> Iterator[Found]:
        """Half a message is none."""
        return iter(())

    def _cut(self, count: int) -> bytes:
        piece = bytes(self._held[:count])
        del self._held[:count]
        return piece


class AsSpoken:
    """Whichever framing the first line is in."""

    def __init__(self) -> None:
        self._held = b""
        self.framing: Union[Lines, Headers, None] = None

    def push(self, chunk: bytes) -> Iterator[Found]:
        """The messages that these bytes complete."""
        if self.framing is None:
            self._held += chunk
            if b"\n" not in self._held.lstrip() and len(self._held) < _HEADER_LIMIT_BYTES:
                return iter(())
            chunk = self._decide()
        assert self.framing is not None
        return self.framing.push(chunk)

    def end(self) -> Iterator[Found]:
        """What is left when the input ends."""
        if self.framing is None:
            yield from self.push(self._decide())
        assert self.framing is not None
        yield from self.framing.end()

    def encode(self, message: dict[str, Any]) -> bytes:
        """A message in the framing that the host speaks; an answer that is too large as the error that says so."""
        body = json.dumps({"jsonrpc": "2.0", **message}, separators=(",", ":")).encode()
        if len(body) > MESSAGE_LIMIT_BYTES:
            text = f"the message has {len(body)} bytes, at most {MESSAGE_LIMIT_BYTES} go"
            if "method" in message:
                raise ValueError(text)
            return self.encode({"id": message.get("id"), "error": {"code": -32603, "message": text}})
        if isinstance(self.framing, Headers):
            return b"Content-Length: %d\r\n\r\n%s" % (len(body), body)
        return body + b"\n"

    def _decide(self) -> bytes:
        held, self._held = self._held, b""
        self.framing = Headers() if held.lstrip()[:8].lower() == b"content-" else Lines()
        return held


def _content_length(headers: bytes) -> Optional[int]:
    for line in headers.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"content-length" and value.strip().isdigit():
            return int(value)
    return None


def _parse(text: bytes) -> Found:
    try:
        message = json.loads(text)
    except ValueError as error:
        return Fault("junk", str(error))
    return message if isinstance(message, dict) else Fault("junk", "a message is a JSON object")
