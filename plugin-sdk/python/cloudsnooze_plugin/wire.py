"""stdin and stdout as lines of JSON, with stdout kept for the protocol."""

from __future__ import annotations

import json
import os
import select
import signal
import sys
import threading
from typing import Any, Iterator

#: A message larger than this is refused, in either direction.
MESSAGE_LIMIT_BYTES = 1024 * 1024


class Wire:
    """Owns the process's stdin and stdout from when it is made."""

    def __init__(self) -> None:
        # Prints, and the output of programs that the plugin starts, then land on stderr and cannot break a message.
        self._out = os.dup(1)
        os.dup2(2, 1)
        reconfigure = getattr(sys.stdout, "reconfigure", None)
        if reconfigure:
            reconfigure(line_buffering=True)
        self._sending = threading.Lock()

    def receive(self) -> Iterator[Any]:
        """Each message until the input ends; one that is no JSON object comes as the ValueError that it caused.

        Raises SystemExit on SIGTERM.
        """
        # A handler alone is not enough: Python runs it between two instructions, and a signal that comes just before
        # read() blocks would wait for the next message. The pipe is written to by the signal itself.
        woken, wake = os.pipe()
        os.set_blocking(wake, False)
        signal.set_wakeup_fd(wake)
        signal.signal(signal.SIGTERM, lambda *_: None)
        lines = _Lines()
        while True:
            ready, _, _ = select.select([0, woken], [], [])
            if woken in ready:
                raise SystemExit(0)
            chunk = os.read(0, 65536)
            yield from lines.push(chunk or b"\n")  # what was typed by hand may have no newline at the end
            if not chunk:
                return

    def send(self, message: dict[str, Any]) -> None:
        """Writes one message. Ends the process when nobody reads any more."""
        data = json.dumps({"jsonrpc": "2.0", **message}, separators=(",", ":")).encode() + b"\n"
        if len(data) > MESSAGE_LIMIT_BYTES:
            error = {"code": -32603, "message": f"the answer has {len(data)} bytes, at most {MESSAGE_LIMIT_BYTES} go"}
            return self.send({"id": message.get("id"), "error": error})
        try:
            with self._sending:
                while data:
                    data = data[os.write(self._out, data) :]
        except BrokenPipeError:
            os._exit(0)
        return None


class _Lines:
    """Cuts what is read into lines; of one that is too large nothing is kept."""

    def __init__(self) -> None:
        self._held = bytearray()
        self._skipping = False

    def push(self, chunk: bytes) -> Iterator[Any]:
        *ends, rest = chunk.split(b"\n")
        for end in ends:
            self._take(end)
            if self._skipping:
                yield ValueError("a message of more than 1 MiB")
            elif self._held.strip():
                yield _parse(bytes(self._held))
            self._held, self._skipping = bytearray(), False
        self._take(rest)

    def _take(self, piece: bytes) -> None:
        self._held += piece
        if self._skipping or len(self._held) > MESSAGE_LIMIT_BYTES:
            self._held, self._skipping = bytearray(), True


def _parse(line: bytes) -> Any:
    try:
        message = json.loads(line)
    except ValueError as error:
        return error
    return message if isinstance(message, dict) else ValueError("a message is a JSON object")
