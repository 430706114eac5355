"""Lines from stdin, until it ends or the process is told to end."""

import os
import select
import signal
from typing import Iterator

#: A longer line is no message of the protocol.
LINE_LIMIT_BYTES = 1024 * 1024


def read_lines() -> Iterator[bytes]:
    """Each line of stdin. Ends with the input, and on SIGTERM."""
    # A handler alone is not enough: Python runs it between two instructions, and a signal that comes just before read()
    # blocks would wait for the next line. The pipe is written to by the signal itself, and wakes select in any case.
    woken, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake)
    signal.signal(signal.SIGTERM, lambda *_: None)
    held = b""
    while True:
        ready, _, _ = select.select([0, woken], [], [])
        if woken in ready:
            return
        chunk = os.read(0, 65536)
        if not chunk:
            return
        *lines, held = (held + chunk).split(b"\n")
        yield from lines
        if len(held) > LINE_LIMIT_BYTES:
            return
