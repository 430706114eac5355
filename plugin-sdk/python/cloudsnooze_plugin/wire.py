"""stdin and stdout as lines of JSON, with stdout kept for the protocol."""

from __future__ import annotations

import json
import os
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
        """Each message until the input ends; one that is no JSON object comes as the ValueError that it caused."""
        stream = sys.stdin.buffer
        while line := stream.readline(MESSAGE_LIMIT_BYTES + 1):
            if len(line) > MESSAGE_LIMIT_BYTES and not line.endswith(b"\n"):
                while line and not line.endswith(b"\n"):
                    line = stream.readline(MESSAGE_LIMIT_BYTES)
                yield ValueError("a message of more than 1 MiB")
            elif line.strip():
                yield _parse(line)

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


def _parse(line: bytes) -> Any:
    try:
        message = json.loads(line)
    except ValueError as error:
        return error
    return message if isinstance(message, dict) else ValueError("a message is a JSON object")
