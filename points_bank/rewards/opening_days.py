"""Opening days: when a desk hands out. A desk without any is always open."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from itertools import islice, pairwise
from typing import Any, Self

import msgspec

from points_bank.branches.calendar import first_working_day
from points_bank.clock import at_time, day_of
from points_bank.errors import DeskClosed, Invalid, message
from points_bank.transaction import Transaction

NO_DAY = message("Name days of the month or of the week.")
TWICE = message("This day is given twice.")
ENDS_BEFORE_IT_STARTS = message("Ends before it starts.")
OVERLAPS = message("Hours stand in order and do not overlap.")

LONGEST_SHIFT_DAYS = 31
"""A day that is put off by holidays is put off by less."""


class Shift(StrEnum):
    """What becomes of an opening day on which the district does not work."""

    NONE = "none"
    NEXT_WORKING_DAY = "next_working_day"


class Opening(msgspec.Struct, frozen=True):
    """Days of the month (31 is its last day), days of the week (1 is Monday), and hours, the same on every such day."""

    days_of_month: tuple[int, ...]
    weekdays: tuple[int, ...]
    shift: Shift
    hours: tuple[tuple[time, time], ...]

    def to_json(self) -> dict[str, Any]:
        return {
            "days_of_month": list(self.days_of_month),
            "weekdays": list(self.weekdays),
            "shift": self.shift.value,
            "hours": [[clock_time(start), clock_time(end)] for start, end in self.hours],
        }

    @classmethod
    def from_json(cls, kept: dict[str, Any]) -> Self:
        """What `to_json` gave, or a client sent in that shape."""
        hours = tuple((time.fromisoformat(start), time.fromisoformat(end)) for start, end in kept["hours"])
        return cls(tuple(kept["days_of_month"]), tuple(kept["weekdays"]), Shift(kept["shift"]), hours)

    def names(self, on: date) -> bool:
        """Whether the desk would open on a day if there were no holidays."""
        is_last = (on + timedelta(days=1)).day == 1
        by_month = on.day in self.days_of_month or (is_last and any(day > on.day for day in self.days_of_month))
        return by_month or on.isoweekday() in self.weekdays


class OpeningDay(msgspec.Struct, frozen=True):
    """A day on which a desk opens. `put_off_from` is the day it was meant for, where a holiday lies on that."""

    on: date
    put_off_from: date | None


def check_opening(opening: Opening) -> None:
    """Refuses `invalid` an opening without days, days given twice, and hours that end early or overlap."""
    problems = {}
    if not opening.days_of_month and not opening.weekdays:
        problems["opening.days_of_month"] = NO_DAY
    for name, days in (("days_of_month", opening.days_of_month), ("weekdays", opening.weekdays)):
        if len(set(days)) < len(days):
            problems[f"opening.{name}"] = TWICE
    for place, (start, end) in enumerate(opening.hours):
        if end <= start:
            problems[f"opening.hours[{place}]"] = ENDS_BEFORE_IT_STARTS
    for place, (before, after) in enumerate(pairwise(opening.hours), start=1):
        if after[0] < before[1]:
            problems.setdefault(f"opening.hours[{place}]", OVERLAPS)
    if problems:
        raise Invalid(problems)


def opening_days(tx: Transaction, opening: Opening, *, from_on: date, most: int) -> list[OpeningDay]:
    """The next days on which a desk opens, that day included."""
    return list(islice(_days(tx, opening, from_on), most))


def refuse_closed(tx: Transaction, opening: Opening | None) -> None:
    """Refuses `desk_closed` outside the opening hours, and says when the desk opens next."""
    if opening is None:
        return
    now = tx.now.astimezone(tx.zone).time()
    for day in opening_days(tx, opening, from_on=tx.today, most=2):
        is_today = day.on == tx.today
        if is_today and any(start <= now < end for start, end in opening.hours):
            return
        starts = [start for start, _ in opening.hours if not is_today or start > now]
        if starts:
            raise DeskClosed(opens_on=day.on, opens_from=clock_time(starts[0]))
    raise AssertionError("a desk with opening days opens again")


def first_closing(tx: Transaction, opening: Opening, *, from_at: datetime) -> datetime:
    """When a desk closes for the first time at or after an instant, at the end of the last hours of an opening day."""
    days = opening_days(tx, opening, from_on=day_of(from_at, tx.zone), most=2)
    closings = (at_time(day.on, opening.hours[-1][1], tx.zone) for day in days)
    return next(closing for closing in closings if closing >= from_at)


def clock_time(at: time) -> str:
    """`09:00`."""
    return at.isoformat("minutes")


def _days(tx: Transaction, opening: Opening, from_on: date) -> Iterator[OpeningDay]:
    """From a day on, in order and each once: two days may be put off to the same one."""
    meant_on, reached = from_on - timedelta(days=LONGEST_SHIFT_DAYS), from_on - timedelta(days=1)
    while True:
        if opening.names(meant_on):
            on = first_working_day(tx, meant_on) if opening.shift is Shift.NEXT_WORKING_DAY else meant_on
            if on > reached:
                reached = on
                yield OpeningDay(on, meant_on if on != meant_on else None)
        meant_on += timedelta(days=1)


def hours_of(opening: Opening) -> Sequence[tuple[str, str]]:
    """The hours as text, for people and clients."""
    return [(clock_time(start), clock_time(end)) for start, end in opening.hours]
