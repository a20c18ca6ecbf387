"""Text files as Excel saves them: csv in GB18030, UTF-8 with or without its mark, UTF-16; comma, semicolon or tab."""

import codecs
import csv
import io
from collections.abc import Iterator

from points_bank.errors import message
from points_bank.imports.table import Limits, Row, Table, refuse, within_limits

LONGEST_CELL = 32_767
"""Excel's own limit."""

WRONG_ENCODING = message(
    "Line {line} cannot be read as {encoding}. In Excel choose Save As, CSV UTF-8, and send that file."
)
NOT_TEXT = message("This is neither a spreadsheet (.xlsx) nor a text file (.csv).")
NOT_CSV = message("Line {line} cannot be read as CSV: a cell is too long, or a quotation mark is not closed.")

_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))


def read_delimited(content: bytes, limits: Limits) -> Table:
    """The rows of a text file, by line. Refuses what is in no encoding that Excel writes, naming the line."""
    text = decoded(content)
    return Table(within_limits(_rows(text), limits), expected_rows=text.count("\n"))


def decoded(content: bytes) -> str:
    """The text of a file by its mark, or else as UTF-8, or else as GB18030.

    A file that is nearly all UTF-8 is damaged UTF-8: read as GB18030, every name in it would be another one.
    """
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return _decode(content[len(mark) :], encoding)
    if (unmarked := _unmarked_utf_16(content)) is not None:
        return _decode(content, unmarked)
    if b"\x00" in content:
        raise refuse(NOT_TEXT)
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return _decode(content, "utf-8" if _is_mostly_utf_8(content) else "gb18030")


def _decode(content: bytes, encoding: str) -> str:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        line = content[: error.start].decode(encoding, "replace").count("\n") + 1
        raise refuse(WRONG_ENCODING, line=line, encoding=encoding.upper()) from None


def _unmarked_utf_16(content: bytes) -> str | None:
    """UTF-16 without a mark is known by its ends of cells and lines, which are half nothing."""
    head = content[:4_000]
    pairs = [head[at : at + 2] for at in range(0, len(head) - 1, 2)]
    hits = {
        encoding: sum(pair in ends for pair in pairs)
        for encoding in ("utf-16-le", "utf-16-be")
        if (ends := {end.encode(encoding) for end in ",;\t\n"})
    }
    best = max(hits, key=lambda encoding: hits[encoding])
    return best if hits[best] else None


def _is_mostly_utf_8(content: bytes) -> bool:
    text = content.decode("utf-8", "replace")
    bad = text.count("\ufffd")
    good = sum(1 for character in text[:1_000_000] if character > "\x7f") - bad
    return good > 4 * bad


def _rows(text: str) -> Iterator[Row]:
    head = text[:10_000].partition("\n")[0]
    delimiter = max(",;\t", key=head.count)
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    csv.field_size_limit(LONGEST_CELL)
    number = 1
    try:
        for cells in lines:
            yield Row(number, tuple(cells))
            number = lines.line_num + 1
    except csv.Error:
        raise refuse(NOT_CSV, line=number) from None
