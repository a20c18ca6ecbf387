"""The one writer of files for spreadsheets: csv and xlsx that Excel opens right, with nothing that runs as a formula.

What is written depends on the content alone: the same rows give the same bytes, whenever and wherever.
"""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime
from enum import StrEnum
from itertools import chain, islice
from typing import TYPE_CHECKING, BinaryIO

import msgspec

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

Cell = str | int | date | datetime | None
"""An instant is written as the clock showed it in its own zone: callers turn it to the district's."""


class FileFormat(StrEnum):
    CSV = "csv"
    XLSX = "xlsx"


class Sheet(msgspec.Struct, frozen=True):
    """A table of a file. The rows may be an iterator: they are asked for once, one by one."""

    title: str
    headings: Sequence[str]
    rows: Iterable[Sequence[Cell]]


ROWS_OF_A_SHEET = 1_048_576
"""What fits into one sheet of an xlsx file, its heading included. More goes on in a further sheet."""
LETTERS_OF_A_CELL = 32_767
"""What fits into one cell of an xlsx file. Longer text is cut, and ends in an ellipsis."""
EXACT = 10**15
"""Spreadsheets keep fifteen digits of a number. A longer one is written as text."""

_MAY_RUN = re.compile(r"'*[\s\x00-\x1f\ufeff]*[=+\-@\uff1d\uff0b\uff0d\uff20]|'*[\t\r\n]")
_ENDS_A_CELL = re.compile(r"""[",;\t\r\n]|^\s|\s\Z""")
_NEVER_IN_XML = re.compile("[\ud800-\udfff\ufffe\uffff]")
_NEVER_IN_A_TITLE = re.compile(r"[\[\]:*?/\\]")
_BEFORE_THEIR_TIME = date(1900, 3, 1)
_SAME_DAY = datetime(2000, 1, 1, tzinfo=UTC).replace(tzinfo=None)


def file_of(sheets: Sequence[Sheet], kind: FileFormat) -> bytes:
    """A whole file, for what fits into memory; in csv the sheets follow each other, an empty line between them."""
    file = io.BytesIO()
    if kind is FileFormat.XLSX:
        write_xlsx(file, sheets)
    else:
        write_csv(file, sheets)
    return file.getvalue()


def write_csv(file: BinaryIO, sheets: Sequence[Sheet]) -> None:
    """CSV in UTF-8 with the byte order mark that Excel needs to read Chinese, lines ended by CR LF."""
    file.write(codecs.BOM_UTF8)
    for number, sheet in enumerate(sheets):
        if number:
            file.write(b"\r\n")
        for row in chain([sheet.headings], sheet.rows):
            line = ",".join([_quoted(cell) for cell in row]) or '""'
            file.write(f"{line}\r\n".encode(errors="replace"))


def write_xlsx(file: BinaryIO, sheets: Sequence[Sheet]) -> None:
    """An xlsx file. Rows go to temporary files as they come, so that memory does not grow with them."""
    # It takes as long to import as ten of our own modules, and a start need not wait for it.
    from xlsxwriter import Workbook

    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with Workbook(file, {**options, "strings_to_numbers": False}) as book:
        book.set_properties({"created": _SAME_DAY})
        formats = (
            book.add_format({"bold": True}),
            book.add_format({"num_format": "yyyy-mm-dd"}),
            book.add_format({"num_format": "yyyy-mm-dd hh:mm"}),
        )
        for sheet in sheets:
            _write_sheet(book, sheet, *formats)


def defused(cell: str) -> str:
    """Text that a spreadsheet will show and not reckon out: with an apostrophe before what may run as a formula.

    `as_typed` takes it off again: text that begins so already gets one more, so that none is taken for another.
    """
    return f"'{cell}" if _MAY_RUN.match(cell) else cell


def as_typed(cell: str) -> str:
    """Text read from a file as it was before `defused`."""
    return cell[1:] if cell.startswith("'") and _MAY_RUN.match(cell) else cell


def _write_sheet(book: Workbook, sheet: Sheet, heading: Format, day: Format, moment: Format) -> None:
    for number, rows in enumerate(_parts(sheet.rows), start=1):
        page = book.add_worksheet(_free_title(book, sheet.title, number))
        page.freeze_panes(1, 0)
        for column, text in enumerate(sheet.headings):
            page.set_column(column, column, min(40, max(10, 2 * len(text) + 2)))
            page.write_string(0, column, _fitting(defused(text)), heading)
        for line, row in enumerate(rows, start=1):
            for column, cell in enumerate(row):
                _write_cell(page, line, column, cell, day, moment)


def _parts(rows: Iterable[Sequence[Cell]]) -> Iterator[Iterable[Sequence[Cell]]]:
    """The rows in as many parts as sheets are needed for them; one empty part where there are none."""
    left, is_first = iter(rows), True
    while (first := next(left, None)) is not None or is_first:
        more = islice(left, ROWS_OF_A_SHEET - 2)
        yield () if first is None else chain([first], more)
        is_first = False


def _write_cell(page: Worksheet, line: int, column: int, cell: Cell, day: Format, moment: Format) -> None:
    if cell is None:
        return
    if isinstance(cell, date):
        is_instant = isinstance(cell, datetime)
        if (cell.date() if isinstance(cell, datetime) else cell) < _BEFORE_THEIR_TIME:
            page.write_string(line, column, _text(cell))
        else:
            at = cell.replace(tzinfo=None) if isinstance(cell, datetime) else cell
            page.write_datetime(line, column, at, moment if is_instant else day)
    elif isinstance(cell, int) and abs(cell) < EXACT:
        page.write_number(line, column, cell)
    else:
        page.write_string(line, column, _fitting(_text(cell)))


def _quoted(cell: Cell) -> str:
    """A cell of a csv file. What some spreadsheet may take for the end of a cell, a semicolon too, is put in quotes."""
    text = "" if cell is None else _text(cell)
    if _ENDS_A_CELL.search(text) is None:
        return text
    doubled = text.replace('"', '""')
    return f'"{doubled}"'


def _text(cell: str | int | date) -> str:
    if isinstance(cell, datetime):
        return cell.strftime("%Y-%m-%d %H:%M:%S")
    return defused(cell) if isinstance(cell, str) else str(cell)


def _fitting(text: str) -> str:
    text = _NEVER_IN_XML.sub("\ufffd", text)
    return text if len(text) <= LETTERS_OF_A_CELL else f"{text[: LETTERS_OF_A_CELL - 1]}…"


def _free_title(book: Workbook, title: str, number: int) -> str:
    """A name for a sheet: at most 31 letters, none that Excel refuses, and no other sheet's."""
    taken = {page.get_name().lower() for page in book.worksheets()}
    plain = _NEVER_IN_A_TITLE.sub(" ", title).strip("' ") or "1"
    while True:
        end = f" ({number})" if number > 1 else ""
        if (name := f"{plain[: 31 - len(end)]}{end}").lower() not in taken:
            return name
        number += 1
