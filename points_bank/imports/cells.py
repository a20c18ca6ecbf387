"""What people type into cells, read as what they mean. Pure; what cannot be read is `Unreadable` with its reason.

Chinese spreadsheets hold dates as text in four ways and as Excel's day numbers, full-width digits, names spread with
spaces, and phone numbers that Excel turned into floating point.
"""

import math
import re
import unicodedata
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any

from points_bank.errors import message
from points_bank.spreadsheets import as_typed

Cell = Any
"""Text, a number, a truth value, a date, a time of day; None where there is nothing."""
Reader = Callable[[Cell], Any]

DAY_ZERO = date(1899, 12, 30)
"""Excel's day 0. A number of five digits is a day from 1927 on; one of four is rather a year than a day."""

NEEDED = message("Is needed.")
NOT_A_NAME = message("Not a name.")
NOT_A_DATE = message("Not a date: write it like 2026-10-12.")
NOT_A_TIME = message("Not a time of day: write it like 08:30.")
NOT_A_WHOLE_NUMBER = message("Not a whole number.")
NEGATIVE = message("Less than 0.")
NOT_YES_OR_NO = message("Write yes or no.")
TOO_LONG = message("Longer than {most} characters.")
UNPRINTABLE = message("Has characters that cannot be used here.")
SHORTENED = message("Excel has shortened this number: format the column as text and enter it again.")

YES = frozenset({"是", "有", "对", "√", "✓", "✔", "y", "yes", "true", "1", "党员", "中共党员", "同意", "已同意"})
NO = frozenset({"否", "无", "没有", "×", "✗", "✘", "n", "no", "false", "0", "群众", "-", "不同意", "未同意"})

_DATE = re.compile(
    r"(\d{4})(?:-(\d{1,2})-|/(\d{1,2})/|\.(\d{1,2})\.|年(\d{1,2})月)(\d{1,2})日?(?: 0?0:00(?::00)?)?", re.ASCII
)
_COMPACT_DATE = re.compile(r"(\d{4})(\d\d)(\d\d)", re.ASCII)
_TIME = re.compile(r"(上午|下午|晚上)?(\d{1,2})[:点时]([0-5]?\d)?分?(?::(\d{1,2}))?", re.ASCII)
_NEXT_DAY = re.compile(r"(次日|第二天|翌日|next day|\+1)\s*", re.IGNORECASE)
_EXPONENT = re.compile(r"(\d+)(?:\.(\d+))?[eE]\+?(\d+)", re.ASCII)
_SPACES = re.compile(r"\s+")
_CHINESE_NAME = re.compile(r"[\u3400-\u9fff\U00020000-\U0003ffff ]+")


class Unreadable(Exception):
    """A cell that does not say what is expected there; `values` fill the sentence."""

    def __init__(self, sentence: str, **values: Any) -> None:
        super().__init__(sentence)
        self.sentence, self.values = sentence, values


def text_of(cell: Cell) -> str:
    """The cell as plain text: full-width characters made narrow, spaces at both ends gone, 5.0 as 5."""
    if isinstance(cell, str):
        text = cell if cell.isascii() else unicodedata.normalize("NFKC", cell)
        return as_typed(text).strip() if text.startswith("'") else text.strip()
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell)


def line_of(most: int) -> Reader:
    """Text on one line, of at most so many characters."""

    def read(cell: Cell) -> str:
        text = text_of(cell)
        if _SPACES.search(text):
            text = _SPACES.sub(" ", text)
        if len(text) > most:
            raise Unreadable(TOO_LONG, most=most)
        if not text.isprintable():
            raise Unreadable(UNPRINTABLE)
        return text

    return read


def name_of(cell: Cell) -> str:
    """A person's name; 张　伟, spread to the width of three characters, is 张伟."""
    name: str = _NAME_LINE(cell)
    if not any(letter.isalpha() for letter in name):
        raise Unreadable(NOT_A_NAME)
    return name.replace(" ", "") if " " in name and _CHINESE_NAME.fullmatch(name) else name


_NAME_LINE = line_of(40)


def digits_of(cell: Cell) -> str:
    """A number that is a name and not a quantity (a phone, a card): no digit of it may have been lost."""
    text = text_of(cell)
    if match := _EXPONENT.fullmatch(text):
        whole, part, exponent = match[1], match[2] or "", int(match[3])
        if len(part.rstrip("0")) < exponent - 1 or len(whole) + exponent > 30:
            raise Unreadable(SHORTENED)
        return str(int(Decimal(text)))
    return text.removesuffix(".0")


def date_of(cell: Cell) -> date:
    """A date, also as text, and as the number of a day that Excel shows where the cell is not formatted."""
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date):
        return cell
    return _date_of_text(text_of(cell))


@lru_cache(maxsize=65_536)
def _date_of_text(text: str) -> date:
    match = _DATE.fullmatch(text) or _COMPACT_DATE.fullmatch(text)
    try:
        if match:
            year, month, day = (int(part) for part in match.groups() if part is not None)
            return date(year, month, day)
        if text.isascii() and text.isdigit() and len(text) == 5:
            return DAY_ZERO + timedelta(days=int(text))
    except ValueError:
        pass
    raise Unreadable(NOT_A_DATE)


def time_of(cell: Cell) -> time:
    """A time of day; Excel's is a part of a day and may be off by some microseconds."""
    if isinstance(cell, time | datetime):
        at = cell.time() if isinstance(cell, datetime) else cell
        return _minutes(round((at.hour * 3600 + at.minute * 60 + at.second + at.microsecond / 1e6) / 60))
    if isinstance(cell, timedelta):
        return _minutes(round(cell.total_seconds() / 60))
    if isinstance(cell, float) and 0 <= cell < 1:
        return _minutes(round(cell * 24 * 60))
    match = _TIME.fullmatch(text_of(cell).replace(" ", ""))
    if not match:
        raise Unreadable(NOT_A_TIME)
    hour = int(match[2]) + (12 if match[1] in {"下午", "晚上"} and int(match[2]) < 12 else 0)
    return _minutes(hour * 60 + int(match[3] or 0))


def end_of(cell: Cell) -> tuple[time, int]:
    """When something ended: a time of day, and how many days later than it began: 次日 01:00 is the next day."""
    text = text_of(cell)
    if match := _NEXT_DAY.match(text):
        return time_of(text[match.end() :]), 1
    return time_of(cell), 0


def _minutes(minutes: int) -> time:
    if not 0 <= minutes < 24 * 60:
        raise Unreadable(NOT_A_TIME)
    return time(minutes // 60, minutes % 60)


def count_of(cell: Cell) -> int:
    """A quantity: a whole number, 0 or more."""
    if isinstance(cell, bool):
        raise Unreadable(NOT_A_WHOLE_NUMBER)
    if isinstance(cell, float) and not (math.isfinite(cell) and cell.is_integer()):
        raise Unreadable(NOT_A_WHOLE_NUMBER)
    text = text_of(cell).replace(",", "")
    if not re.fullmatch(r"[+-]?\d{1,12}(\.0+)?", text, re.ASCII):
        raise Unreadable(NOT_A_WHOLE_NUMBER)
    number = int(text.partition(".")[0])
    if number < 0:
        raise Unreadable(NEGATIVE)
    return number


def yes_or_no(cell: Cell) -> bool:
    text = text_of(cell).lower()
    if text in YES:
        return True
    if text in NO:
        return False
    raise Unreadable(NOT_YES_OR_NO)
