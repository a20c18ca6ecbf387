"""Time: now, and the district's days, weeks, months, quarters and years. The only place that asks what time it is."""

import re
import time
from datetime import UTC, date, datetime, timedelta
from datetime import time as time_of_day
from enum import StrEnum
from functools import lru_cache
from zoneinfo import ZoneInfo

import msgspec


class Clock:
    """Says what time it is. Given an instant, it starts there and then runs (for demos and tests)."""

    def __init__(self, start_at: datetime | None = None) -> None:
        self._start_at: datetime | None = None
        if start_at is not None:
            self.set(start_at)
        self._ahead = self._apart()

    def set(self, at: datetime) -> None:
        """Put the clock to an instant, from which it runs on."""
        assert at.tzinfo is not None, "instants are aware"
        self._start_at, self._started = at.astimezone(UTC), time.monotonic()

    def now(self) -> datetime:
        if self._start_at is None:
            return datetime.now(UTC)
        return self._start_at + timedelta(seconds=time.monotonic() - self._started)

    def moved(self) -> timedelta:
        """By how much somebody put the clock forward since this was last asked; less than nothing: back."""
        before, self._ahead = self._ahead, self._apart()
        return self._ahead - before

    def _apart(self) -> timedelta:
        """How far apart it is from a clock that nobody can put: that only changes when somebody puts this one."""
        return self.now() - datetime.fromtimestamp(time.monotonic(), UTC)


def machine_now() -> datetime:
    """The instant by the machine's own clock, whatever the bank's says."""
    return datetime.now(UTC)


def day_of(at: datetime, zone: ZoneInfo) -> date:
    """The district's date of an instant."""
    return at.astimezone(zone).date()


def start_of_day(on: date, zone: ZoneInfo) -> datetime:
    """00:00 of the district's date, as an instant."""
    return at_time(on, time_of_day(0), zone)


def at_time(on: date, at: time_of_day, zone: ZoneInfo) -> datetime:
    """A time of the district's day, as an instant."""
    return datetime.combine(on, at, tzinfo=zone).astimezone(UTC)


class PeriodKind(StrEnum):
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


class Period(msgspec.Struct, frozen=True, order=True):
    """A week, month, quarter or year of the district: from its first day up to, not including, `until`."""

    first_on: date
    until: date
    kind: PeriodKind

    @property
    def name(self) -> str:
        """`2026-W46`, `2026-11`, `2026-Q4`, `2026`."""
        on = self.first_on
        if self.kind is PeriodKind.WEEK:
            year, week, _ = on.isocalendar()
            return f"{year:04}-W{week:02}"
        if self.kind is PeriodKind.MONTH:
            return f"{on.year:04}-{on.month:02}"
        return f"{on.year:04}-Q{(on.month + 2) // 3}" if self.kind is PeriodKind.QUARTER else f"{on.year:04}"

    @property
    def last_on(self) -> date:
        return self.until - timedelta(days=1)

    def next(self) -> "Period":
        return period_of(self.until, self.kind)


def latest_months(today: date, count: int) -> list[str]:
    """The names of the running month and those before it, newest first."""
    month = period_of(today, PeriodKind.MONTH)
    names = [month.name]
    while len(names) < count:
        month = period_of(month.first_on - timedelta(days=1), PeriodKind.MONTH)
        names.append(month.name)
    return names


@lru_cache(maxsize=4_096)
def period_of(on: date, kind: PeriodKind) -> Period:
    """The period of that kind in which a date lies. ISO weeks, starting on Monday."""
    if kind is PeriodKind.WEEK:
        first_on = on - timedelta(days=on.weekday())
        return Period(first_on, first_on + timedelta(days=7), kind)
    months = {PeriodKind.MONTH: 1, PeriodKind.QUARTER: 3, PeriodKind.YEAR: 12}[kind]
    first_month = (on.month - 1) // months * months + 1
    year, month = divmod(first_month - 1 + months, 12)
    return Period(date(on.year, first_month, 1), date(on.year + year, month + 1, 1), kind)


def parse_month(name: str) -> Period | None:
    """The month that a name such as `2026-11` means, or None, also for another kind of period."""
    period = parse_period(name)
    return period if period and period.kind is PeriodKind.MONTH else None


FIRST_YEAR, LAST_YEAR = 1900, 2999
"""Periods outside of these are none: their first and last instants cannot be told in every zone."""


def parse_period(name: str) -> Period | None:
    """The period that a name such as `2026-11` means, or None."""
    match = re.fullmatch(r"(\d{4})(?:-(?:W(\d\d)|Q([1-4])|(\d\d)))?", name, re.ASCII)
    if not match or not FIRST_YEAR <= int(match[1]) <= LAST_YEAR:
        return None
    year, week, quarter, month = (int(part) if part else None for part in match.groups())
    assert year is not None
    try:
        if week:
            return period_of(date.fromisocalendar(year, week, 1), PeriodKind.WEEK)
        if quarter:
            return period_of(date(year, quarter * 3, 1), PeriodKind.QUARTER)
        return period_of(date(year, month or 1, 1), PeriodKind.MONTH if month is not None else PeriodKind.YEAR)
    except (ValueError, OverflowError):
        return None


def machine_time_ns() -> int:
    """Nanoseconds since 1970 by the machine's own clock, whatever the bank's says: traces have others' times too."""
    return time.time_ns()
