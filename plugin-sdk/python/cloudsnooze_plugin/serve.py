"""The life of a plugin as a process: reads requests, answers them, and ends when it should."""

from __future__ import annotations

import os
import shlex
import sys
from typing import Any, Callable

from .asking import Asking
from .calls import Calls
from .framing import Fault
from .log import log
from .wire import Wire

#: What is being answered when the input ends may take this long under the host; by hand it may finish.
DRAIN_SECONDS = 1.0

METHOD_NOT_FOUND, INTERNAL_ERROR, PARSE_ERROR, CONFIG_INVALID = -32601, -32603, -32700, -32004


class AnswerError(Exception):
    """A failure that is answered with a code of its own."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


class Unknown(Exception):
    """There is no verdict, for the reason that it says; counts as busy. Other exceptions do too, with a traceback logged."""


class ConfigError(Exception):
    """The configuration cannot be used: the daemon shows why, and does not start the plugin until it has changed."""


def serve(
    answer: Callable[[str, dict[str, Any]], Any], concurrent: bool, at_end: Callable[[], None], asking: Asking
) -> None:
    """Answers requests until `Shutdown`, the end of the input or SIGTERM; calls `at_end` once before it returns."""
    by_hand = "SNOOZE_PLUGIN" not in os.environ
    if by_hand and sys.stdin.isatty():
        explain()
        sys.exit(2)
    wire = Wire()
    asking.send = wire.send
    calls = Calls(lambda *request: _respond(wire, answer, *request), concurrent)
    heard = False
    try:
        for message in wire.receive():
            heard = True
            if isinstance(message, Fault):
                wire.send({"id": None, "error": {"code": PARSE_ERROR, "message": message.text}})
                continue
            method, request_id, params = message.get("method"), message.get("id"), message.get("params")
            params = params if isinstance(params, dict) else {}
            if method == "$/cancelRequest":
                calls.cancel(params.get("id"))
            elif method == "Shutdown":
                calls.cancel_all()
                at_end()
                if request_id is not None:
                    wire.send({"id": request_id, "result": {}})
                return
            elif isinstance(method, str):
                if request_id is not None:
                    calls.start(request_id, method, params)
            elif request_id is not None:
                asking.take(message)
        if by_hand and not heard:
            explain()
        if not by_hand:
            calls.cancel_all()
        calls.wait(None if by_hand else DRAIN_SECONDS)
    except SystemExit:
        pass
    calls.cancel_all()
    at_end()


def explain() -> None:
    """Says on stderr what this program is, and what to type instead."""
    program = sys.argv[0] or "plugin.py"
    folder = os.path.relpath(os.path.dirname(os.path.abspath(program)))
    request = '{"id":1,"method":"CheckIdle","params":{"metrics":{},"context":{}}}'
    print("This is a CloudSnooze plugin: snoozed starts it. To try all of it, type", file=sys.stderr)
    print(f"  snooze plugin test {shlex.quote(folder)}", file=sys.stderr)
    print("and to see one answer", file=sys.stderr)
    print(f"  echo '{request}' | python3 {shlex.quote(program)}", file=sys.stderr)


def _name_of(error: Exception) -> str:
    """Stands for an error without words: a MemoryError has none that `raise Unknown(str(error))` could tell."""
    return type(error.__cause__ or error.__context__ or error).__name__


def _respond(wire: Wire, answer: Callable[[str, dict[str, Any]], Any], request_id: Any, method: str, params: Any) -> None:
    try:
        wire.send({"id": request_id, "result": answer(method, params)})
        return
    except AnswerError as error:
        code, text = error.code, str(error)
    except ConfigError as error:
        code, text = CONFIG_INVALID, str(error)
    except (Unknown, OSError) as error:
        code, text = INTERNAL_ERROR, str(error) or _name_of(error)
    except Exception as error:  # noqa: BLE001 - whatever a plugin raises is its answer
        log.exception("%s failed", method)
        code, text = INTERNAL_ERROR, f"{type(error).__name__}: {error}"
    wire.send({"id": request_id, "error": {"code": code, "message": text}})
