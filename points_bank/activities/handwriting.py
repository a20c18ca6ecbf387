"""Days, times and lists of people as clerks type or paste them: plain text in, values out."""

import re
from collections.abc import Sequence
from datetime import date, time, timedelta

import msgspec

_DAY = re.compile(r"(?:(\d{4})\D*)??(?:(\d{1,2})\D+|(\d{2}))?(\d{1,2})\D?", re.ASCII)
_WHOLE_DAY = re.compile(r"(\d{4})(\d{2})(\d{2})", re.ASCII)
_CLOCK = re.compile(r"(\d{1,2})(?:\D?(\d{2})\D?|\D)?", re.ASCII)
_BETWEEN = re.compile(r"[\n\t,;，；、]+")
_LIST_NUMBER = re.compile(r"^[(（]?\d{1,3}[.)．）]\s*|^\d{1,3}\s+(?=\D)", re.ASCII)
_NUMBER = re.compile(r"(?<!\d)(\d{10,11}|\d{4})(?!\d)", re.ASCII)


class Named(msgspec.Struct, frozen=True):
    """Somebody on a pasted list: what stood there, and the number and the name in it, empty where there is none."""

    text: str
    number: str
    name: str


def read_day(text: str, *, today: date) -> date | None:
    """`2026-11-14`, `11-14`, `1114`, `11月14日`, `14`: without a year or a month, the last one; None: no day."""
    text = text.strip()
    found = _WHOLE_DAY.fullmatch(text)
    if found:
        return _day(*(int(part) for part in found.groups()))
    found = _DAY.fullmatch(text)
    if not found:
        return None
    year, month, short_month, day = (int(part) if part else None for part in found.groups())
    month = month or short_month
    assert day is not None, "the only part that is always there"
    if year:
        return _day(year, month, day) if month else None
    if month:
        this_year = _day(today.year, month, day)
        return this_year if this_year is None or this_year <= today else _day(today.year - 1, month, day)
    last_month = today.replace(day=1) - timedelta(days=1)
    return _day(today.year, today.month, day) if day <= today.day else _day(last_month.year, last_month.month, day)


def read_clock(text: str) -> time | None:
    """`8:30`, `830`, `0830`, `8点30分`, `8`, and `24:00` as midnight; None for no time."""
    found = _CLOCK.fullmatch(text.strip())
    if not found:
        return None
    hours, minutes = int(found[1]), int(found[2] or 0)
    if (hours, minutes) == (24, 0):
        return time()
    return time(hours, minutes) if hours < 24 and minutes < 60 else None


def read_list(text: str) -> Sequence[Named]:
    """A column of a spreadsheet or a list out of a chat: one person a line, or several with commas between them.

    Numbers that only count the lines are left out, and so is what stands there a second time.
    """
    cells = (_LIST_NUMBER.sub("", cell.strip()) for cell in _BETWEEN.split(text))
    met = dict.fromkeys(cell for cell in cells if cell and not re.fullmatch(r"\d{1,3}\D?", cell, re.ASCII))
    return [_named(cell) for cell in met]


def _named(cell: str) -> Named:
    number = _NUMBER.search(cell)
    name = re.sub(r"[\d()（）:：+\-\s]+", " ", cell).strip()
    return Named(cell, number[1] if number else "", name)


def _day(year: int, month: int | None, day: int) -> date | None:
    try:
        return date(year, month or 0, day)
    except ValueError:
        return None
