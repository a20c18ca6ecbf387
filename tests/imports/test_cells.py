"""What people type into cells, and what it means."""

from contextlib import suppress
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from points_bank.imports.cells import (
    NEGATIVE,
    NOT_A_DATE,
    NOT_A_NAME,
    NOT_A_TIME,
    NOT_A_WHOLE_NUMBER,
    NOT_YES_OR_NO,
    SHORTENED,
    TOO_LONG,
    UNPRINTABLE,
    Reader,
    Unreadable,
    count_of,
    date_of,
    digits_of,
    line_of,
    name_of,
    time_of,
    yes_or_no,
)

MORNING = datetime.fromisoformat("2026-10-02 08:30")
READ: list[tuple[Reader, Any, Any]] = [
    *((date_of, cell, date(2026, 10, 2)) for cell in (
        "2026-10-02", "2026-10-2", "2026/10/02", "2026/10/2", "2026.10.2", "2026年10月2日", "2026年10月02日",
        "20261002", "２０２６－１０－０２", " 2026-10-02 ", "2026-10-02 00:00:00", 46297, 46297.0, "46297",
        date(2026, 10, 2), MORNING, 20261002.0,
    )),
    *((time_of, cell, time(8, 30)) for cell in (
        "08:30", "8:30", "８：３０", "8：30", "上午8:30", "8点30分", "08:30:00", time(8, 30), time(8, 29, 59, 999_999),
        MORNING, timedelta(hours=8, minutes=30), 0.3541666667,
    )),
    (time_of, "下午2:00", time(14)),
    (time_of, "14点", time(14)),
    *((digits_of, cell, "13812341234") for cell in (
        13812341234, 13812341234.0, "13812341234", "13812341234.0", "１３８１２３４１２３４", "1.3812341234E+10",
    )),
    (name_of, "张　伟", "张伟"),
    (name_of, " 张  伟 ", "张伟"),
    (name_of, "John  Smith", "John Smith"),
    (name_of, "阿依古丽·买买提", "阿依古丽·买买提"),
    (name_of, "'=张", "=张"),
    (count_of, "1,200", 1200),
    (count_of, "４０", 40),
    (count_of, 40.0, 40),
    (count_of, "40.00", 40),
    *((yes_or_no, cell, True) for cell in ("是", "√", "Y", "ｙｅｓ", True, 1.0, "1", "中共党员")),
    *((yes_or_no, cell, False) for cell in ("否", "×", "n", "No", False, 0.0, "群众")),
]  # fmt: skip
UNREADABLE: list[tuple[Reader, Any, str]] = [
    *((date_of, cell, NOT_A_DATE) for cell in (
        "2026-13-01", "2026-02-30", "26-10-02", "10/02/2026", "2026-10", "2026", 2026.0, "昨天", "2026-10/02",
        "99999999", -1, 0.5, True, "12:30",
    )),
    *((time_of, cell, NOT_A_TIME) for cell in ("25:00", "8:75", "早上", "830", 1.5, "24:00")),
    *((digits_of, cell, SHORTENED) for cell in ("1.38123E+10", "1.38E+10", "1e300")),
    *((name_of, cell, NOT_A_NAME) for cell in (0.0, "138", "--", "=1+1")),
    (count_of, "-5", NEGATIVE),
    *((count_of, cell, NOT_A_WHOLE_NUMBER) for cell in (2.5, "2.5", "五", "1e3", True, float("nan"), float("inf"))),
    (yes_or_no, "也许", NOT_YES_OR_NO),
    (name_of, "张" * 41, TOO_LONG),
    *((name_of, cell, UNPRINTABLE) for cell in ("张\x07伟", "张\u202e伟", "\u200b")),
]  # fmt: skip


@pytest.mark.parametrize(("read", "cell", "meant"), READ)
def test_a_cell_is_read_as_what_it_means(read: Reader, cell: Any, meant: Any) -> None:
    assert read(cell) == meant


@pytest.mark.parametrize(("read", "cell", "why"), UNREADABLE)
def test_a_cell_that_says_nothing_is_refused(read: Reader, cell: Any, why: str) -> None:
    with pytest.raises(Unreadable) as caught:
        read(cell)
    assert caught.value.sentence == why


@given(st.dates(min_value=date(1930, 1, 1), max_value=date(2100, 1, 1)))
def test_every_way_of_writing_a_date_is_the_same_date(on: date) -> None:
    days = (on - date(1899, 12, 30)).days
    ways = (
        on.isoformat(),
        f"{on.year}/{on.month}/{on.day}",
        f"{on.year}年{on.month}月{on.day}日",
        f"{on:%Y%m%d}",
        days,
    )
    assert {date_of(way) for way in ways} == {on}


@given(st.one_of(st.text(), st.floats(), st.integers(), st.booleans(), st.dates(), st.times(), st.datetimes()))
def test_nothing_in_a_cell_is_worse_than_unreadable(cell: Any) -> None:
    for read in (count_of, date_of, digits_of, line_of(40), name_of, time_of, yes_or_no):
        with suppress(Unreadable):
            read(cell)
