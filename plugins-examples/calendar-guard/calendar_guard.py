#!/usr/bin/env python3
"""Busy during the events of a calendar: a course, a release, office hours."""

import re
import time
import urllib.error
import urllib.request
from datetime import datetime, timedelta, timezone
from typing import Any, Dict, List, Optional, Tuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cloudsnooze_plugin import ConfigError, Unknown, Verdict, busy, idle, plugin, seconds_left, setting
from ics import Event, read_events
from recurrence import NotUnderstood

#: A calendar of more than this is refused.
SIZE_BYTES = 16 * 1024 * 1024
#: In Unix seconds: a clock that is further off leaves no room for arithmetic with dates.
YEAR_9000 = 221_845_392_000
#: Where it comes from → when it was read (monotonic), and its events.
_read: Dict[str, Tuple[float, List[Event]]] = {}


@plugin(
    "calendar-guard",
    version="1.0.0",
    display_name="Calendar guard",
    author="CloudSnooze contributors",
    category="schedule",
    tags=["calendar", "icalendar", "schedule"],
    license="Apache-2.0",
    min_host_version="0.1.0",
    permissions={"network": ["*"], "read": ["${config.calendar}"], "write": [], "env": [], "host": []},
    resources={"memory_mb": 192, "cpu_percent": 50, "processes": 4},
    timeouts={"check_seconds": 10, "start_seconds": 10},
)
def check(
    metrics: Dict[str, Any],
    calendar: str = setting(
        description="A file from the root, or an http(s) address, in iCalendar", pattern="^(/|https?://)"
    ),
    summary: str = setting("", "A regular expression: only events whose summary it is found in count"),
    lead_minutes: float = setting(10, "Busy this long before an event too", minimum=0, maximum=525_600),
    time_zone: str = setting("UTC", "For whole days and times without a zone, such as Europe/Berlin"),
    refresh_minutes: float = setting(15, "How often the calendar is read again", minimum=0),
) -> Verdict:
    """Idle when no event of a calendar takes place or begins soon."""
    now = datetime.fromtimestamp(min(metrics.get("timestamp") or time.time(), YEAR_9000), timezone.utc)
    soon = now + timedelta(minutes=lead_minutes)
    wanted = re.compile(summary, re.IGNORECASE)
    try:
        events = [each for each in load(calendar, time_zone, refresh_minutes) if wanted.search(each.summary)]
        current = [(start, end, each) for each in events for start, end in each.running(now, soon)]
    except (NotUnderstood, OverflowError) as error:  # the latter of a date before the year 1, or a length of millennia
        raise Unknown(f"{shown(calendar)} is not understood: {error}") from None
    if not current:
        return idle("no event takes place", events=len(events))
    start, end, event = max(current, key=lambda found: found[1])
    if start > now:
        return busy(f"{event.summary} begins at {start:%H:%M} UTC", until=end.isoformat())
    return busy(f"{event.summary} until {end:%Y-%m-%d %H:%M} UTC", until=end.isoformat())


@check.configured
def configured(time_zone: str, summary: str) -> None:
    try:
        ZoneInfo(time_zone)
        re.compile(summary)
    except (ZoneInfoNotFoundError, ValueError, re.error) as error:
        raise ConfigError(f"time_zone or summary: {error}") from None
    _read.clear()


def load(calendar: str, time_zone: str, refresh_minutes: float) -> List[Event]:
    """The calendar's events; what was read last where it cannot be reached just now, for a day at most."""
    read_at, events = _read.get(calendar, (None, []))
    if read_at is not None and time.monotonic() - read_at < refresh_minutes * 60:
        return events
    try:
        data = fetch(calendar)
    except (OSError, urllib.error.URLError) as error:
        if read_at is not None and time.monotonic() - read_at < 86_400:
            return events
        raise Unknown(f"{shown(calendar)}: {reason_of(error)}") from None
    events = read_events(data, ZoneInfo(time_zone))
    _read[calendar] = (time.monotonic(), events)
    return events


def fetch(calendar: str) -> bytes:
    """The calendar's file. Raises OSError."""
    if calendar.startswith("/"):
        with open(calendar, "rb") as file:
            data = file.read(SIZE_BYTES + 1)
    else:
        with urllib.request.urlopen(calendar, timeout=max(0.5, 0.8 * seconds_left(10))) as answer:
            data = answer.read(SIZE_BYTES + 1)
    if len(data) > SIZE_BYTES:
        raise Unknown(f"{shown(calendar)} is larger than {SIZE_BYTES} bytes")
    return data


def shown(calendar: str) -> str:
    """Where it comes from, without what is often the key to a private calendar."""
    return calendar if calendar.startswith("/") else "/".join(calendar.split("/")[:3])


def reason_of(error: Exception) -> str:
    reason: Optional[Any] = getattr(error, "reason", None)
    return getattr(error, "strerror", None) or str(reason or error)


if __name__ == "__main__":
    check.run()
