"""The requests that are being answered: in turn or at once, away from the thread that reads."""

from __future__ import annotations

import queue
import threading
from typing import Any, Callable, Optional

from .call import Call

Answer = Callable[[Any, str, dict[str, Any]], None]


class Calls:
    """Runs `answer(id, method, params)` in a thread, so that a cancellation can be heard."""

    def __init__(self, answer: Answer, concurrent: bool) -> None:
        self._answer = answer
        self._concurrent = concurrent
        self._waiting: queue.SimpleQueue[tuple[Call, Any, str, dict[str, Any]]] = queue.SimpleQueue()
        self._open: dict[Any, Call] = {}
        self._changed = threading.Condition()
        if not concurrent:
            threading.Thread(target=self._work, daemon=True).start()

    def start(self, request_id: Any, method: str, params: dict[str, Any]) -> None:
        """Answers a request: at once, or after those before it."""
        call = Call()
        with self._changed:
            self._open[request_id] = call
        if self._concurrent:
            threading.Thread(target=self._run, args=(call, request_id, method, params), daemon=True).start()
        else:
            self._waiting.put((call, request_id, method, params))

    def cancel(self, request_id: Any) -> None:
        """Lets `canceled()` be true in that call."""
        with self._changed:
            call = self._open.get(request_id)
        if call:
            call.cancel()

    def cancel_all(self) -> None:
        """Lets `canceled()` be true in every call."""
        with self._changed:
            for call in self._open.values():
                call.cancel()

    def wait(self, seconds: Optional[float]) -> None:
        """Until every request is answered, at most that long."""
        with self._changed:
            self._changed.wait_for(lambda: not self._open, seconds)

    def _work(self) -> None:
        while True:
            self._run(*self._waiting.get())

    def _run(self, call: Call, request_id: Any, method: str, params: dict[str, Any]) -> None:
        call.enter()
        try:
            self._answer(request_id, method, params)
        finally:
            with self._changed:
                if self._open.get(request_id) is call:  # an id may be used again as soon as it is answered
                    del self._open[request_id]
                self._changed.notify_all()
