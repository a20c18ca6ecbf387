"""What was refused of a file, row by row: as JSON, and as a file that can be corrected and sent again."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa

from points_bank.activities.models import Participation, ParticipationState
from points_bank.actor import Actor
from points_bank.columns import given, table_of
from points_bank.encryption import decrypt, row_of
from points_bank.errors import message
from points_bank.i18n import Language, translate
from points_bank.imports.headings import Fault
from points_bank.imports.models import FileKind, ImportRow
from points_bank.imports.running import FILE, REFUSAL, import_seen
from points_bank.imports.table import column_letter
from points_bank.members.twins import PossibleTwins, find_twins
from points_bank.spreadsheets import Cell, Sheet
from points_bank.transaction import Transaction

ROWS, LINE = table_of(ImportRow), table_of(Participation)

TITLE = message("Refused rows")
ROW, COLUMN, REASON = message("Row"), message("Column"), message("Reason")
BETWEEN = {Language.ENGLISH: "; ", Language.CHINESE: "；"}


class RefusedRow(msgspec.Struct, frozen=True):
    """A refused row: its number, its cells as they stood, and what is wrong with it."""

    number: int
    cells: Sequence[Any]
    faults: Sequence[Fault]


class Report(msgspec.Struct, frozen=True):
    """What to know about a file, and its refused rows in order. `places` says in which column, from 0, each of our
    columns stands in it."""

    headings: Sequence[str]
    places: Mapping[str, int]
    notes: Sequence[tuple[str, Mapping[str, Any]]]
    rows: Sequence[RefusedRow]

    def column_of(self, fault: Fault) -> str | None:
        """`C 出生日期`; the bare heading where the file has no such column, None for the row as a whole."""
        if fault.column is None:
            return None
        place = self.places.get(fault.column)
        return fault.column if place is None else f"{column_letter(place)} {self.headings[place]}"

    def told_notes(self, language: Language) -> list[str]:
        return [translate(sentence, language, **values) for sentence, values in self.notes]


class LoggedSheet(msgspec.Struct, frozen=True):
    """The activity of a sign-in sheet, and how many of its lines overlap with other service and are held."""

    activity_id: int
    held_rows: int


_LOGGED = (
    sa.select(
        LINE.c.activity_id,
        sa.func.sum(sa.case((LINE.c.state == ParticipationState.HELD, 1), else_=0)).label("held_rows"),
    )
    .join_from(ROWS, LINE, LINE.c.id == ROWS.c.subject_id)
    .where(*given(ROWS, "import_id"))
    .group_by(LINE.c.activity_id)
)
_SPAN = sa.select(sa.func.min(ROWS.c.subject_id).label("first"), sa.func.max(ROWS.c.subject_id).label("last")).where(
    *given(ROWS, "import_id")
)
_FILE = sa.select(FILE.c.headings, FILE.c.places, FILE.c.notes).where(*given(FILE, "id"))
_ROWS = (
    sa.select(REFUSAL.c.import_id, REFUSAL.c.number, REFUSAL.c.cells, REFUSAL.c.faults)
    .where(*given(REFUSAL, "import_id"), REFUSAL.c.number > sa.bindparam("after"))
    .order_by(REFUSAL.c.number)
    .limit(sa.bindparam("most"))
)


def report_of(tx: Transaction, import_id: int, *, after: int = 0, most: int, by: Actor) -> Report:
    """An import's report with at most so many refused rows, those after a row's number. Refuses `not_found`."""
    import_seen(tx, import_id, by=by)
    file = tx.one(_FILE, id=import_id)
    rows = [
        RefusedRow(row.number, _said(tx, "cells", row), [Fault(*fault) for fault in _said(tx, "faults", row)])
        for row in tx.all(_ROWS, import_id=import_id, after=after, most=most)
    ]
    return Report(file.headings, file.places, [(sentence, values) for sentence, values in file.notes], rows)


def _said(tx: Transaction, name: str, row: Any) -> list[Any]:
    column = REFUSAL.c[name]
    said: list[Any] = msgspec.json.decode(decrypt(tx, column, row_of(column, row), getattr(row, name)))
    return said


def twins_of(tx: Transaction, import_id: int, *, most: int, by: Actor) -> list[PossibleTwins]:
    """New members of an import, at most so many, who may be older ones a second time."""
    line = import_seen(tx, import_id, by=by)
    if line.kind is not FileKind.MEMBERS:
        return []
    span = tx.one(_SPAN, import_id=import_id)
    if span.first is None:
        return []
    found = find_twins(tx, branch_id=line.branch_id, after=span.first - 1, limit=most, by=by)
    return [each for each in found if each.member_id <= span.last][:most]


def logged_of(tx: Transaction, import_id: int, *, by: Actor) -> LoggedSheet | None:
    """What a sign-in sheet became; None for other files, and for one that was not taken."""
    if import_seen(tx, import_id, by=by).kind is not FileKind.SHEET:
        return None
    row = tx.maybe(_LOGGED, import_id=import_id)
    return None if row is None else LoggedSheet(**row._asdict())


def sheet_of(report: Report, language: Language) -> Sheet:
    """The refused rows with the file's own columns, and three more that the bank ignores when they come back."""
    width = len(report.headings)
    more = [translate(each, language) for each in (ROW, COLUMN, REASON)]
    rows = [
        [
            *(_shown(cell) for cell in [*row.cells, *[None] * (width - len(row.cells))][:width]),
            row.number,
            "; ".join(filter(None, (report.column_of(fault) for fault in row.faults))),
            told_faults(row.faults, language),
        ]
        for row in report.rows
    ]
    return Sheet(translate(TITLE, language), [*report.headings, *more], rows)


def told_faults(faults: Sequence[Fault], language: Language) -> str:
    told = dict.fromkeys(translate(fault.sentence, language, **fault.values) for fault in faults)
    return BETWEEN[language].join(told)


def _shown(cell: Any) -> Cell:
    """A number longer than a quantity is a phone or a card: as text, so that no spreadsheet shortens it."""
    if isinstance(cell, int) and not isinstance(cell, bool) and cell < 10**6:
        return cell
    return None if cell is None else str(cell)
