"""A file that was sent in, opened: what it is, whose it is, and its rows in parts. It knows no database."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from itertools import islice
from typing import NamedTuple, Protocol

import msgspec
from msgspec.structs import replace

from points_bank.imports.content import read_table
from points_bank.imports.headings import Layout, ReadRow, lay_out
from points_bank.imports.kinds import KINDS
from points_bank.imports.models import Choice, FileKind
from points_bank.imports.table import Limits, Note, Row, Table


class Sending(msgspec.Struct, frozen=True, kw_only=True):
    """What is said with a file: of which kind it is, for which branch, under what name, and what becomes of it."""

    kind: FileKind
    branch_id: int
    name: str
    choice: Choice = Choice.GOOD_ROWS

    @property
    def is_whole(self) -> bool:
        """Whether nothing is taken where a row is refused; a sign-in sheet is one activity of all its people."""
        return self.choice is Choice.ALL_OR_NOTHING or self.kind is FileKind.SHEET

    def content_hash(self, content: bytes) -> bytes:
        """The same for the same content sent again as the same kind for the same branch."""
        digest = hashlib.sha256(f"{self.kind.value}\n{self.branch_id}\n".encode())
        digest.update(content)
        return digest.digest()


class Head(msgspec.Struct, frozen=True):
    """What is known of a file before its rows are read. `headings` are its own, `places` say in which of its columns,
    from 0, each of ours stands; `expected_rows` is about how many there are."""

    content_hash: bytes
    headings: Sequence[str]
    places: Mapping[str, int]
    notes: Sequence[Note]
    expected_rows: int


class Part(NamedTuple):
    """Some rows of a file, after the first `done` ones."""

    done: int
    rows: Sequence[ReadRow]

    def halves(self) -> "tuple[Part, Part]":
        middle = len(self.rows) // 2
        return Part(self.done, self.rows[:middle]), Part(self.done + middle, self.rows[middle:])


class File(Protocol):
    """An open file, wherever it is read."""

    head: Head

    def parts(self, *, done: int = 0) -> Iterator[Part]:
        """The rows after the first `done`, part by part, in order; from the beginning again when asked again.

        Refuses `invalid` a row that the file cannot go on after.
        """

    def close(self) -> None: ...


class Reading(msgspec.Struct, frozen=True):
    """What a file is read with: in parts of how many rows, within which limits, understood as of which day."""

    content: bytes
    sending: Sending
    limits: Limits
    today: date
    rows_of_a_part: int


class FileHere:
    """A file that is read where it is asked. Opening it refuses `invalid` what is no such file, and says why."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        layout, rows, table = self._open()
        content_hash = reading.sending.content_hash(reading.content)
        self.head = Head(content_hash, layout.headings, layout.places_by_name, table.notes, table.expected_rows)
        self._opened: tuple[Layout, Iterator[Row]] | None = (layout, rows)

    def parts(self, *, done: int = 0) -> Iterator[Part]:
        layout, rows = self._opened or self._open()[:2]
        self._opened = None
        kind, today, size = KINDS[self._reading.sending.kind], self._reading.today, self._reading.rows_of_a_part
        rows = islice(rows, done, None)
        while batch := [kind.understand(layout.read(row), today) for row in islice(rows, size)]:
            yield Part(done, batch)
            done += len(batch)

    def close(self) -> None:
        self._opened = None

    def _open(self) -> tuple[Layout, Iterator[Row], Table]:
        kind, limits = KINDS[self._reading.sending.kind], self._reading.limits
        if kind.most_rows is not None:
            limits = replace(limits, most_rows=min(kind.most_rows, limits.most_rows))
        table = read_table(self._reading.content, limits)
        return *lay_out(table, kind.columns), table


def joined(parts: Iterator[Part], most: int) -> Part | None:
    """The next parts as one, at most so many; None after the last."""
    taken = list(islice(parts, most))
    return Part(taken[0].done, [row for part in taken for row in part.rows]) if taken else None
