"""The life of a plugin as a process: reads requests, answers them, and ends when it should."""

from __future__ import annotations

import os
import sys
from typing import Any, Callable

from .calls import Calls
from .log import log
from .wire import Wire

#: What is being answered when the input ends may take this long under the host; by hand it may finish.
DRAIN_SECONDS = 1.0


class AnswerError(Exception):
    """A failure that is answered with a code of its own."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


def serve(answer: Callable[[str, dict[str, Any]], Any], concurrent: bool, at_end: Callable[[], None]) -> None:
    """Answers requests until `Shutdown`, the end of the input or SIGTERM; calls `at_end` once before it returns."""
    by_hand = "SNOOZE_PLUGIN" not in os.environ
    if by_hand and sys.stdin.isatty():
        _explain()
    wire = Wire()

    def respond(request_id: Any, method: str, params: dict[str, Any]) -> None:
        try:
            wire.send({"id": request_id, "result": answer(method, params)})
        except AnswerError as error:
            wire.send({"id": request_id, "error": {"code": error.code, "message": str(error)}})
        except Exception as error:  # noqa: BLE001 - whatever a plugin raises is its answer
            log.exception("%s failed", method)
            wire.send({"id": request_id, "error": {"code": -32603, "message": f"{type(error).__name__}: {error}"}})

    calls = Calls(respond, concurrent)
    try:
        for message in wire.receive():
            if isinstance(message, ValueError):
                wire.send({"id": None, "error": {"code": -32700, "message": str(message)}})
            elif message.get("method") == "$/cancelRequest":
                calls.cancel((message.get("params") or {}).get("id"))
            elif message.get("method") == "Shutdown":
                calls.cancel_all()
                at_end()
                wire.send({"id": message.get("id"), "result": {}})
                return
            elif "method" in message and message.get("id") is not None:
                calls.start(message["id"], message["method"], message.get("params") or {})
        if not by_hand:
            calls.cancel_all()
        calls.wait(None if by_hand else DRAIN_SECONDS)
    except SystemExit:
        pass
    calls.cancel_all()
    at_end()


def _explain() -> None:
    request = '{"id":1,"method":"CheckIdle","params":{"metrics":{},"context":{}}}'
    print("This is a CloudSnooze plugin: snoozed starts it. To see one answer:", file=sys.stderr)
    print(f"  echo '{request}' | python3 {sys.argv[0]}", file=sys.stderr)
    sys.exit(2)
