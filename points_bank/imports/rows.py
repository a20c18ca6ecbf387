"""Rows sorted out: what is new, what was here before, and what is refused. It only reads."""

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

import sqlalchemy as sa

from points_bank.actor import Task
from points_bank.columns import table_of
from points_bank.errors import message
from points_bank.imports.headings import Column, Fault, ReadRow
from points_bank.imports.models import ImportRow
from points_bank.imports.scope import Scope
from points_bank.transaction import Transaction

ROW = table_of(ImportRow)

SAME_ROW = message("Says the same as row {row}. Add what tells the two apart.")

_MET = sa.select(ROW.c.identity, ROW.c.import_id, ROW.c.number, ROW.c.subject_id).where(
    ROW.c.identity.in_(sa.bindparam("identities", expanding=True))
)


class Entry(NamedTuple):
    """A row and what would be written for it. `key` is all that tells it from other rows of its kind."""

    row: ReadRow
    key: str
    value: Any


class Refused(NamedTuple):
    row: ReadRow
    faults: Sequence[Fault]


class RowKind(ABC):
    """A kind of file. `rows_of_a_part` take about 50 ms of an act, which no desk notices.

    While nobody else writes an act may take up to `most_parts`: more than one where no statement lists all its rows.
    `most_rows` is set where a file must be one part; `same` tells that two rows of a file are one.
    """

    columns: Sequence[Column]
    task: Task
    rows_of_a_part: int
    most_parts: int = 1
    most_rows: int | None = None
    same: str = SAME_ROW

    def understand(self, row: ReadRow, today: date) -> ReadRow:
        """What a row says by itself, as of a day; done where it is read, which may be in another process."""
        return row

    @abstractmethod
    def entries(self, tx: Transaction, scope: Scope, rows: Sequence[ReadRow]) -> list[Entry | Refused]:
        """What each row comes to, by what stands in the books; rows with faults are not among those given."""

    @abstractmethod
    def write(self, tx: Transaction, scope: Scope, entries: Sequence[Entry]) -> Sequence[int]:
        """Carry rows out, all of which are new; what each became."""

    def doubts(self, tx: Transaction, entries: Sequence[Entry], subjects: Sequence[int | None]) -> list[Fault | None]:
        """What speaks against each row by what is on record; `subjects` are what those taken before became."""
        return [None] * len(entries)

    def check(self, tx: Transaction, scope: Scope, entries: Sequence[Entry]) -> None:  # noqa: B027  # most rows stand alone
        """Refuse what `write` would refuse of all rows together."""


@dataclass(slots=True)
class Sorted:
    """Rows of a file by what becomes of them. `identities` belong to `new`, in the same order.

    `taken` are those that this file itself brought, when it was sent before.
    """

    new: list[Entry]
    identities: list[bytes]
    taken: int
    known: int
    refused: list[Refused]


def sort_rows(
    tx: Transaction,
    kind: RowKind,
    scope: Scope,
    rows: Sequence[ReadRow],
    *,
    import_id: int = 0,
    met: Mapping[bytes, int] = {},
) -> Sorted:
    """Sort rows out. `met` says which rows of the same file came before, by identity, where none is written yet."""
    refused = [Refused(row, row.faults) for row in rows if row.faults]
    read = kind.entries(tx, scope, [row for row in rows if not row.faults])
    refused += [each for each in read if isinstance(each, Refused)]
    entries = [each for each in read if isinstance(each, Entry)]
    identities = _identities(tx, kind, entries)
    before = {row.identity: row for row in tx.all_among(_MET, identities=sorted(set(identities)))}
    subjects = [before[identity].subject_id if identity in before else None for identity in identities]
    here = dict[bytes, int]()
    result = Sorted([], [], 0, 0, refused)
    doubts = kind.doubts(tx, entries, subjects)
    for entry, identity, doubt in zip(entries, identities, doubts, strict=True):
        earlier, number = before.get(identity), entry.row.number
        same = here.get(identity) or met.get(identity)
        if earlier is not None and earlier.import_id == import_id and earlier.number != number:
            same = earlier.number
        if same is not None:
            refused.append(Refused(entry.row, [Fault(None, kind.same, {"row": same})]))
        elif doubt is not None:
            refused.append(Refused(entry.row, [doubt]))
        elif earlier is None:
            here[identity] = number
            result.new.append(entry)
            result.identities.append(identity)
        elif earlier.import_id == import_id:
            result.taken += 1
        else:
            result.known += 1
    return result


def _identities(tx: Transaction, kind: RowKind, entries: Sequence[Entry]) -> list[bytes]:
    """Keyed, because a row is about a person who could be guessed from a plain hash."""
    key = tx.keys.digest("import row", type(kind).__name__)
    blake2b = hashlib.blake2b
    return [blake2b(entry.key.encode(), digest_size=16, key=key).digest() for entry in entries]
