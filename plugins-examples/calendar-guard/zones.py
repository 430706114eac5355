"""Time zones, by their names or as a calendar describes them itself, as Outlook's do (RFC 5545, 3.6.5)."""

from datetime import datetime, timedelta, timezone, tzinfo
from typing import Dict, List, NamedTuple, Optional, Tuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from recurrence import NotUnderstood, starts


class Change(NamedTuple):
    """When the clock is changed, in the wall-clock time before it, and how far it is from UTC then."""

    first: datetime
    offset: timedelta
    rule: Optional[Dict[str, str]]


class DescribedZone(tzinfo):
    """A zone of nothing but its changes, of which there is at least one."""

    def __init__(self, changes: List[Change]) -> None:
        self._changes = sorted(changes, key=lambda each: each.first)
        self._of_year: Dict[int, List[Tuple[datetime, timedelta]]] = {}

    def utcoffset(self, at: Optional[datetime]) -> timedelta:
        """At a wall-clock time. Before the first change it is what that one brings."""
        if at is None:
            return self._changes[0].offset
        wall = at.replace(tzinfo=None)
        if wall.year not in self._of_year:
            self._of_year[wall.year] = sorted(self._until(wall.year))
        past = [offset for start, offset in self._of_year[wall.year] if start <= wall]
        return past[-1] if past else self._changes[0].offset

    def fromutc(self, at: datetime) -> datetime:
        """The wall-clock time of an instant; of two that it has, the first."""
        for change in self._changes:
            if self.utcoffset(at + change.offset) == change.offset:
                return at + change.offset
        return at + self.utcoffset(at)

    def dst(self, at: Optional[datetime]) -> None:
        """It is not told apart."""

    def tzname(self, at: Optional[datetime]) -> None:
        """It has none."""

    def _until(self, year: int) -> List[Tuple[datetime, timedelta]]:
        """The changes of that year, and what was the last one before."""
        end = datetime(year, 12, 31, 23, 59, 59)
        found = []
        for change in self._changes:
            if change.rule is None:
                found.append((change.first, change.offset))
                continue
            # of a rule that has ended the last one may lie far back
            after = change.first if "UNTIL" in change.rule else datetime(max(1, year - 1), 1, 1)
            found += [(start, change.offset) for start in starts(change.first, timezone.utc, change.rule, after, end)]
        return found


class Zones:
    """All zones of a calendar; `local` is for times that name none."""

    def __init__(self, local: tzinfo, described: Dict[str, tzinfo]) -> None:
        self.local = local
        self._described = described

    def find(self, name: str) -> tzinfo:
        """By its usual name, else by the calendar's own. Raises NotUnderstood."""
        try:
            return ZoneInfo(name.lstrip("/")) if name else self.local
        except (ZoneInfoNotFoundError, ValueError):
            if name in self._described:
                return self._described[name]
        raise NotUnderstood(f"the time zone {name}; export the calendar with names such as Europe/Berlin")
