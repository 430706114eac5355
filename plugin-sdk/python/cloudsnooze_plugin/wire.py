"""stdin and stdout of the process, with stdout kept for the protocol."""

from __future__ import annotations

import os
import select
import signal
import sys
import threading
from typing import Any, Iterator

from .framing import AsSpoken, Found


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
        self._framing = AsSpoken()

    def receive(self) -> Iterator[Found]:
        """Each message until the input ends. Raises SystemExit on SIGTERM, and when the parent is gone."""
        # A handler alone is not enough: Python runs it between two instructions, and a signal that comes just before
        # read() blocks would wait for the next message. The pipe is written to by the signal itself.
        woken, wake = os.pipe()
        os.set_blocking(wake, False)
        signal.set_wakeup_fd(wake)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: None)
        ends = [woken, *_parent()]
        while True:
            ready, _, _ = select.select([0, *ends], [], [])
            if any(end in ready for end in ends):
                raise SystemExit(0)
            chunk = os.read(0, 65536)
            if not chunk:
                yield from self._framing.end()
                return
            yield from self._framing.push(chunk)

    def send(self, message: dict[str, Any]) -> None:
        """Writes one message. Ends the process when nobody reads any more; raises ValueError for one that is too large."""
        data = self._framing.encode(message)
        try:
            with self._sending:
                while data:
                    data = data[os.write(self._out, data) :]
        except BrokenPipeError:
            os._exit(0)


def _parent() -> list[int]:
    """A descriptor that becomes readable when the parent is gone: another process may hold the pipes open."""
    try:
        return [os.pidfd_open(os.getppid())] if "SNOOZE_PLUGIN" in os.environ else []
    except (AttributeError, OSError):
        return []  # not Linux 5.3, or the parent is in another pid namespace: the end of the input tells
