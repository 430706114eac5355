"""An event as a handler gets it."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from typing import Any, Optional

_INSTANT = re.compile(r"(\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d)(\.\d+)?([Zz]|[+-]\d\d:\d\d)$")


class Event(dict[str, Any]):
    """The event's members as a dictionary, and what most handlers want of them. Times are aware datetimes."""

    @property
    def type(self) -> str:
        """Such as cloud.spot.interrupt."""
        return str(self.get("type", ""))

    @property
    def id(self) -> str:
        """The same event can come again, with the same id, after a crash of the daemon."""
        return str(self.get("id", ""))

    @property
    def data(self) -> dict[str, Any]:
        """What its source says about it."""
        return self.get("data") or {}

    @property
    def severity(self) -> int:
        """0 info, 1 warning, 2 urgent, 3 critical."""
        return int(self.get("severity") or 0)

    @property
    def deadline(self) -> Optional[datetime]:
        """When it is too late, or None."""
        text = self.get("deadline")
        return parse_instant(text) if text else None

    def seconds_left(self, otherwise: float = 60.0) -> float:
        """Seconds to the deadline, never under 0; `otherwise` where there is none."""
        if self.deadline is None:
            return otherwise
        return max(0.0, (self.deadline - datetime.now(timezone.utc)).total_seconds())


def parse_instant(text: str) -> datetime:
    """RFC 3339 as an aware datetime; raises ValueError. (`fromisoformat` knows no Z before Python 3.11.)"""
    found = _INSTANT.match(text)
    if not found:
        raise ValueError(f"{text!r} is no RFC 3339 time")
    whole, fraction, zone = found.groups()
    zone = "+00:00" if zone in "Zz" else zone
    return datetime.fromisoformat(whole.upper() + zone) + timedelta(seconds=float(fraction or 0))
