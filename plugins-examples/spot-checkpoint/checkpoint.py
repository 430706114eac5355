"""What an event asks for: how long is left, was it done already, and what is said about it."""

import json
import os
import threading
import time
from datetime import datetime, timezone
from typing import Any, Callable, Optional

from script import Outcome, run

DEFAULTS: dict[str, Any] = {"script": "", "margin_seconds": 5, "timeout_seconds": 110, "output_lines": 20}
#: Events of which it is remembered that they were done; the oldest is forgotten.
REMEMBERED = 50


class BadConfig(Exception):
    """The configuration cannot be used."""


class NotDone(Exception):
    """The script did not save the work: the answer is this error, and the event counts as failed."""


class Checkpoint:
    """Runs one script at a time: two that save the same work at once could spoil it."""

    def __init__(self) -> None:
        self._config = DEFAULTS
        self._state_path = ""
        self._done: dict[str, Any] = {}
        self._turn = threading.Lock()

    def configure(self, config: dict[str, Any], state_dir: str = "") -> None:
        """Takes a configuration, and at the start the folder in which finished events are remembered. Raises BadConfig."""
        if not config.get("script"):
            raise BadConfig("script is not set: it says what is run on cloud.spot.interrupt")
        self._config = {**DEFAULTS, **config}
        if state_dir:
            self._state_path = os.path.join(state_dir, "done.json")
            self._done = _read_json(self._state_path)

    def handle(self, event: dict[str, Any], is_canceled: Callable[[float], bool]) -> dict[str, Any]:
        """Runs the script for an event, unless it has succeeded for that event before. Raises NotDone."""
        config = self._config
        while not self._turn.acquire(timeout=0.05):  # another run: this one has its turn after it
            if is_canceled(0):
                raise NotDone("canceled while another event's script ran")
        try:
            earlier = self._done.get(event["id"])
            if earlier:
                return {"handled": True, "result": {**earlier, "status": "already done"}}
            allowed = config["timeout_seconds"]
            left = seconds_left(event.get("deadline"), time.time())
            if left is not None:
                allowed = min(allowed, left - config["margin_seconds"])
            if allowed <= 0:
                margin = f"margin_seconds is {config['margin_seconds']:g}"
                raise NotDone(f"{left:.0f} s are left before the deadline, {margin}")
            outcome = run(config["script"], environment(event, allowed), allowed, config["output_lines"], is_canceled)
            if outcome.status != "succeeded":
                raise NotDone(describe(outcome))
            return {"handled": True, "result": self._remember(event["id"], outcome)}
        finally:
            self._turn.release()

    def _remember(self, event_id: str, outcome: Outcome) -> dict[str, Any]:
        result = {
            "status": "succeeded",
            "exit_code": outcome.exit_code,
            "seconds": round(outcome.seconds, 2),
            "output": outcome.output,
            "ended_at": datetime.now(timezone.utc).isoformat(timespec="seconds").replace("+00:00", "Z"),
        }
        self._done[event_id] = result
        for forgotten in list(self._done)[:-REMEMBERED]:
            del self._done[forgotten]
        if self._state_path:
            _write_json(self._state_path, self._done)
        return result


def seconds_left(deadline: Optional[str], now: float) -> Optional[float]:
    """Seconds until a deadline (RFC 3339 UTC), or None where there is none."""
    if deadline is None:
        return None
    # fromisoformat knows neither Z nor two digits of a second before Python 3.11.
    text = deadline.rstrip("Zz").split("+00:00")[0]
    whole, _, fraction = text.partition(".")
    instant = datetime.fromisoformat(whole).replace(tzinfo=timezone.utc).timestamp()
    return instant + (float(f"0.{fraction}") if fraction else 0.0) - now


def environment(event: dict[str, Any], seconds: float) -> dict[str, str]:
    """What the script learns of the event."""
    return {
        "SNOOZE_EVENT_TYPE": str(event.get("type", "")),
        "SNOOZE_EVENT_ID": str(event["id"]),
        "SNOOZE_EVENT_DATA": json.dumps(event.get("data") or {}),
        "SNOOZE_EVENT_DEADLINE": event.get("deadline") or "",
        "SNOOZE_EVENT_SECONDS_LEFT": str(int(seconds)),
    }


def describe(outcome: Outcome) -> str:
    """A run that failed, on one line."""
    after = f"after {outcome.seconds:.1f} s"
    text = {
        "timed-out": f"the script was ended {after}: no time was left",
        "canceled": f"the script was ended {after}: the event was canceled",
    }.get(outcome.status)
    if text is None:
        code = outcome.exit_code
        text = "the script could not be started" if code is None else f"the script ended with exit code {code} {after}"
        if code is not None and code < 0:
            text = f"the script was ended by signal {-code} {after}"
    return text + (f"; last output: {' | '.join(outcome.output)}" if outcome.output else "")


def _read_json(path: str) -> dict[str, Any]:
    try:
        with open(path, encoding="utf-8") as file:
            found = json.load(file)
        return found if isinstance(found, dict) else {}
    except (OSError, ValueError):
        return {}  # the first start, or a file that was cut off: at worst the script runs once more


def _write_json(path: str, value: Any) -> None:
    with open(path + ".new", "w", encoding="utf-8") as file:
        json.dump(value, file)
    os.replace(path + ".new", path)
