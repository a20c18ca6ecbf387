"""Files for spreadsheets, read back as a spreadsheet reads them."""

import csv
import io
from datetime import UTC, date, datetime
from unicodedata import category

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from points_bank import spreadsheets
from points_bank.spreadsheets import Cell, FileFormat, Sheet, as_typed, defused, file_of

HOSTILE = st.text(st.characters(codec="utf-8"), max_size=12) | st.builds(
    lambda before, start, end: before + start + end,
    st.sampled_from(["", "'", "''", " ", "\ufeff", "\x00"]),
    st.sampled_from("=+-@\t\r\n＝＋－＠"),
    st.sampled_from(["", "1+1", 'HYPERLINK("http://a")', "cmd|' /C calc'!A0", ";=1", '","=1']),
)


def read_xlsx(content: bytes) -> dict[str, list[list[object]]]:
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    return {name: [list(row) for row in book.get_sheet_by_name(name).to_python()] for name in book.sheet_names}


def read_csv(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


@settings(deadline=None)
@given(st.lists(HOSTILE, min_size=1, max_size=5))
def test_hostile_text_stays_text_and_comes_back_from_csv(cells: list[str]) -> None:
    row = read_csv(file_of([Sheet("a", ["b"], [cells])], FileFormat.CSV))[1]
    assert [as_typed(cell) for cell in row] == cells
    assert not any(may_run(cell) for cell in row)


@settings(deadline=None)
@given(st.lists(HOSTILE, min_size=1, max_size=5))
def test_hostile_text_stays_text_and_comes_back_from_xlsx(cells: list[str]) -> None:
    content = file_of([Sheet("a", ["b"], [[*cells, "end"]])], FileFormat.XLSX)
    row = [str(cell) for cell in read_xlsx(content)["a"][1]]
    read_back = [as_typed(cell) for cell in row[: len(cells)]]
    assert [visible(cell) for cell in read_back] == [visible(cell) for cell in cells]
    assert not any(may_run(cell) for cell in row)


def may_run(cell: str) -> bool:
    return cell.startswith(("\t", "\r", "\n")) or cell.lstrip(" \x00\ufeff\t\r\n").startswith(tuple("=+-@＝＋－＠"))


def visible(text: str) -> str:
    """Text without what XML cannot carry through: control characters, and what is no character."""
    return "".join(letter for letter in text if category(letter) not in {"Cc", "Cn"} and letter != "\ufffd")


@pytest.mark.parametrize("cell", ["=1", "+1", "-1", "@a", "\ta", "\ra", "'=1", " =1", "＝1", "＠a"])
def test_what_looks_like_a_formula_is_defused(cell: str) -> None:
    assert defused(cell) == f"'{cell}"
    assert as_typed(defused(cell)) == cell


@pytest.mark.parametrize("cell", ["张*明", "", "'quoted'", "a=1", "'90s"])
def test_other_text_stays_as_it_is(cell: str) -> None:
    assert defused(cell) == as_typed(cell) == cell


MORNING = datetime(2026, 11, 14, 8, 30, tzinfo=UTC)
ROW: list[Cell] = ["张伟", 12, None, MORNING.date(), MORNING, 10**18, date(1890, 1, 2)]


def test_cells_in_xlsx_are_what_they_are() -> None:
    rows = read_xlsx(file_of([Sheet("月报", list("abcdefg"), [ROW])], FileFormat.XLSX))["月报"]
    at = MORNING.replace(tzinfo=None)  # a spreadsheet knows no zones
    assert rows[1] == ["张伟", 12.0, "", MORNING.date(), at, "1000000000000000000", "1890-01-02"]


def test_cells_in_csv_are_what_they_are() -> None:
    content = file_of([Sheet("月报", ["姓名"], [ROW]), Sheet("b", ["c"], [[-3]])], FileFormat.CSV)
    assert content.decode("utf-8") == (
        "\ufeff姓名\r\n张伟,12,,2026-11-14,2026-11-14 08:30:00,1000000000000000000,1890-01-02\r\n\r\nc\r\n-3\r\n"
    )


@pytest.mark.parametrize("kind", list(FileFormat))
def test_the_same_rows_give_the_same_bytes(kind: FileFormat) -> None:
    sheets = [Sheet("a", ["x", "y"], [[1, "b"]]), Sheet("a", ["z"], [])]
    assert file_of(sheets, kind) == file_of(sheets, kind)


def test_more_rows_than_a_sheet_holds_go_on_in_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spreadsheets, "ROWS_OF_A_SHEET", 3)
    book = read_xlsx(file_of([Sheet("a", ["n"], iter([[1], [2], [3], [4], [5]]))], FileFormat.XLSX))
    assert book == {"a": [["n"], [1.0], [2.0]], "a (2)": [["n"], [3.0], [4.0]], "a (3)": [["n"], [5.0]]}


def test_long_text_is_cut_where_a_cell_ends_and_odd_titles_are_mended() -> None:
    book = read_xlsx(file_of([Sheet("a/b:[c]" * 9, ["x"], [["长" * 40_000]]), Sheet("", ["y"], [])], FileFormat.XLSX))
    [(_, long), (_, empty)] = book.items()
    assert str(long[1][0]).endswith("长…")
    assert len(str(long[1][0])) == 32_767
    assert empty == [["y"]]
