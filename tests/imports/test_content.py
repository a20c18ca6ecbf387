"""Files as they come: what is read of them, and what is refused before anything is."""

import io
import struct
import warnings
import zipfile
from collections.abc import Callable
from contextlib import suppress
from datetime import date, time
from typing import Any

import pytest
from xlsxwriter import Workbook
from xlsxwriter.worksheet import Worksheet

from points_bank.errors import Invalid
from points_bank.imports.beside import BESIDE_FROM_BYTES, UNPACKED_BESIDE_FROM_BYTES
from points_bank.imports.content import OLD_WORKBOOK, TOO_LARGE, read_table
from points_bank.imports.delimited import NOT_CSV, NOT_TEXT, WRONG_ENCODING
from points_bank.imports.table import EMPTY, TOO_MANY_COLUMNS, TOO_MANY_ROWS, Limits, Row, column_letter
from points_bank.imports.workbook import (
    BOMB,
    BROKEN,
    ERROR,
    HIDDEN_COLUMNS,
    HIDDEN_ROWS,
    MERGED,
    MERGED_ACROSS,
    NO_VALUE,
    OTHER_SHEETS,
    unpacked_bytes,
)
from tests.imports.files import csv_of, xlsx_of

LIMITS = Limits(most_bytes=1_000_000, most_unpacked_bytes=20_000_000, most_rows=1_000)
ROWS = [["姓名", "电话"], ["张伟", "13812341234"], ["李,娜", ""]]


def rows_of(content: bytes, limits: Limits = LIMITS) -> list[Row]:
    return list(read_table(content, limits).rows)


def refusal_of(content: bytes, limits: Limits = LIMITS) -> tuple[str, dict[str, Any]]:
    with pytest.raises(Invalid) as caught:
        rows_of(content, limits)
    return caught.value.fields["file"], caught.value.values


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_text_is_read_in_every_encoding_of_excel(encoding: str, delimiter: str) -> None:
    rows = [["姓名", "电话"], ["张伟", "13812341234"], ["李娜", "𠮷"]]
    assert [[*row.cells] for row in rows_of(csv_of(rows, encoding=encoding, delimiter=delimiter))] == rows


def test_a_cell_of_text_may_hold_what_ends_cells_and_lines() -> None:
    rows = rows_of('姓名,备注\r\n张伟,"一,\r\n二"\r\n\r\n李娜,三'.encode())
    assert [(row.number, [*row.cells]) for row in rows[1:]] == [(2, ["张伟", "一,\r\n二"]), (5, ["李娜", "三"])]


def test_text_in_no_encoding_of_excel_is_refused_with_its_line() -> None:
    broken = "姓名\n张伟\n李娜\n".encode() + b"\xff\xff\n" + "王芳\n".encode() * 9
    assert refusal_of(broken) == (WRONG_ENCODING, {"line": 4, "encoding": "UTF-8"})
    assert refusal_of("姓名\n张伟\n".encode("gb18030") + b"\xff\n") == (
        WRONG_ENCODING,
        {"line": 3, "encoding": "GB18030"},
    )
    assert refusal_of("姓名\n".encode("utf-16") + b"\x00\xd8")[0] == WRONG_ENCODING


def test_what_is_no_table_is_refused() -> None:
    for content in (b"", b"\xef\xbb\xbf", b" \r\n\t", b"\xff\xfe"):
        assert refusal_of(content) == (EMPTY, {})
    assert refusal_of(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600) == (OLD_WORKBOOK, {})
    assert refusal_of(b"%PDF-1.7\0\0\1\2\3")[0] == NOT_TEXT
    assert refusal_of('姓名\n"张伟\n李娜\n'.encode()) == (NOT_CSV, {"line": 2})
    assert refusal_of(f"姓名\n{'张' * 40_000}\n".encode()) == (NOT_CSV, {"line": 2})


def test_a_file_over_a_limit_is_refused() -> None:
    assert refusal_of(b"x" * 1_000_001) == (TOO_LARGE, {"most_bytes": 1_000_000})
    assert refusal_of(b"x\n" * 1_001) == (TOO_MANY_ROWS, {"row": 1_001, "most_rows": 1_000})
    assert refusal_of(b"x\n" + b"x," * 100) == (TOO_MANY_COLUMNS, {"row": 2, "most_columns": 100})
    assert refusal_of(xlsx_of([["x"]] * 1_001))[0] == TOO_MANY_ROWS


def test_a_workbook_gives_numbers_dates_and_times_as_they_are() -> None:
    rows = rows_of(xlsx_of([["姓名", "电话"], ["张伟", 13812341234, date(1950, 1, 2), time(8, 30), True]]))
    assert [*rows[1].cells] == ["张伟", 13812341234.0, date(1950, 1, 2), time(8, 30), True]


def test_rows_and_columns_keep_the_numbers_that_excel_shows() -> None:
    content = xlsx_of([[], [], [None, "姓名"], [], [None, "张伟"]])
    assert [(row.number, [*row.cells]) for row in rows_of(content)] == [(3, [None, "姓名"]), (5, [None, "张伟"])]


def test_a_formula_counts_as_the_value_kept_with_it() -> None:
    def change(_: Workbook, sheet: Worksheet) -> None:
        sheet.write_formula(1, 1, "=1+1", None, 2)
        sheet.write_formula(2, 1, "=NA()", None, "#N/A")
        sheet.write_formula(3, 1, "=A1", None, "")

    rows = rows_of(xlsx_of([["姓名", "数"], ["张"], ["李"], ["王"]], change=change))
    assert rows[1].cells[1] == 2.0
    assert [row.faults for row in rows] == [{}, {}, {1: ERROR}, {1: NO_VALUE}]


def test_what_is_hidden_or_merged_is_read_and_named() -> None:
    def change(book: Workbook, sheet: Worksheet) -> None:
        sheet.set_column("B:C", None, None, {"hidden": True})
        sheet.set_row(2, None, None, {"hidden": True})
        sheet.merge_range("B2:B3", "佛子小区")
        sheet.merge_range("A4:B4", "合计")
        book.add_worksheet("说明")

    table = read_table(xlsx_of([["姓名", "小区"], ["张伟"], ["李娜"]], change=change), LIMITS)
    rows = list(table.rows)
    assert [*rows[2].cells] == ["李娜", "佛子小区"]
    assert rows[3].faults == {0: MERGED_ACROSS, 1: MERGED_ACROSS}
    assert [(note.sentence, note.values) for note in table.notes] == [
        (OTHER_SHEETS, {"sheet": "名册", "others": ["说明"]}),
        (HIDDEN_COLUMNS, {"columns": ["B", "C"]}),
        (HIDDEN_ROWS, {"rows": ["3"]}),
        (MERGED, {"ranges": ["B2:B3"]}),
    ]


def test_a_hidden_sheet_is_not_the_one_that_is_read() -> None:
    file = io.BytesIO()
    with Workbook(file) as book:
        book.add_worksheet("旧").write(0, 0, "旧")
        shown = book.add_worksheet("新")
        shown.write(0, 0, "新")
        shown.activate()
        book.worksheets()[0].hide()
    assert rows_of(file.getvalue())[0].cells[0] == "新"


def bomb(size: int, *, declared: int | None = None) -> bytes:
    """A workbook whose sheet unpacks to so many bytes, of which it may declare fewer."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"\0" * size)
    content = file.getvalue()
    if declared is not None:
        content = content.replace(struct.pack("<I", size), struct.pack("<I", declared))
    return content


def test_a_zip_bomb_is_not_opened() -> None:
    assert refusal_of(bomb(30_000_000)) == (BOMB, {})
    assert refusal_of(bomb(10_000_000)) == (BOMB, {})
    assert refusal_of(bomb(10_000_000, declared=1_000))[0] in {BOMB, BROKEN}


def sheet_with(change: Callable[[bytes], bytes]) -> bytes:
    """A good workbook with another first sheet."""
    good, changed = zipfile.ZipFile(io.BytesIO(xlsx_of(ROWS))), io.BytesIO()
    with zipfile.ZipFile(changed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in good.namelist():
            content = good.read(name)
            archive.writestr(name, change(content) if name == "xl/worksheets/sheet1.xml" else content)
    return changed.getvalue()


@pytest.mark.parametrize(
    "far",
    [
        b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>',
        b'<row r="9"><c r="A1048576"><v>1</v></c><c r="CV9"><f>1</f></c></row></sheetData>',
        b"</sheetData>" + b'<mergeCells><mergeCell ref="A1:A1048576"/></mergeCells>' * 3,
    ],
)
def test_a_sheet_that_is_nearly_all_room_is_not_opened(far: bytes) -> None:
    """Whoever reads a sheet makes room for every cell between its first and its last."""
    assert refusal_of(sheet_with(lambda content: content.replace(b"</sheetData>", far))) == (BOMB, {})


@pytest.mark.parametrize(
    "odd",
    [
        b'<row r="9"><c r="A99999999"><v>1</v></c></row></sheetData>',
        b"</sheetData>" + b'<mergeCells><mergeCell ref="%s1:A2"/></mergeCells>' % (b"Z" * 9_000),
    ],
)
def test_a_place_that_no_sheet_has_is_refused(odd: bytes) -> None:
    assert refusal_of(sheet_with(lambda content: content.replace(b"</sheetData>", odd)))[0] == BROKEN


def test_columns_hidden_before_the_first_are_none() -> None:
    hidden = b'<cols><col min="-300000000" max="2" hidden="1"/></cols><sheetData>'
    table = read_table(sheet_with(lambda content: content.replace(b"<sheetData>", hidden)), LIMITS)
    assert [note.values for note in table.notes if note.sentence == HIDDEN_COLUMNS] == [{"columns": ["A", "B"]}]


def test_a_workbook_has_each_file_and_each_sheet_once() -> None:
    """Of two, the reader that looks a sheet over and the one that takes its values might take different ones."""
    twice = io.BytesIO(xlsx_of(ROWS))
    with warnings.catch_warnings(action="ignore"), zipfile.ZipFile(twice, "a") as archive:
        archive.writestr("xl/worksheets/sheet1.xml", "<worksheet/>")
    assert refusal_of(twice.getvalue())[0] == BROKEN


def test_a_small_file_that_unpacks_to_a_large_one_is_read_beside() -> None:
    content = sheet_with(lambda content: content + b"<!--" + b" " * 5_000_000 + b"-->")
    assert unpacked_bytes(content) > UNPACKED_BESIDE_FROM_BYTES > BESIDE_FROM_BYTES > len(content)
    assert unpacked_bytes(b"a,b") == 3


def test_a_broken_workbook_is_refused() -> None:
    good = xlsx_of(ROWS)
    empty = io.BytesIO()
    with zipfile.ZipFile(empty, "w") as archive:
        archive.writestr("word/document.xml", "<a/>")
    for content in (b"PK\x03\x04", good[: len(good) // 2], empty.getvalue()):
        assert refusal_of(content)[0] == BROKEN


def test_every_byte_that_is_changed_in_a_workbook_is_read_or_refused() -> None:
    good = xlsx_of(ROWS)
    for place in range(0, len(good), 97):
        broken = good[:place] + bytes([good[place] ^ 0xFF]) + good[place + 1 :]
        with suppress(Invalid):
            rows_of(broken)


def test_columns_are_lettered_as_in_excel() -> None:
    assert [column_letter(column) for column in (0, 25, 26, 27, 701, 702)] == ["A", "Z", "AA", "AB", "ZZ", "AAA"]
