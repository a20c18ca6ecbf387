"""A file that was sent in, opened: what it is, whose it is, and its rows in parts. It knows no database."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from points_bank.imports.content import read_table
from points_bank.imports.headings import Column, Layout, ReadRow, lay_out
from points_bank.imports.models import Choice, FileKind
from points_bank.imports.table import Limits, Note, Row


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """What is said with a file: of which kind it is, for which branch, under what name, and what becomes of it."""

    kind: FileKind
    branch_id: int
    name: str
    choice: Choice = Choice.GOOD_ROWS

    def content_hash(self, content: bytes) -> bytes:
        """The same for the same content sent again as the same kind for the same branch."""
        digest = hashlib.sha256(f"{self.kind.value}\n{self.branch_id}\n".encode())
        digest.update(content)
        return digest.digest()


@dataclass(frozen=True, slots=True)
class Part:
    """Some rows of a file, after the first `done` ones."""

    done: int
    rows: Sequence[ReadRow]


@dataclass(slots=True)
class Incoming:
    """An open file. Its rows are read once, in order."""

    sending: Sending
    content_hash: bytes
    layout: Layout
    notes: Sequence[Note]
    expected_rows: int
    _rows: Iterator[Row]

    def parts(self, *, size: int, done: int = 0) -> Iterator[Part]:
        """The rows after the first `done`, so many at a time. Refuses `invalid` a row the file cannot go on after."""
        rows = islice(self._rows, done, None)
        while batch := [self.layout.read(row) for row in islice(rows, size)]:
            yield Part(done, batch)
            done += len(batch)


def open_file(content: bytes, sending: Sending, columns: Sequence[Column], limits: Limits) -> Incoming:
    """Open a file by its headings. Refuses `invalid` what is no such file, and says why."""
    table = read_table(content, limits)
    layout, rows = lay_out(table, columns)
    return Incoming(sending, sending.content_hash(content), layout, table.notes, table.expected_rows, rows)
