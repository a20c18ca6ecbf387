"""Workbooks (.xlsx): a zip of XML files, looked at before it is unpacked, and its first sheet as rows.

A formula counts as the value that Excel has kept beside it. One without such a value, or with an error for it, is a
fault of its cell. A merged cell counts for every row it covers. What is hidden is read all the same, and named.
"""

import io
import re
import zipfile
import zlib
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any, NamedTuple
from xml.parsers import expat

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from points_bank.errors import message
from points_bank.imports.cells import Cell
from points_bank.imports.table import Limits, Note, Row, Table, column_letter, refuse, within_limits

BROKEN = message("This workbook cannot be read: {reason}.")
BOMB = message("Unpacked, this workbook is far larger than it looks. It was not opened.")
NO_SHEET = message("This workbook has no sheet that can be read.")
ERROR = message("Has an error for a value.")
NO_VALUE = message("A formula without a value: open the file in Excel, save it, and send it again.")
MERGED_ACROSS = message("Is merged with cells of other columns.")
OTHER_SHEETS = message("Read was the sheet {sheet} only, not {others}.")
HIDDEN_COLUMNS = message("Hidden columns were read too: {columns}.")
HIDDEN_ROWS = message("Hidden rows were read too: {rows}.")
MERGED = message("Merged cells count for each of their rows: {ranges}.")

MOST_FILES = 2_000
FREE_BYTES = 2_000_000
"""A file unpacked to no more than this may be packed as tightly as it likes."""
MOST_TIMES = 250
"""How many times its packed size a larger one may have; the emptiest real sheets come to about 60."""
MOST_NAMED = 20
FREE_CELLS = 2_000_000
"""Between its first and last cell a sheet may have so much room, however few of its cells hold anything: whoever reads
it makes room for all of them."""
MOST_TIMES_ROOM = 5
"""How many times as much room as cells a larger one may have."""
MOST_MERGED_ROWS = 200_000
LARGEST_COLUMN = 200

_PLACE = re.compile(r"([A-Za-z]{1,3})([1-9][0-9]{0,6})")
_SHEET_FILE = re.compile(r"(?:/xl/)?(worksheets/[^/]+)")


def read_workbook(content: bytes, limits: Limits) -> Table:
    """The rows of a workbook's first visible sheet. Refuses what is no workbook, or is not what it says it is."""
    check_archive(content, limits)
    try:
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(content))
        names = [each.name for each in workbook.sheets_metadata if each.typ is SheetTypeEnum.WorkSheet]
        visible = [each.name for each in workbook.sheets_metadata if each.visible is SheetVisibleEnum.Visible]
        shown = [name for name in names if name in visible]
        if not shown:
            raise refuse(NO_SHEET)
        markup = _markup_of(content, shown[0])
        markup.check_room()
        sheet = workbook.get_sheet_by_name(shown[0])
    except (CalamineError, zipfile.BadZipFile, expat.ExpatError, KeyError, ValueError) as error:
        raise refuse(BROKEN, reason=str(error) or type(error).__name__) from None
    others = [name for name in names if name != shown[0]]
    notes = [Note(OTHER_SHEETS, {"sheet": shown[0], "others": others})] if others else []
    return Table(within_limits(_rows(sheet, markup), limits), notes + markup.notes(), sheet.total_height)


def check_archive(content: bytes, limits: Limits) -> None:
    """Refuse a zip whose files are larger than they may be, by what its directory says and by unpacking them."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = archive.infolist()
            if len({each.filename.lower() for each in members}) < len(members):
                raise refuse(BROKEN, reason="two files of one name")
            if len(members) > MOST_FILES or sum(each.file_size for each in members) > limits.most_unpacked_bytes:
                raise refuse(BOMB)
            for each in members:
                if each.flag_bits & 1 or each.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
                    raise refuse(BROKEN, reason="encrypted, or packed in an unusual way")
                _check_packed(archive, each)
    except (zipfile.BadZipFile, NotImplementedError, zlib.error, EOFError, OSError, ValueError) as error:
        raise refuse(BROKEN, reason=str(error) or type(error).__name__) from None


def unpacked_bytes(content: bytes) -> int:
    """How large a file says that it is once it is unpacked; of any but a zip its own size."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return sum(each.file_size for each in archive.infolist())
    except (zipfile.BadZipFile, NotImplementedError, EOFError, OSError, ValueError):
        return len(content)


def _check_packed(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> None:
    """Unpack a file to nowhere: no further than its directory entry says, which must not say too much."""
    if member.file_size > max(FREE_BYTES, member.compress_size * MOST_TIMES):
        raise refuse(BOMB)
    left = member.file_size
    with archive.open(member) as stream:
        while part := stream.read(1 << 20):
            left -= len(part)
            if left < 0:
                raise refuse(BOMB)


class Merge(NamedTuple):
    """A merged range: rows and columns from 0, both ends included."""

    top: int
    left: int
    bottom: int
    right: int


@dataclass
class Markup:
    """What a sheet's XML says that its values do not. Rows and columns from 0; `bottom` and `right` are the last in
    which anything stands, and `cells` is how many hold something."""

    faults: dict[int, dict[int, str]] = field(default_factory=lambda: defaultdict(dict))
    hidden_rows: list[int] = field(default_factory=list)
    hidden_columns: list[int] = field(default_factory=list)
    merges: list[Merge] = field(default_factory=list)
    cells: int = 0
    bottom: int = 0
    right: int = 0

    def hold(self, row: int, column: int) -> None:
        self.cells, self.bottom, self.right = self.cells + 1, max(self.bottom, row), max(self.right, column)

    def check_room(self) -> None:
        """Refuse a sheet that is nearly all room, and merged ranges that cover more rows than it has."""
        room = (self.bottom + 1) * (self.right + 1)
        merged = sum(each.bottom - each.top + 1 for each in self.merges)
        if room > max(FREE_CELLS, MOST_TIMES_ROOM * self.cells) or merged > max(MOST_MERGED_ROWS, self.cells):
            raise refuse(BOMB)

    def notes(self) -> list[Note]:
        ranges = [each for each in self.merges if each.bottom > each.top]
        names = [
            f"{column_letter(each.left)}{each.top + 1}:{column_letter(each.right)}{each.bottom + 1}" for each in ranges
        ]
        columns = [column_letter(column) for column in self.hidden_columns]
        rows = [str(row + 1) for row in self.hidden_rows]
        return [
            *([Note(HIDDEN_COLUMNS, {"columns": _named(columns)})] if columns else []),
            *([Note(HIDDEN_ROWS, {"rows": _named(rows)})] if rows else []),
            *([Note(MERGED, {"ranges": _named(names)})] if names else []),
        ]


def _named(names: list[str]) -> list[str]:
    return [*names[:MOST_NAMED], *(["…"] if len(names) > MOST_NAMED else [])]


class _Reader:
    """Reads a sheet's XML in one go. Every cell and row says where it stands, or follows the one before."""

    def __init__(self) -> None:
        self.markup = Markup()
        self._row = self._column = self._cell_row = -1
        self._is_error = self._has_formula = self._has_value = False

    def parse(self, content: bytes) -> Markup:
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.StartDoctypeDeclHandler = _refuse_doctype
        parser.buffer_text = True
        parser.CharacterDataHandler = self._text
        self._in_value = False
        parser.Parse(content, True)
        return self.markup

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        tag = name.rpartition(" ")[2]
        if tag == "c":
            place = attributes.get("r")
            self._cell_row, self._column = _place_of(place) if place else (self._row, self._column + 1)
            self._is_error = attributes.get("t") == "e"
            self._has_formula = self._has_value = False
        elif tag in {"v", "is", "f"}:
            self.markup.hold(self._cell_row, self._column)
            self._in_value = tag == "v"
            self._has_value = self._has_value or tag == "is"
            self._has_formula = self._has_formula or tag == "f"
        elif tag == "row":
            self._row = int(attributes["r"]) - 1 if "r" in attributes else self._row + 1
            self._column = -1
            if attributes.get("hidden") in {"1", "true"}:
                self.markup.hidden_rows.append(self._row)
        elif tag == "col" and attributes.get("hidden") in {"1", "true"}:
            first, last = max(int(attributes["min"]), 1), min(int(attributes["max"]), LARGEST_COLUMN)
            self.markup.hidden_columns += range(first - 1, last)
        elif tag == "mergeCell":
            self.markup.merges.append(_merge_of(attributes["ref"]))

    def _text(self, text: str) -> None:
        self._has_value = self._has_value or (self._in_value and bool(text))

    def _end(self, name: str) -> None:
        tag = name.rpartition(" ")[2]
        if tag == "v":
            self._in_value = False
        elif tag == "c" and self._is_error:
            self.markup.faults[self._row][self._column] = ERROR
        elif tag == "c" and self._has_formula and not self._has_value:
            self.markup.faults[self._row][self._column] = NO_VALUE


def _refuse_doctype(*_: Any) -> None:
    raise refuse(BROKEN, reason="DOCTYPE")


def _place_of(place: str) -> tuple[int, int]:
    """Row 6 and column 2 for `C7`. Raises `ValueError` for what is no place in a sheet."""
    found = _PLACE.fullmatch(place)
    if found is None:
        raise ValueError(place[:MOST_NAMED])
    return int(found[2]) - 1, _column_of(found[1])


@cache
def _column_of(letters: str) -> int:
    """2 for `C`."""
    column = 0
    for letter in letters.upper():
        column = column * 26 + ord(letter) - ord("A") + 1
    return column - 1


def _merge_of(reference: str) -> Merge:
    first, _, last = reference.partition(":")
    return Merge(*_place_of(first), *_place_of(last or first))


def _markup_of(content: bytes, sheet: str) -> Markup:
    """The markup of the sheet with that name, found as Excel finds it: by the workbook's list and its relations."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        relation = _find(archive.read("xl/workbook.xml"), "sheet", "name", sheet, "id")
        target = _find(archive.read("xl/_rels/workbook.xml.rels"), "Relationship", "Id", relation, "Target")
        place = _SHEET_FILE.fullmatch(target)
        if place is None:
            raise KeyError(target[:MOST_NAMED])
        return _Reader().parse(archive.read(f"xl/{place[1]}"))


def _find(xml: bytes, tag: str, by: str, value: str, wanted: str) -> str:
    """The attribute `wanted` of the only element whose attribute `by` has that value: of two, another reader might take
    the other one."""
    found: list[str] = []

    def start(name: str, attributes: dict[str, str]) -> None:
        plain = {key.rpartition(" ")[2]: each for key, each in attributes.items()}
        if name.rpartition(" ")[2] == tag and plain.get(by) == value:
            found.append(plain[wanted])

    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler = start
    parser.StartDoctypeDeclHandler = _refuse_doctype
    parser.Parse(xml, True)
    if len(found) != 1:
        raise KeyError(value)
    return found[0]


def _rows(sheet: CalamineSheet, markup: Markup) -> Iterator[Row]:
    """The sheet's rows from the first on; `iter_rows` leaves out the columns before the first that holds anything."""
    if sheet.start is None:
        return
    left = sheet.start[1]
    tops = _by_row(markup.merges)
    kept: dict[int, Cell] = {}
    for number, values in enumerate(sheet.iter_rows()):
        cells = [None] * left + [None if value == "" else value for value in values]
        faults = dict(markup.faults.get(number, {}))
        for merge in tops.get(number, ()):
            if merge.right > merge.left:
                faults |= dict.fromkeys(range(merge.left, merge.right + 1), MERGED_ACROSS)
            elif merge.top == number:
                kept[merge.left] = cells[merge.left] if merge.left < len(cells) else None
            elif merge.left < len(cells):
                cells[merge.left] = kept.get(merge.left)
        yield Row(number + 1, cells, faults)


def _by_row(merges: list[Merge]) -> dict[int, list[Merge]]:
    by_row: dict[int, list[Merge]] = defaultdict(list)
    for merge in merges:
        for row in range(merge.top, min(merge.bottom, merge.top + 10_000) + 1):
            by_row[row].append(merge)
    return by_row
