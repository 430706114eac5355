"""The call that is being answered, as the plugin's functions see it."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from typing import Iterator, Optional

_current = threading.local()


class Call:
    """One request of the host. `ends_at` is monotonic; None where the host named no time."""

    def __init__(self) -> None:
        self.canceled = threading.Event()
        self.ends_at: Optional[float] = None
        self.waking: list[threading.Event] = []

    def cancel(self) -> None:
        """Nobody waits for it any more."""
        self.canceled.set()
        for event in self.waking[:]:
            event.set()

    def enter(self) -> None:
        """Makes it this thread's call."""
        _current.call = self


def canceled(wait_seconds: float = 0) -> bool:
    """Whether nobody waits for the running call any more; with `wait_seconds` a sleep that a cancellation ends."""
    call: Optional[Call] = getattr(_current, "call", None)
    if call is None:
        time.sleep(wait_seconds)
        return False
    return call.canceled.wait(wait_seconds)


def seconds_left(otherwise: float = 60.0) -> float:
    """How long the host still waits for the running call, never under 0; `otherwise` where it does not say."""
    call: Optional[Call] = getattr(_current, "call", None)
    if call is None or call.ends_at is None:
        return otherwise
    return max(0.0, call.ends_at - time.monotonic())


def ends_in(seconds: Optional[float]) -> None:
    """Sets how long the host waits for the running call."""
    call: Optional[Call] = getattr(_current, "call", None)
    if call is not None and seconds is not None:
        ends_at = time.monotonic() + seconds
        call.ends_at = ends_at if call.ends_at is None else min(call.ends_at, ends_at)


@contextmanager
def waken_by_cancel(event: Optional[threading.Event]) -> Iterator[None]:
    """Sets the event when nobody waits for the running call any more."""
    call: Optional[Call] = getattr(_current, "call", None)
    if call is None or event is None:
        yield
        return
    call.waking.append(event)
    if call.canceled.is_set():
        event.set()
    try:
        yield
    finally:
        call.waking.remove(event)
