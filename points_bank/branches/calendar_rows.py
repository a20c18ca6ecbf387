"""A year's calendar as rows to fill in, as it is announced: a holiday, its days, the weekends worked for it."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta

import msgspec

from points_bank.branches.calendar import ExceptionalDay
from points_bank.branches.calendar_data import MAKE_UP_DAY, NO_HOLIDAYS, Calendar, read_calendar
from points_bank.errors import Invalid, message

USUAL = ("元旦", "春节", "清明节", "劳动节", "端午节", "中秋节", "国庆节")
"""The holidays of every year, in the order of most years."""
FEWEST_ROWS, SPARE_ROWS = 9, 2

NO_DAYS = message("Days are needed here, such as 2-6, 2-20.")
NO_DAY = message("A day is needed here.")

_DAY = re.compile(r"(?:(?P<year>\d{4})[-/.年])?(?P<month>\d{1,2})[-/.月](?P<day>\d{1,2})日?")


class HolidayRow(msgspec.Struct, frozen=True):
    """What stands in the fields of a row; `working` are the weekends that are worked for the holiday."""

    name: str = ""
    from_on: str = ""
    until_on: str = ""
    working: str = ""

    @property
    def has_days(self) -> bool:
        return bool(self.from_on or self.until_on or self.working)


def usual_rows() -> list[HolidayRow]:
    """The holidays of a year whose days are not announced yet."""
    return [HolidayRow(name) for name in USUAL]


def rows_of(days: Sequence[ExceptionalDay]) -> list[HolidayRow]:
    """A year that is known, in rows."""
    spans: list[tuple[str, date, date]] = []
    for day in sorted((each for each in days if not each.is_working), key=lambda each: each.on):
        if spans and spans[-1][0] == day.name and spans[-1][2] + timedelta(days=1) == day.on:
            spans[-1] = (day.name, spans[-1][1], day.on)
        else:
            spans.append((day.name, day.on, day.on))
    worked: dict[str, list[str]] = {}
    for each in days:
        if each.is_working:
            worked.setdefault(each.name.removesuffix(MAKE_UP_DAY), []).append(each.on.isoformat())
    rows = [
        HolidayRow(name, first.isoformat(), last.isoformat(), ", ".join(worked.pop(name, [])))
        for name, first, last in spans
    ]
    return rows + [HolidayRow(name, working=", ".join(dates)) for name, dates in worked.items()]


def typed_rows(values: Mapping[str, Sequence[str]]) -> list[HolidayRow]:
    """The rows of a form, those with days first, so that what is wrong is told by the place where a row is shown."""
    places = sorted({int(found[1]) for name in values if (found := re.match(r"holidays\[(\d{1,2})\]\.", name))})
    rows = [
        HolidayRow(*(_first(values, f"holidays[{place}].{field}") for field in HolidayRow.__struct_fields__))
        for place in places
    ]
    return sorted(rows, key=lambda row: not row.has_days)


def values_of(rows: Sequence[HolidayRow]) -> dict[str, list[str]]:
    """The fields of a form in which these rows stand, with some empty ones below."""
    empty = max(FEWEST_ROWS - len(rows), SPARE_ROWS - sum(not row.name for row in rows))
    return {
        f"holidays[{place}].{field}": [getattr(row, field)]
        for place, row in enumerate([*rows, *[HolidayRow()] * empty])
        for field in HolidayRow.__struct_fields__
    }


def calendar_of(year: int, rows: Sequence[HolidayRow]) -> Calendar:
    """The calendar that the rows with days describe. Refuses `invalid` by field (`holidays[0].until_on`)."""
    problems: dict[str, str] = {}
    holidays, alone = [], []
    for place, row in enumerate(row for row in rows if row.has_days):
        worked = list(_days(row.working, year))
        if None in worked:
            problems[f"holidays[{place}].working"] = NO_DAYS
        if row.from_on or row.until_on:
            span = {name: _day(text) for name, text in (("from_on", row.from_on), ("until_on", row.until_on)) if text}
            problems |= {f"holidays[{place}].{name}": NO_DAY for name, day in span.items() if day is None}
            holidays.append({"name": row.name, "until_on": span.get("from_on"), **span, "working": worked})
        else:
            alone += worked
    if not holidays:
        problems.setdefault("holidays[0].from_on", NO_HOLIDAYS)
    if problems:
        raise Invalid(problems)
    return read_calendar({"year": year, "holidays": holidays, "working": alone})


def _first(values: Mapping[str, Sequence[str]], name: str) -> str:
    return next(iter(values.get(name, ())), "")


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _days(text: str, year: int) -> Iterator[date | None]:
    """`2-6, 2-20` and `2月6日、2月20日` are days of that year; None is what is no day."""
    for part in re.split(r"[,，、;；\s]+", text.strip()) if text.strip() else ():
        found = _DAY.fullmatch(part)
        try:
            yield found and date(int(found["year"] or year), int(found["month"]), int(found["day"]))
        except ValueError:
            yield None
