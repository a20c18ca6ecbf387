"""A file as rows of cells, wherever it came from, and the refusals that concern the file as a whole."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from points_bank.errors import Invalid, message
from points_bank.imports.cells import Cell

MOST_COLUMNS = 100

EMPTY = message("The file is empty.")
TOO_MANY_ROWS = message("Row {row}: more than {most_rows} rows. Please cut the file in parts.")
TOO_MANY_COLUMNS = message("Row {row}: more than {most_columns} columns.")


class Note(msgspec.Struct, frozen=True):
    """Something that a reader of the file should know, as a sentence and its values."""

    sentence: str
    values: dict[str, Any] = msgspec.field(default_factory=dict)


class Row(msgspec.Struct, frozen=True):
    """`number` is the row's as a spreadsheet shows it, or the line of a text file. `faults`: by column, from 0, what
    is wrong with a cell already."""

    number: int
    cells: Sequence[Cell]
    faults: dict[int, str] = msgspec.field(default_factory=dict)


@dataclass(slots=True)
class Table:
    """The rows of a file from its first on, read as they are asked for, and what to know about it."""

    rows: Iterator[Row]
    notes: list[Note] = field(default_factory=list)
    expected_rows: int = 0
    """About how many there are, for a progress bar."""


class Limits(msgspec.Struct, frozen=True):
    """What a file may come to: as it is, unpacked, and in rows."""

    most_bytes: int
    most_unpacked_bytes: int
    most_rows: int


def refuse(sentence: str, **values: Any) -> Invalid:
    """The refusal of a whole file."""
    return Invalid({"file": sentence}, **values)


def within_limits(rows: Iterator[Row], limits: Limits) -> Iterator[Row]:
    """The rows that hold something. Refuses a row too many, or one that is too wide, when it comes to it."""
    count = 0
    for row in rows:
        if not any(row.cells) and all(cell in {None, ""} for cell in row.cells):
            continue
        count += 1
        if count > limits.most_rows:
            raise refuse(TOO_MANY_ROWS, row=row.number, most_rows=limits.most_rows)
        if len(row.cells) > MOST_COLUMNS:
            raise refuse(TOO_MANY_COLUMNS, row=row.number, most_columns=MOST_COLUMNS)
        yield row


def column_letter(column: int) -> str:
    """`A` for column 0, `AB` for 27."""
    letters, number = "", column + 1
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters
