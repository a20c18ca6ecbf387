"""The district's calendar: which days are worked, and when so many full working days are over."""

import logging
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

import msgspec
import sqlalchemy as sa

from points_bank import audit
from points_bank.actor import Actor, Task
from points_bank.branches.models import CalendarDay, CalendarYear
from points_bank.branches.tree import district
from points_bank.columns import given, table_of
from points_bank.errors import Invalid, NotFound, message
from points_bank.transaction import Transaction

log = logging.getLogger(__name__)

YEAR, DAY = table_of(CalendarYear), table_of(CalendarDay)
FIRST_YEAR, LAST_YEAR = 2000, 2100
SATURDAY = 5

YEAR_OUT_OF_RANGE = message("A year from 2000 to 2100 is needed.")
IN_ANOTHER_YEAR = message("This date lies in another year.")
GIVEN_TWICE = message("This date is given twice.")


class ExceptionalDay(msgspec.Struct, frozen=True):
    """A date that is not what its weekday says, and why (`春节`)."""

    on: date
    is_working: bool
    name: str


class YearKnown(msgspec.Struct, frozen=True):
    """A year whose holidays are known, from where and since when; `working_days` are weekends that are worked."""

    year: int
    source: str
    loaded_at: datetime
    holidays: int
    working_days: int


class YearLoaded(msgspec.Struct, frozen=True):
    year: int
    holidays: int
    working_days: int


# One row for a year that is known but has no exception in the range; none for a year that is not known.
_EXCEPTIONS = (
    sa.select(YEAR.c.year, DAY.c.on_date, DAY.c.is_working)
    .outerjoin_from(
        YEAR,
        DAY,
        sa.and_(DAY.c.year == YEAR.c.year, DAY.c.on_date.between(sa.bindparam("first_on"), sa.bindparam("last_on"))),
    )
    .where(YEAR.c.year.between(sa.bindparam("first_year"), sa.bindparam("last_year")))
)
_WORKED = sa.func.count().filter(DAY.c.is_working)
_YEARS = (
    sa.select(YEAR.c.year, YEAR.c.source, YEAR.c.loaded_at, sa.func.count(DAY.c.on_date) - _WORKED, _WORKED)
    .outerjoin_from(YEAR, DAY, DAY.c.year == YEAR.c.year)
    .group_by(YEAR.c.year, YEAR.c.source, YEAR.c.loaded_at)
    .order_by(YEAR.c.year.desc())
)
_DAYS_OF_YEAR = (
    sa.select(DAY.c.on_date, DAY.c.is_working, DAY.c.name).where(*given(DAY, "year")).order_by(DAY.c.on_date)
)
_FORGET_DAYS = sa.delete(DAY).where(*given(DAY, "year"))
_FORGET_YEAR = sa.delete(YEAR).where(*given(YEAR, "year"))
_ADD_YEAR, _ADD_DAY = sa.insert(YEAR), sa.insert(DAY)


def load_year(tx: Transaction, year: int, days: Sequence[ExceptionalDay], source: str, by: Actor) -> YearLoaded:
    """Make this the calendar of a year, in place of what was known of it; `source` says where it comes from.

    Refuses `invalid` a year out of range and, by place in `days`, dates of another year and dates given twice. Ends
    that were reckoned with the old calendar do not move by themselves: see `scheduler.reschedule`.
    """
    root = district(tx)
    if root is None:
        raise NotFound
    by.require(Task.ADMINISTER, root.path)
    _check(year, days)
    tx.run(_FORGET_DAYS, year=year)
    tx.run(_FORGET_YEAR, year=year)
    tx.run(_ADD_YEAR, year=year, source=source, loaded_at=tx.now)
    tx.many(_ADD_DAY, [{"on_date": d.on, "year": year, "is_working": d.is_working, "name": d.name} for d in days])
    audit.note(tx, by, f"calendar:{year}")
    worked = sum(day.is_working for day in days)
    return YearLoaded(year, len(days) - worked, worked)


def years_known(tx: Transaction, *, by: Actor) -> list[YearKnown]:
    """The years whose holidays are known, the latest first."""
    by.paths(Task.READ_ADMINISTRATION)
    return [YearKnown(*row) for row in tx.all(_YEARS)]


def days_of_year(tx: Transaction, year: int, *, by: Actor) -> list[ExceptionalDay]:
    """The dates of a year that are not what their weekday says. Refuses `not_found` a year that is not known."""
    if year not in {each.year for each in years_known(tx, by=by)}:
        raise NotFound
    return [ExceptionalDay(*row) for row in tx.all(_DAYS_OF_YEAR, year=year)]


def is_working(tx: Transaction, on: date) -> bool:
    """Whether the district works that day. A year that is not known counts Monday to Friday."""
    return _Span(tx, on, on).is_working(on)


def end_of_working_days(tx: Transaction, after_on: date, days: int) -> date:
    """The date after the so many-th full working day that follows `after_on`; what lasts so long ends at its 00:00."""
    assert days >= 0, "days are counted forwards"
    on, left = after_on + timedelta(days=1), days
    span = _Span(tx, on, on + timedelta(days=2 * days + 14))
    while left:
        if on > span.last_on:
            span = _Span(tx, on, on + timedelta(days=60))
        left -= span.is_working(on)
        on += timedelta(days=1)
    return on


def first_working_day(tx: Transaction, from_on: date) -> date:
    """The first day on which the district works, that day included."""
    return end_of_working_days(tx, from_on - timedelta(days=1), 1) - timedelta(days=1)


class _Span:
    """The calendar between two dates, read at once."""

    def __init__(self, tx: Transaction, first_on: date, last_on: date) -> None:
        self.last_on = last_on
        rows = tx.all(_EXCEPTIONS, first_on=first_on, last_on=last_on, first_year=first_on.year, last_year=last_on.year)
        self._years = {row.year for row in rows}
        self._exceptions: Mapping[date, bool] = {row.on_date: row.is_working for row in rows if row.on_date}

    def is_working(self, on: date) -> bool:
        if on.year not in self._years:
            log.warning("no calendar for %d is loaded: Monday to Friday count as working days", on.year)
            self._years.add(on.year)
        return self._exceptions.get(on, on.weekday() < SATURDAY)


def _check(year: int, days: Sequence[ExceptionalDay]) -> None:
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise Invalid({"year": YEAR_OUT_OF_RANGE})
    problems: dict[str, str] = {}
    seen: set[date] = set()
    for day in days:
        if day.on.year != year:
            problems[day.on.isoformat()] = IN_ANOTHER_YEAR
        elif day.on in seen:
            problems[day.on.isoformat()] = GIVEN_TWICE
        seen.add(day.on)
    if problems:
        raise Invalid(problems)
