"""Requests from the plugin to the daemon, and the answers to them."""

from __future__ import annotations

import threading
from typing import Any, Callable, Optional

from .call import waken_by_cancel

#: How long the daemon may take for an answer.
ANSWER_SECONDS = 10.0

INTERNAL_ERROR = -32603
NOT_PERMITTED, NOT_READY, TIMED_OUT = -32001, -32002, -32003
REVISION_MISMATCH, NOT_FOUND, EXISTS = -32010, -32011, -32012


class HostError(Exception):
    """The daemon refused. `code` is one of the protocol's, such as -32001 for a permission that is missing."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


class Asking:
    """The plugin's half of a conversation in which it asks."""

    def __init__(self) -> None:
        self.send: Optional[Callable[[dict[str, Any]], None]] = None
        #: What the daemon offers; None until it has said so.
        self.offered: Optional[list[str]] = None
        self._guard = threading.Lock()
        self._last_id = 0
        self._waiting: dict[int, _Answer] = {}

    def ask(
        self, method: str, params: Any, seconds: Optional[float] = ANSWER_SECONDS, *, cancelable: bool = False
    ) -> Any:
        """The daemon's result; raises HostError, also after that time, and if `cancelable` with the running call."""
        send = self._require(method)
        answer = _Answer()
        with self._guard:
            self._last_id += 1
            request_id = self._last_id
            self._waiting[request_id] = answer
        try:
            send({"id": request_id, "method": method, "params": params})
            with waken_by_cancel(answer.come if cancelable else None):
                answer.come.wait(seconds)
            if answer.message is None:
                send({"method": "$/cancelRequest", "params": {"id": request_id}})
                raise HostError(TIMED_OUT, f"{method} had no answer in time")
        finally:
            with self._guard:
                del self._waiting[request_id]
        _raise_error_of(answer.message)
        return answer.message.get("result")

    def tell(self, method: str, params: dict[str, Any]) -> None:
        """Sends a notification, where the daemon takes it."""
        if self.send is not None and (self.offered is None or method in self.offered):
            self.send({"method": method, "params": params})

    def take(self, message: dict[str, Any]) -> None:
        """An answer; one to nothing is dropped."""
        with self._guard:
            answer = self._waiting.get(message.get("id", 0))
        if answer is not None:
            answer.message = message
            answer.come.set()

    def _require(self, method: str) -> Callable[[dict[str, Any]], None]:
        if self.send is None:
            raise HostError(NOT_READY, f"{method} needs the daemon, and the plugin does not run under one")
        if self.offered is not None and method not in self.offered:
            raise HostError(NOT_PERMITTED, f"the daemon offers no {method} here: name it in permissions.host")
        return self.send


class _Answer:
    def __init__(self) -> None:
        self.come = threading.Event()
        self.message: Optional[dict[str, Any]] = None


def _raise_error_of(message: dict[str, Any]) -> None:
    """An error may be plain text, and stand in the result, as the daemon takes it from plugins."""
    error, result = message.get("error"), message.get("result")
    if error is None and isinstance(result, dict) and isinstance(result.get("error"), str):
        error = result["error"]
    if isinstance(error, dict):
        raise HostError(int(error.get("code", INTERNAL_ERROR)), str(error.get("message", error)))
    if error is not None:
        raise HostError(INTERNAL_ERROR, str(error))
