#!/usr/bin/env python3
"""Runs a script on cloud.spot.interrupt. Speaks CloudSnooze's plugin protocol, one JSON message a line.

Requests are answered in threads, because the script may run for minutes and its cancellation must be heard meanwhile.
"""

import json
import os
import threading
import traceback
from typing import Any

from checkpoint import BadConfig, Checkpoint, NotDone
from lines import read_lines
from script import end_all


class Requests:
    """What is being answered, and what of it nobody waits for any more."""

    def __init__(self) -> None:
        self._checkpoint = Checkpoint()
        self._canceled: dict[Any, threading.Event] = {}
        self._writing = threading.Lock()

    def take(self, message: dict[str, Any]) -> None:
        """Answers a request in a thread of its own, in their order where that matters."""
        method, request_id, params = message.get("method"), message.get("id"), message.get("params") or {}
        if method == "$/cancelRequest":
            canceled = self._canceled.get(params.get("id"))
            if canceled:
                canceled.set()
        elif request_id is not None and method is not None:
            canceled = self._canceled[request_id] = threading.Event()
            if method == "HandleEvent":
                threading.Thread(target=self._respond, args=(request_id, method, params, canceled), daemon=True).start()
            else:
                self._respond(request_id, method, params, canceled)

    def _respond(self, request_id: Any, method: str, params: dict[str, Any], canceled: threading.Event) -> None:
        try:
            reply = {"result": self._answer(method, params, canceled)}
        except NotDone as error:
            reply = {"error": {"code": -32603, "message": str(error)}}
        except BadConfig as error:
            reply = {"error": {"code": -32004, "message": str(error)}}
        except NotImplementedError as error:
            reply = {"error": {"code": -32601, "message": str(error)}}
        except Exception as error:  # a fault of this program is an answer too, not silence until the timeout
            traceback.print_exc()
            reply = {"error": {"code": -32603, "message": f"{type(error).__name__}: {error}"}}
        self._canceled.pop(request_id, None)
        self._send({"jsonrpc": "2.0", "id": request_id, **reply})

    def _answer(self, method: str, params: dict[str, Any], canceled: threading.Event) -> dict[str, Any]:
        if method == "Initialize":
            self._checkpoint.configure(params.get("config") or {}, params.get("state_dir") or "")
            return {"protocol_version": 1}
        if method == "Configure":
            self._checkpoint.configure(params.get("config") or {})
            return {}
        if method == "HandleEvent":
            return self._checkpoint.handle(params["event"], canceled.wait)
        if method == "Shutdown":
            return {}
        raise NotImplementedError(f"spot-checkpoint has no {method}")

    def _send(self, message: dict[str, Any]) -> None:
        try:
            with self._writing:
                print(json.dumps(message), flush=True)
        except BrokenPipeError:
            end_all()
            os._exit(0)  # the daemon is gone


def main() -> None:
    """Answers requests until `Shutdown`, the end of the input or SIGTERM; no script outlives it."""
    requests = Requests()
    try:
        for line in read_lines():
            try:
                message = json.loads(line)
            except ValueError:
                continue
            if isinstance(message, dict):
                requests.take(message)
                if message.get("method") == "Shutdown":
                    break
    finally:
        end_all()


if __name__ == "__main__":
    main()
