"""Files as people save them, made in memory."""

import io
from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Any

from xlsxwriter import Workbook
from xlsxwriter.worksheet import Worksheet

Rows = Sequence[Sequence[Any]]


def csv_of(rows: Rows, *, encoding: str = "utf-8-sig", delimiter: str = ",") -> bytes:
    lines = [delimiter.join("" if cell is None else str(cell) for cell in row) for row in rows]
    return ("\r\n".join(lines) + "\r\n").encode(encoding)


def xlsx_of(rows: Rows, *, change: Any = None) -> bytes:
    """A workbook with these rows; `change(workbook, worksheet)` may do more to it."""
    file = io.BytesIO()
    with Workbook(file) as book:
        sheet = book.add_worksheet("名册")
        day, hour = book.add_format({"num_format": "yyyy-mm-dd"}), book.add_format({"num_format": "hh:mm"})
        for line, row in enumerate(rows):
            for column, cell in enumerate(row):
                _write(sheet, line, column, cell, day if isinstance(cell, date) else hour)
        if change is not None:
            change(book, sheet)
    return file.getvalue()


def _write(sheet: Worksheet, line: int, column: int, cell: Any, style: Any) -> None:
    if isinstance(cell, date | datetime | time):
        sheet.write_datetime(line, column, cell, style)
    elif isinstance(cell, str):
        sheet.write_string(line, column, cell)
    elif cell is not None:
        sheet.write(line, column, cell)
