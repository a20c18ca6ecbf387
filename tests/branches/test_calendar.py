"""Working days by the district's calendar."""

import logging
from datetime import date, timedelta

import pytest

from points_bank.actor import SYSTEM, Role
from points_bank.branches.calendar import (
    GIVEN_TWICE,
    IN_ANOTHER_YEAR,
    YEAR_OUT_OF_RANGE,
    ExceptionalDay,
    YearLoaded,
    end_of_working_days,
    is_working,
    load_year,
)
from points_bank.errors import Forbidden, Invalid, NotFound
from tests.bank import Bank


def off(on: date) -> ExceptionalDay:
    return ExceptionalDay(on, is_working=False, name="元旦")


@pytest.mark.parametrize(
    ("after_on", "days", "ends_on"),
    [
        pytest.param(date(2026, 11, 14), 3, date(2026, 11, 19), id="approved on a Saturday"),
        pytest.param(date(2026, 12, 5), 3, date(2026, 12, 10), id="published on a Saturday"),
        pytest.param(date(2026, 11, 16), 3, date(2026, 11, 20), id="the day itself does not count"),
        pytest.param(date(2026, 9, 29), 3, date(2026, 10, 10), id="over the National Day"),
        pytest.param(date(2026, 10, 8), 2, date(2026, 10, 11), id="a Saturday that is worked"),
        pytest.param(date(2026, 2, 13), 3, date(2026, 2, 26), id="over the Spring Festival, with a worked Saturday"),
        pytest.param(date(2026, 11, 14), 0, date(2026, 11, 15), id="no days"),
        pytest.param(date(2026, 1, 1), 200, date(2026, 10, 27), id="many days"),
    ],
)
async def test_working_days_end_at_the_start_of_the_next_day(
    bank: Bank, after_on: date, days: int, ends_on: date
) -> None:
    assert await bank.database.read(end_of_working_days, after_on, days) == ends_on


async def test_the_count_agrees_with_asking_day_by_day(bank: Bank) -> None:
    for start in (date(2025, 12, 20), date(2026, 1, 30), date(2026, 9, 10)):
        on, left = start, 15
        while left:
            on += timedelta(days=1)
            left -= await bank.database.read(is_working, on)
        assert await bank.database.read(end_of_working_days, start, 15) == on + timedelta(days=1)


async def test_a_year_without_a_calendar_counts_monday_to_friday_and_warns(
    bank: Bank, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        assert await bank.database.read(end_of_working_days, date(2026, 12, 30), 3) == date(2027, 1, 5)
    assert [record.getMessage() for record in caplog.records] == [
        "no calendar for 2027 is loaded: Monday to Friday count as working days"
    ]


async def test_a_known_year_without_exceptions_in_the_span_does_not_warn(
    bank: Bank, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        await bank.database.read(end_of_working_days, date(2026, 11, 2), 3)
    assert caplog.records == []


async def test_a_loaded_year_counts_from_then_on(bank: Bank) -> None:
    days = [off(date(2027, 1, 1)), ExceptionalDay(date(2027, 1, 2), is_working=True, name="元旦调休")]
    loaded = await bank.database.write(load_year, 2027, days, "file", SYSTEM)
    assert loaded == YearLoaded(2027, holidays=1, working_days=1)
    assert not await bank.database.read(is_working, date(2027, 1, 1))
    assert await bank.database.read(is_working, date(2027, 1, 2))
    assert await bank.database.read(end_of_working_days, date(2026, 12, 30), 3) == date(2027, 1, 5)


async def test_loading_a_year_again_replaces_it(bank: Bank) -> None:
    for on in (date(2027, 1, 4), date(2027, 1, 5)):
        for _ in "12":
            await bank.database.write(load_year, 2027, [off(on)], "file", SYSTEM)
    assert await bank.database.read(is_working, date(2027, 1, 4))
    assert not await bank.database.read(is_working, date(2027, 1, 5))
    assert not await bank.database.read(is_working, date(2026, 10, 1))


async def test_a_refused_calendar_changes_nothing(bank: Bank) -> None:
    twice = [off(date(2026, 10, 1)), off(date(2026, 10, 1)), off(date(2027, 1, 1))]
    with pytest.raises(Invalid) as refused:
        await bank.database.write(load_year, 2026, twice, "file", SYSTEM)
    assert refused.value.fields == {"2026-10-01": GIVEN_TWICE, "2027-01-01": IN_ANOTHER_YEAR}
    for year in (1999, 2101):
        with pytest.raises(Invalid) as refused:
            await bank.database.write(load_year, year, [], "file", SYSTEM)
        assert refused.value.fields == {"year": YEAR_OUT_OF_RANGE}
    assert not await bank.database.read(is_working, date(2026, 10, 2))


async def test_only_who_administers_the_district_loads_a_calendar(bank: Bank) -> None:
    estate = await bank.branch()
    with pytest.raises(Forbidden):
        await bank.database.write(load_year, 2027, [], "file", await bank.staff(Role.OVERSEER))
    with pytest.raises(NotFound):
        await bank.database.write(load_year, 2027, [], "file", await bank.staff(Role.ADMINISTRATOR, branch=estate))
