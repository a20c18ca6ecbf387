"""Which column of a file is which: headings in Chinese or English, unknown, missing and double ones refused."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice
from typing import Any, NamedTuple

import msgspec

from points_bank.errors import Invalid, message
from points_bank.imports.cells import NEEDED, Cell, Reader, Unreadable, text_of
from points_bank.imports.table import EMPTY, Row, Table, column_letter, refuse

LOOKED_AT = 10
"""How many rows may stand above the headings: a title, the branch, a date."""

UNKNOWN = message("This heading is not known. Known are: {known}.")
MISSING = message("A column {heading} is needed.")
DOUBLE = message("This heading stands twice.")
NO_HEADINGS = message("No headings were found in the first rows. Known are: {known}.")
UNNAMED = message(
    "Column {column} has no heading, but something stands in it. A comma inside a cell of a csv needs quotation marks."
)
ONLY_HEADINGS = message("There are headings, but no rows below them.")


class Column(msgspec.Struct, frozen=True):
    """A column of a kind of file: our word for it, the headings by which it is known, how a cell of it is read.

    The first heading is the Chinese one that a report shows. A column that is not `needed` may be missing, and its
    cells may be empty; one of a needed column may not.
    """

    name: str
    headings: tuple[str, ...]
    read: Reader
    needed: bool = False


class Fault(msgspec.Struct, frozen=True):
    """What is wrong in a row: the column by its name, or None where it is the row as a whole."""

    column: str | None
    sentence: str
    values: dict[str, Any] = msgspec.field(default_factory=dict)


class ReadRow(NamedTuple):
    """A row with its cells as they stand and what they mean, by column name; absent what is empty.

    A kind of file may make something else of the values: what its `entries` take.
    """

    number: int
    cells: Sequence[Cell]
    values: Any
    faults: tuple[Fault, ...] = ()


IGNORED = frozenset(
    {"序号", "编号", "no", "no.", "行号", "行", "row", "列", "column", "原因", "reason", "备注", "remarks"}
)
"""Headings that say nothing to the bank: running numbers, remarks, and what a report of refused rows adds."""


class Layout(msgspec.Struct, frozen=True):
    """Where each column of a kind stands in one file. `headings` are the file's own, as they stand; `unnamed` are the
    columns without one."""

    headings: Sequence[str]
    places: Sequence[tuple[int, Column]]
    unnamed: Sequence[int] = ()

    @property
    def places_by_name(self) -> dict[str, int]:
        """In which column, from 0, each of our columns stands."""
        return {column.name: place for place, column in self.places}

    def read(self, row: Row) -> ReadRow:
        """A row's cells, read by their columns; what cannot be read is among its faults."""
        values: dict[str, Any] = {}
        faults: list[Fault] = []
        cells, width = row.cells, len(row.cells)
        for place, column in self.places:
            cell = cells[place] if place < width else None
            try:
                if row.faults and place in row.faults:
                    raise Unreadable(row.faults[place])
                if cell is not None and (type(cell) is not str or cell.strip()):
                    values[column.name] = column.read(cell)
                elif column.needed:
                    raise Unreadable(NEEDED)
            except Unreadable as error:
                faults.append(Fault(column.name, error.sentence, error.values))
        # A comma in a number that is not quoted, 1,200, would otherwise bring in 1.
        if self.unnamed or width > len(self.headings):
            faults += [
                Fault(None, UNNAMED, {"column": column_letter(place)})
                for place in (*self.unnamed, *range(len(self.headings), width))
                if place < width and cells[place] is not None and text_of(cells[place])
            ]
        return ReadRow(row.number, cells, values, tuple(faults))


def lay_out(table: Table, columns: Sequence[Column]) -> tuple[Layout, Iterator[Row]]:
    """The layout of a file by its headings, and the rows below them. Refuses `invalid`, heading by heading.

    The headings are the first row in which at least two of them are known, or else the first in which one is; a
    title may stand above.
    """
    known = {_plain(heading): column for column in columns for heading in (column.name, *column.headings)}
    first = list(islice(table.rows, LOOKED_AT))
    if not first:
        raise refuse(EMPTY)
    hits = [sum(_plain(text_of(cell)) in known for cell in row.cells) for row in first]
    at = next((index for wanted in (2, 1) for index, count in enumerate(hits) if count >= wanted), None)
    names = [column.headings[0] for column in columns]
    if at is None:
        raise refuse(NO_HEADINGS, known=names)
    layout = _layout(first[at], columns, known, names)
    rest = chain(first[at + 1 :], table.rows)
    if (row := next(rest, None)) is None:
        raise refuse(ONLY_HEADINGS)
    return layout, chain([row], rest)


def _layout(row: Row, columns: Iterable[Column], known: Mapping[str, Column], names: list[str]) -> Layout:
    headings = [text_of(cell) for cell in row.cells]
    problems: dict[str, str] = {}
    values: dict[str, Any] = {"known": names}
    places: list[tuple[int, Column]] = []
    for place, heading in enumerate(headings):
        path = f"{column_letter(place)}{row.number} {heading}"
        column = known.get(_plain(heading))
        if column is None:
            if heading and _plain(heading) not in IGNORED:
                problems[path] = UNKNOWN
        elif column in (each for _, each in places):
            problems[path] = DOUBLE
        else:
            places.append((place, column))
    found = {column.name for _, column in places}
    missing = [column.headings[0] for column in columns if column.needed and column.name not in found]
    if missing:
        problems["headings"] = MISSING
        values["heading"] = missing
    if problems:
        raise Invalid(problems, **values)
    return Layout(headings, places, [place for place, heading in enumerate(headings) if not heading])


def _plain(heading: str) -> str:
    """Small letters without spaces, marks of need and what stands in brackets: `姓　名*（必填）` is `姓名`."""
    text = unicodedata.normalize("NFKC", heading).lower()
    return re.sub(r"\(.*?\)|[\s*:_-]", "", text)
