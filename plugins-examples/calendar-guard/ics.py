"""Reads an iCalendar file (RFC 5545) as events with their times."""

import re
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta, timezone, tzinfo
from typing import Dict, Iterator, List, Optional, Tuple

from recurrence import NotUnderstood, parse_rule, starts
from zones import Change, DescribedZone, Zones

_DURATION = re.compile(r"([+-]?)P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$")
_OFFSET = re.compile(r"([+-])(\d\d)(\d\d)(\d\d)?$")
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
        recurring = [] if self.rule is None else starts(self.first, self.zone, self.rule, after, before)
        for start in [self.first, *recurring, *self.extra]:
            if start in self.without:
                continue
            instant = start.replace(tzinfo=self.zone).astimezone(timezone.utc)
            over = instant + self.length
            if self.is_day:
                over = (start + self.length).replace(tzinfo=self.zone).astimezone(timezone.utc)
            if instant <= end and over > begin:
                yield instant, over


def read_events(data: bytes, local: tzinfo) -> List[Event]:
    """The events that keep somebody busy. Raises NotUnderstood."""
    # before it is text: a line may be folded in the middle of a character
    text = re.sub(rb"\r?\n[ \t]", b"", data).decode("utf-8-sig", "replace")
    if "BEGIN:VCALENDAR" not in text[:1000].upper():
        raise NotUnderstood("it does not begin with BEGIN:VCALENDAR")
    if not text.rstrip().upper().endswith("END:VCALENDAR"):
        raise NotUnderstood("it does not end with END:VCALENDAR: a part of it is missing")
    zones = Zones(local, dict(_described_zones(text)))
    events: List[Event] = []
    moved: List[Tuple[str, Tuple[Dict[str, str], str]]] = []
    for lines in _components(text, "VEVENT"):
        found = {name: (parameters, value) for name, parameters, value in lines}
        uid = _value(found, "UID")
        if "RECURRENCE-ID" in found:
            if "RANGE" in found["RECURRENCE-ID"][0]:
                raise NotUnderstood("one change of all later events (RANGE)")
            moved.append((uid, found["RECURRENCE-ID"]))
        if _value(found, "STATUS") == "CANCELLED" or _value(found, "TRANSP") == "TRANSPARENT" or "DTSTART" not in found:
            continue
        first, zone, is_day = _time(found["DTSTART"], zones)
        length = _length(found, first, zone, is_day, zones)
        event = Event(uid, _text(_value(found, "SUMMARY")) or "an event", first, zone, length, is_day)
        if "RRULE" in found:
            event.rule = parse_rule(_value(found, "RRULE"))
            if is_day and "UNTIL" in event.rule:  # some calendars say midnight UTC, which is the day before elsewhere
                event.rule["UNTIL"] = event.rule["UNTIL"][:8]
        for name, parameters, value in lines:
            if name in ("EXDATE", "RDATE"):
                times = [_wall((parameters, each), zones, zone) for each in value.split(",")]
                (event.without if name == "EXDATE" else event.extra).extend(times)
        events.append(event)
    for event in events:
        if event.rule is not None or event.extra:
            event.without += [_wall(moved_from, zones, event.zone) for uid, moved_from in moved if uid == event.uid]
    return events


def _described_zones(text: str) -> Iterator[Tuple[str, tzinfo]]:
    """The zones that a calendar describes, by their names in it."""
    for block in re.findall(r"^BEGIN:VTIMEZONE\s*$(.*?)^END:VTIMEZONE", text, re.DOTALL | re.MULTILINE | re.IGNORECASE):
        changes = []
        for lines in [*_components(block, "STANDARD"), *_components(block, "DAYLIGHT")]:
            found = {name: (parameters, value) for name, parameters, value in lines}
            offset = _OFFSET.match(_value(found, "TZOFFSETTO"))
            if "DTSTART" in found and offset and "RDATE" not in found:
                hours, minutes, seconds = (int(part or 0) for part in offset.groups()[1:])
                ahead = timedelta(hours=hours, minutes=minutes, seconds=seconds) * (-1 if offset[1] == "-" else 1)
                first = _time(found["DTSTART"], Zones(timezone.utc, {}))[0]
                changes.append(Change(first, ahead, parse_rule(_value(found, "RRULE")) if "RRULE" in found else None))
        name = re.search(r"^TZID[^:\n]*:(.*?)\s*$", block, re.MULTILINE | re.IGNORECASE)
        if name and changes:
            yield name[1], DescribedZone(changes)


def _components(text: str, name: str) -> Iterator[List[Tuple[str, Dict[str, str], str]]]:
    """The lines of each component: name, parameters, value. Those of components inside of it (alarms) are left out."""
    lines: Optional[List[Tuple[str, Dict[str, str], str]]] = None
    depth = 0
    for raw in text.splitlines():
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


def _time(found: Tuple[Dict[str, str], str], zones: Zones) -> Tuple[datetime, tzinfo, bool]:
    """Wall-clock time, its zone, and whether it is a whole day."""
    parameters, value = found
    try:
        if re.match(r"\d{8}$", value):
            return datetime.combine(date(int(value[:4]), int(value[4:6]), int(value[6:])), time()), zones.local, True
        wall = datetime.strptime(value.rstrip("Z"), "%Y%m%dT%H%M%S")
    except ValueError:
        raise NotUnderstood(f"the time {value}") from None
    if value.endswith("Z"):
        return wall, timezone.utc, False
    return wall, zones.find(parameters.get("TZID", "")), False


def _wall(found: Tuple[Dict[str, str], str], zones: Zones, zone: tzinfo) -> datetime:
    """A time in the wall-clock time of another zone."""
    wall, its_zone, _ = _time(found, zones)
    return wall.replace(tzinfo=its_zone).astimezone(zone).replace(tzinfo=None)


def _length(
    found: Dict[str, Tuple[Dict[str, str], str]], first: datetime, zone: tzinfo, is_day: bool, zones: Zones
) -> timedelta:
    if "DTEND" in found:
        end, end_zone, _ = _time(found["DTEND"], zones)
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
