"""Where calendars come from: the years that are shipped, and a TOML file for those that are not.

A file looks like this; make-up days may stand by themselves or with the holiday that they make up for:

    year = 2027
    working = [2027-01-09]

    [[holidays]]
    from_on = 2027-01-01
    until_on = 2027-01-03
    name = "元旦"
"""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import msgspec
from chinese_calendar import constants

from points_bank.branches.calendar import FIRST_YEAR, LAST_YEAR, YEAR_OUT_OF_RANGE, ExceptionalDay
from points_bank.errors import Invalid, message

FIRST_SHIPPED_YEAR = 2024
MAKE_UP_DAY = "调休"
LONGEST_FILE_LETTERS = 100_000

NO_TOML = message("This cannot be read as TOML.")
TOO_LONG = message("This is too long.")
MISSING = message("This is missing.")
UNKNOWN = message("This is not known here.")
NO_TABLE = message("A table is needed here.")
NO_DATE = message("A date such as 2027-01-01, without quotes, is needed.")
NO_DATES = message("Dates such as [2027-01-09, 2027-02-20], without quotes, are needed.")
NO_NAME = message("A name of 1 to 40 letters in one line is needed.")
ENDS_BEFORE_IT_STARTS = message("Ends before it starts.")
TOO_MANY_DAYS = message("A holiday has at most 31 days.")
NO_HOLIDAYS = message("At least one holiday is needed.")


class Calendar(msgspec.Struct, frozen=True):
    """A year's exceptions to Monday-to-Friday, by date."""

    year: int
    days: Sequence[ExceptionalDay]


def shipped_calendars() -> list[Calendar]:
    """The years whose official holidays are shipped, from 2024 on."""
    holidays = {on: name for on, name in constants.holidays.items() if on.year >= FIRST_SHIPPED_YEAR}
    worked = {on: name for on, name in constants.workdays.items() if on.year >= FIRST_SHIPPED_YEAR}
    days = [ExceptionalDay(on, False, _in_chinese(name)) for on, name in holidays.items()]
    days += [ExceptionalDay(on, True, _in_chinese(name) + MAKE_UP_DAY) for on, name in worked.items()]
    days.sort(key=lambda day: day.on)
    years = sorted({day.on.year for day in days})
    return [Calendar(year, [day for day in days if day.on.year == year]) for year in years]


def parse_calendar(toml_text: str) -> Calendar:
    """The calendar that a TOML text describes.

    Refuses with `Invalid`, by path (`holidays[0].until_on`), what is missing, unknown or mistyped. Dates of another
    year and dates given twice are found when it is loaded.
    """
    return read_calendar(_table(toml_text))


def read_calendar(table: Mapping[str, Any]) -> Calendar:
    """The calendar that a table describes, as `parse_calendar` reads it."""
    reader = _Reader(table)
    calendar = reader.calendar()
    if reader.problems:
        raise Invalid(reader.problems)
    return calendar


def _in_chinese(name: str) -> str:
    return str(constants.Holiday(name).chinese)


def _table(toml_text: str) -> Mapping[str, Any]:
    if len(toml_text) > LONGEST_FILE_LETTERS:
        raise Invalid({"content": TOO_LONG})
    try:
        return tomllib.loads(toml_text)
    except (ValueError, RecursionError):
        raise Invalid({"content": NO_TOML}) from None


class _Reader:
    """Reads a calendar, noting what is wrong by path. Where `problems` is not empty, what it read is void."""

    def __init__(self, table: Mapping[str, Any]) -> None:
        self.table = table
        self.problems: dict[str, str] = {}

    def calendar(self) -> Calendar:
        self._refuse_unknown(self.table, "", {"year", "working", "holidays"})
        return Calendar(self._year(), [*self._holidays(), *self._working(self.table, "", "")])

    def _year(self) -> int:
        given = self._given(self.table, "year", "")
        if type(given) is not int or not FIRST_YEAR <= given <= LAST_YEAR:
            self.problems.setdefault("year", YEAR_OUT_OF_RANGE)
            return FIRST_YEAR
        return given

    def _holidays(self) -> Iterator[ExceptionalDay]:
        given = self.table.get("holidays")
        if not isinstance(given, list) or not given:
            self.problems.setdefault("holidays", NO_HOLIDAYS)
            return
        for place, each in enumerate(given):
            if isinstance(each, dict):
                yield from self._holiday(each, f"holidays[{place}].")
            else:
                self.problems[f"holidays[{place}]"] = NO_TABLE

    def _holiday(self, table: Mapping[str, Any], path: str) -> Iterator[ExceptionalDay]:
        self._refuse_unknown(table, path, {"from_on", "until_on", "name", "working"})
        name = self._name(table, path)
        from_on, until_on = self._date(table, "from_on", path), self._date(table, "until_on", path)
        if from_on is None or until_on is None:
            return
        days = (until_on - from_on).days + 1
        if not 1 <= days <= 31:
            self.problems[path + "until_on"] = ENDS_BEFORE_IT_STARTS if days < 1 else TOO_MANY_DAYS
            return
        yield from (ExceptionalDay(from_on + timedelta(days=day), False, name) for day in range(days))
        yield from self._working(table, path, name)

    def _working(self, table: Mapping[str, Any], path: str, name: str) -> Iterator[ExceptionalDay]:
        given = table.get("working", [])
        if not isinstance(given, list) or not all(type(on) is date for on in given):
            self.problems[path + "working"] = NO_DATES
            return
        yield from (ExceptionalDay(on, True, name + MAKE_UP_DAY) for on in given)

    def _date(self, table: Mapping[str, Any], name: str, path: str) -> date | None:
        given = self._given(table, name, path)
        # A TOML date with a time is a date in Python too; here it is a slip of the pen.
        if type(given) is not date:
            self.problems.setdefault(path + name, NO_DATE)
            return None
        return given

    def _name(self, table: Mapping[str, Any], path: str) -> str:
        given = self._given(table, "name", path)
        name = given.strip() if isinstance(given, str) else ""
        if not 1 <= len(name) <= 40 or not name.isprintable():
            self.problems.setdefault(path + "name", NO_NAME)
        return name

    def _given(self, table: Mapping[str, Any], name: str, path: str) -> Any:
        if name not in table:
            self.problems[path + name] = MISSING
        return table.get(name)

    def _refuse_unknown(self, table: Mapping[str, Any], path: str, known: set[str]) -> None:
        self.problems.update({path + name: UNKNOWN for name in table if name not in known})
