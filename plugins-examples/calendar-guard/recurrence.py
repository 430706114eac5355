"""When an event of an iCalendar recurs: the part of RFC 5545's RRULE that calendars make."""

import calendar
from datetime import date, datetime, time, timedelta, timezone, tzinfo
from typing import Dict, Iterator, List, Optional, Set, Tuple

DAYS = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]
#: A rule with one of these is not understood, and is never guessed at.
FOREIGN = ("BYWEEKNO", "BYYEARDAY", "BYHOUR", "BYMINUTE", "BYSECOND", "RSCALE")
_LENGTHS = {"DAILY": 1, "WEEKLY": 7, "MONTHLY": 28, "YEARLY": 365}


class NotUnderstood(Exception):
    """The calendar says something that this reader does not know."""


def parse_rule(text: str) -> Dict[str, str]:
    """`FREQ=WEEKLY;BYDAY=MO,WE` as a dictionary. Raises NotUnderstood."""
    rule = dict(part.upper().split("=", 1) for part in text.split(";") if "=" in part)
    if rule.get("FREQ") not in _LENGTHS:
        raise NotUnderstood(f"the rule {text} recurs neither daily, weekly, monthly nor yearly")
    for key in FOREIGN:
        if key in rule:
            raise NotUnderstood(f"the rule {text} has {key}")
    return rule


def starts(
    first: datetime, zone: tzinfo, rule: Dict[str, str], after: datetime, before: datetime
) -> Iterator[datetime]:
    """The starts between two instants, all in the event's own wall-clock time; `before` is included."""
    count = int(rule["COUNT"]) if "COUNT" in rule else None
    until = _until(rule["UNTIL"], zone) if "UNTIL" in rule else None
    interval = max(1, int(rule.get("INTERVAL", "1")))
    # With a count every start has to be counted; without one, what is long past can be skipped.
    longest = {"DAILY": 1, "WEEKLY": 7, "MONTHLY": 31, "YEARLY": 366}[rule["FREQ"]] * interval
    period = 0 if count is not None else max(0, (after - first).days // longest - 2)
    found = 0
    while True:
        days = _days(first.date(), rule, period * interval)
        if days is None or _opens(first, rule["FREQ"], period * interval) > before:
            return
        for day in days:
            start = datetime.combine(day, first.time())
            if start < first:
                continue
            if start > before or (until is not None and start > until):
                return
            found += 1
            if count is not None and found > count:
                return
            if start >= after:
                yield start
        period += 1


def _until(text: str, zone: tzinfo) -> datetime:
    """In the event's own wall-clock time; a date counts to its end."""
    try:
        if "T" not in text:
            return datetime.combine(datetime.strptime(text, "%Y%m%d"), time.max)
        until = datetime.strptime(text.rstrip("Z"), "%Y%m%dT%H%M%S")
    except ValueError:
        raise NotUnderstood(f"UNTIL={text}") from None
    if not text.endswith("Z"):
        return until
    return until.replace(tzinfo=timezone.utc).astimezone(zone).replace(tzinfo=None)


def _opens(first: datetime, frequency: str, offset: int) -> datetime:
    """No start of a period comes before this."""
    if frequency == "DAILY":
        return datetime.combine(first.date() + timedelta(days=offset), datetime.min.time())
    if frequency == "WEEKLY":
        return datetime.combine(first.date() + timedelta(days=7 * offset - 7), datetime.min.time())
    years, month = divmod(first.month - 1 + (offset if frequency == "MONTHLY" else 0), 12)
    return datetime(
        first.year + years + (offset if frequency == "YEARLY" else 0), month + 1 if frequency == "MONTHLY" else 1, 1
    )


def _days(first: date, rule: Dict[str, str], offset: int) -> Optional[List[date]]:
    """The days of one period; None where the calendar ends."""
    months = [int(each) for each in rule["BYMONTH"].split(",")] if "BYMONTH" in rule else None
    if rule["FREQ"] == "DAILY":
        day = first + timedelta(days=offset)
        found = [day] if _fits(day, rule) else []
    elif rule["FREQ"] == "WEEKLY":
        monday = (
            first
            - timedelta(days=(first.weekday() - DAYS.index(rule.get("WKST", "MO"))) % 7)
            + timedelta(days=7 * offset)
        )
        wanted = {name for _, name in _weekdays(rule)} or {DAYS[first.weekday()]}
        week = [monday + timedelta(days=i) for i in range(7)]
        found = [day for day in week if DAYS[day.weekday()] in wanted]
    elif rule["FREQ"] == "MONTHLY":
        years, month = divmod(first.month - 1 + offset, 12)
        found = _days_of_month(first, rule, first.year + years, month + 1)
    else:
        year = first.year + offset
        if year > 9999:
            return None
        if months is None and "BYDAY" in rule and "BYMONTHDAY" not in rule:
            every = [date(year, month, day) for month in range(1, 13) for day in _numbers(year, month)]
            found = _by_weekday(every, rule)
        else:
            meant = months or (range(1, 13) if "BYMONTHDAY" in rule else [first.month])
            found = [day for month in meant for day in _days_of_month(first, rule, year, month)]
    return sorted(_at_positions({day for day in found if months is None or day.month in months}, rule))


def _days_of_month(first: date, rule: Dict[str, str], year: int, month: int) -> List[date]:
    every = [date(year, month, day) for day in _numbers(year, month)]
    if "BYMONTHDAY" in rule:
        return [day for day in every if _fits(day, rule)]
    if "BYDAY" in rule:
        return _by_weekday(every, rule)
    return [day for day in every if day.day == first.day]


def _numbers(year: int, month: int) -> range:
    return range(1, calendar.monthrange(year, month)[1] + 1)


def _by_weekday(every: List[date], rule: Dict[str, str]) -> List[date]:
    """Of the days of a month or a year those that BYDAY means."""
    found = []
    for position, name in _weekdays(rule):
        same = [day for day in every if DAYS[day.weekday()] == name]
        found += same if position == 0 else same[position - 1 : position] if position > 0 else same[position:][:1]
    return found


def _fits(day: date, rule: Dict[str, str]) -> bool:
    """Whether BYDAY and BYMONTHDAY, which counts from the end too, leave a day in."""
    weekdays = {name for _, name in _weekdays(rule)}
    numbers = {int(each) for each in rule["BYMONTHDAY"].split(",")} if "BYMONTHDAY" in rule else None
    from_end = day.day - calendar.monthrange(day.year, day.month)[1] - 1
    is_numbered = numbers is None or day.day in numbers or from_end in numbers
    return is_numbered and (not weekdays or DAYS[day.weekday()] in weekdays)


def _weekdays(rule: Dict[str, str]) -> List[Tuple[int, str]]:
    """`2MO,-1FR,WE` as positions and names; 0 is every one."""
    found = []
    for each in rule["BYDAY"].split(",") if "BYDAY" in rule else []:
        if each[-2:] not in DAYS:
            raise NotUnderstood(f"BYDAY={each}")
        found.append((int(each[:-2] or 0), each[-2:]))
    return found


def _at_positions(days: Set[date], rule: Dict[str, str]) -> Set[date]:
    if "BYSETPOS" not in rule:
        return days
    ordered = sorted(days)
    positions = [int(each) for each in rule["BYSETPOS"].split(",")]
    return {
        ordered[p - 1 if p > 0 else p] for p in positions if -len(ordered) <= (p - 1 if p > 0 else p) < len(ordered)
    }
