"""Reads an iCalendar file (RFC 5545) as events with their times."""

import re
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta, timezone, tzinfo
from typing import Dict, Iterator, List, Optional, Tuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from recurrence import NotUnderstood, parse_rule, starts

_DURATION = re.compile(r"([+-]?)P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$")
_LINE = re.compile(
    r'([A-Za-z0-9-]+)((?:;[A-Za-z0-9-]+=(?:"[^"]*"|[^";:]*)(?:,(?:"[^"]*"|[^";:]*))*)*):(.*)$', re.DOTALL
)


@dataclass
class Event:
    """`first` is in the event's own wall-clock time, which `zone` turns into an instant."""

    uid: str
    summary: str
    first: datetime
    zone: tzinfo
    length: timedelta
    #: Its length is in days, which are an hour longer or shorter where the clock is changed.
    is_day: bool
    rule: Optional[Dict[str, str]] = None
    #: Starts that do not take place here: they were deleted, or moved to an event of their own.
    without: List[datetime] = field(default_factory=list)
    extra: List[datetime] = field(default_factory=list)

    def running(self, begin: datetime, end: datetime) -> Iterator[Tuple[datetime, datetime]]:
        """Start and end of what takes place at some time between two instants."""
        before = end.astimezone(self.zone).replace(tzinfo=None)
        # A day more on each side: the clock of the zone may have been changed in between.
        after = begin.astimezone(self.zone).replace(tzinfo=None) - self.length - timedelta(days=1)
        found = [self.first] if self.rule is None else starts(self.first, self.zone, self.rule, after, before)
        for start in [*found, *self.extra]:
            if start in self.without:
                continue
            instant = start.replace(tzinfo=self.zone).astimezone(timezone.utc)
            over = instant + self.length
            if self.is_day:
                over = (start + self.length).replace(tzinfo=self.zone).astimezone(timezone.utc)
            if instant <= end and over > begin:
                yield instant, over


def read_events(text: str, local: tzinfo) -> List[Event]:
    """The events that keep somebody busy. Raises NotUnderstood."""
    if "BEGIN:VCALENDAR" not in text[:1000].upper():
        raise NotUnderstood("it does not begin with BEGIN:VCALENDAR")
    if not text.rstrip().upper().endswith("END:VCALENDAR"):
        raise NotUnderstood("it does not end with END:VCALENDAR: a part of it is missing")
    events: List[Event] = []
    moved: List[Tuple[str, Tuple[Dict[str, str], str]]] = []
    for lines in _components(text, "VEVENT"):
        found = {name: (parameters, value) for name, parameters, value in lines}
        if "DTSTART" not in found or _value(found, "TRANSP") == "TRANSPARENT":
            continue
        first, zone, is_day = _time(found["DTSTART"], local)
        uid = _value(found, "UID")
        if "RECURRENCE-ID" in found:
            if "RANGE" in found["RECURRENCE-ID"][0]:
                raise NotUnderstood("one change of all later events (RANGE)")
            moved.append((uid, found["RECURRENCE-ID"]))
        if _value(found, "STATUS") == "CANCELLED":
            continue
        length = _length(found, first, zone, is_day, local)
        event = Event(uid, _text(_value(found, "SUMMARY")) or "an event", first, zone, length, is_day)
        if "RRULE" in found:
            event.rule = parse_rule(_value(found, "RRULE"))
        for name, parameters, value in lines:
            if name in ("EXDATE", "RDATE"):
                times = [_wall((parameters, each), local, zone) for each in value.split(",")]
                (event.without if name == "EXDATE" else event.extra).extend(times)
        events.append(event)
    for event in events:
        if event.rule is not None or event.extra:
            event.without += [_wall(moved_from, local, event.zone) for uid, moved_from in moved if uid == event.uid]
    return events


def _components(text: str, name: str) -> Iterator[List[Tuple[str, Dict[str, str], str]]]:
    """The lines of each component: name, parameters, value. Those of components inside of it (alarms) are left out."""
    lines: Optional[List[Tuple[str, Dict[str, str], str]]] = None
    depth = 0
    for raw in re.sub(r"\r?\n[ \t]", "", text).splitlines():
        found = _LINE.match(raw)
        if not found:
            continue
        key, value = found[1].upper(), found[3].strip()
        if lines is None:
            if key == "BEGIN" and value.upper() == name:
                lines, depth = [], 0
        elif key == "BEGIN":
            depth += 1
        elif key == "END" and depth > 0:
            depth -= 1
        elif key == "END":
            yield lines
            lines = None
        elif depth == 0:
            parameters = (part.split("=", 1) for part in found[2].split(";") if part)
            lines.append((key, {name.upper(): value.strip('"') for name, value in parameters}, value))


def _time(found: Tuple[Dict[str, str], str], local: tzinfo) -> Tuple[datetime, tzinfo, bool]:
    """Wall-clock time, its zone, and whether it is a whole day."""
    parameters, value = found
    try:
        if re.match(r"\d{8}$", value):
            return datetime.combine(date(int(value[:4]), int(value[4:6]), int(value[6:])), time()), local, True
        wall = datetime.strptime(value.rstrip("Z"), "%Y%m%dT%H%M%S")
    except ValueError:
        raise NotUnderstood(f"the time {value}") from None
    if value.endswith("Z"):
        return wall, timezone.utc, False
    name = parameters.get("TZID", "").lstrip("/")
    try:
        return wall, ZoneInfo(name) if name else local, False
    except (ZoneInfoNotFoundError, ValueError):
        raise NotUnderstood(f"the time zone {name}; export the calendar with names such as Europe/Berlin") from None


def _wall(found: Tuple[Dict[str, str], str], local: tzinfo, zone: tzinfo) -> datetime:
    """A time in the wall-clock time of another zone."""
    wall, its_zone, _ = _time(found, local)
    return wall.replace(tzinfo=its_zone).astimezone(zone).replace(tzinfo=None)


def _length(
    found: Dict[str, Tuple[Dict[str, str], str]], first: datetime, zone: tzinfo, is_day: bool, local: tzinfo
) -> timedelta:
    if "DTEND" in found:
        end, end_zone, _ = _time(found["DTEND"], local)
        if is_day:
            return end - first
        return end.replace(tzinfo=end_zone).astimezone(timezone.utc) - first.replace(tzinfo=zone).astimezone(
            timezone.utc
        )
    text = _value(found, "DURATION")
    if not text:
        return timedelta(days=1) if is_day else timedelta()
    parts = _DURATION.match(text)
    if not parts:
        raise NotUnderstood(f"the duration {text}")
    weeks, days, hours, minutes, seconds = (int(part or 0) for part in parts.groups()[1:])
    return timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)


def _value(found: Dict[str, Tuple[Dict[str, str], str]], name: str) -> str:
    return found[name][1] if name in found else ""


def _text(value: str) -> str:
    return re.sub(r"\\(.)", lambda match: {"n": " ", "N": " "}.get(match[1], match[1]), value)
