"""Calendars that are shipped, and calendars read from a file."""

from datetime import date

import pytest

from points_bank.branches.calendar import YEAR_OUT_OF_RANGE, ExceptionalDay
from points_bank.branches.calendar_data import (
    ENDS_BEFORE_IT_STARTS,
    MISSING,
    NO_DATE,
    NO_DATES,
    NO_HOLIDAYS,
    NO_NAME,
    NO_TABLE,
    NO_TOML,
    TOO_LONG,
    TOO_MANY_DAYS,
    UNKNOWN,
    parse_calendar,
    shipped_calendars,
)
from points_bank.errors import Invalid

HOLIDAY = '[[holidays]]\nfrom_on = 2027-01-01\nuntil_on = 2027-01-02\nname = "元旦"\n'


def test_the_shipped_years_begin_with_2024_and_know_2026() -> None:
    calendars = {calendar.year: list(calendar.days) for calendar in shipped_calendars()}
    assert min(calendars) == 2024
    assert ExceptionalDay(date(2026, 10, 1), is_working=False, name="国庆节") in calendars[2026]
    assert ExceptionalDay(date(2026, 10, 10), is_working=True, name="国庆节调休") in calendars[2026]
    for year, days in calendars.items():
        assert {day.on.year for day in days} == {year}
        assert len({day.on for day in days}) == len(days) > 20


def test_a_file_gives_holidays_and_days_worked() -> None:
    calendar = parse_calendar(f"year = 2027\nworking = [2027-01-09]\n{HOLIDAY}working = [2027-01-10]\n")
    assert calendar.year == 2027
    assert calendar.days == [
        ExceptionalDay(date(2027, 1, 1), is_working=False, name="元旦"),
        ExceptionalDay(date(2027, 1, 2), is_working=False, name="元旦"),
        ExceptionalDay(date(2027, 1, 10), is_working=True, name="元旦调休"),
        ExceptionalDay(date(2027, 1, 9), is_working=True, name="调休"),
    ]


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        ("year = ", {"content": NO_TOML}),
        ("x = " + "[" * 50_000, {"content": NO_TOML}),
        ("#" * 100_001, {"content": TOO_LONG}),
        ("", {"year": MISSING, "holidays": NO_HOLIDAYS}),
        ("year = 1999\n" + HOLIDAY, {"year": YEAR_OUT_OF_RANGE}),
        ("year = true\n" + HOLIDAY, {"year": YEAR_OUT_OF_RANGE}),
        ('year = "2027"\n' + HOLIDAY, {"year": YEAR_OUT_OF_RANGE}),
        ("year = 2027\nmonth = 1\n" + HOLIDAY, {"month": UNKNOWN}),
        ("year = 2027\nholidays = [1]\n", {"holidays[0]": NO_TABLE}),
        ("year = 2027\n[holidays]\n", {"holidays": NO_HOLIDAYS}),
        ('year = 2027\nworking = ["2027-01-09"]\n' + HOLIDAY, {"working": NO_DATES}),
        ("year = 2027\nworking = 2027-01-09\n" + HOLIDAY, {"working": NO_DATES}),
        ("year = 2027\nworking = [2027-01-09T08:00:00]\n" + HOLIDAY, {"working": NO_DATES}),
        ("year = 2027\n" + HOLIDAY.replace("2027-01-01", '"2027-01-01"'), {"holidays[0].from_on": NO_DATE}),
        (
            "year = 2027\n" + HOLIDAY.replace("2027-01-02", "2026-12-31"),
            {"holidays[0].until_on": ENDS_BEFORE_IT_STARTS},
        ),
        ("year = 2027\n" + HOLIDAY.replace("2027-01-02", "9999-12-31"), {"holidays[0].until_on": TOO_MANY_DAYS}),
        ("year = 2027\n" + HOLIDAY.replace("元旦", " "), {"holidays[0].name": NO_NAME}),
        ("year = 2027\n" + HOLIDAY.replace("元旦", "元" * 41), {"holidays[0].name": NO_NAME}),
        ("year = 2027\n" + HOLIDAY.replace("元旦", "元\\n旦"), {"holidays[0].name": NO_NAME}),
        (
            "year = 2027\n[[holidays]]\nfrom = 2027-01-01\n",
            {f"holidays[0].{field}": MISSING for field in ("name", "from_on", "until_on")}
            | {"holidays[0].from": UNKNOWN},
        ),
    ],
)
def test_a_file_that_makes_no_sense_is_refused_by_path(text: str, problems: dict[str, str]) -> None:
    with pytest.raises(Invalid) as refused:
        parse_calendar(text)
    assert refused.value.fields == problems
