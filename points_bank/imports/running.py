"""An import as acts: begun, carried out part by part, ended. A row in the books remembers where it is.

Each part is one short act that also moves that row on. A part that comes twice, or late, changes nothing, so an import
that was cut off goes on when its file is sent again, and ends as if nothing had happened.
"""

from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Any

import msgspec
import sqlalchemy as sa
from msgspec.structs import replace

from points_bank import audit
from points_bank.activities.models import Activity, Participation
from points_bank.actor import Actor, ActorKind, Task
from points_bank.branches.tree import branch_of, branch_seen
from points_bank.columns import given, table_of
from points_bank.encryption import Cipher, cipher_in_use
from points_bank.errors import NotFound
from points_bank.imports.incoming import Head, Part, Sending
from points_bank.imports.kinds import KINDS, NEEDS_TWO
from points_bank.imports.models import Choice, FileKind, ImportFile, ImportRefusal, ImportRow, ImportState
from points_bank.imports.rows import Refused, Sorted, sort_rows
from points_bank.imports.scope import Scope, members_behind
from points_bank.ledger.accounts import ACCOUNT
from points_bank.ledger.lots import LOT, USE
from points_bank.ledger.posting import TRANSFER
from points_bank.members.models import Home, HouseholdMember, Member
from points_bank.sizes import learn_sizes
from points_bank.staff.looking_up import as_of_now
from points_bank.transaction import Transaction

MANY_ROWS = 1_000
"""From so many rows on a file makes a difference to what tables hold."""

FILE, ROW, REFUSAL = table_of(ImportFile), table_of(ImportRow), table_of(ImportRefusal)
FILLED = (
    ROW, table_of(Member), table_of(Home), table_of(HouseholdMember), table_of(Activity), table_of(Participation),
    ACCOUNT, TRANSFER, LOT, USE,
)  # fmt: skip
"""Tables that grow with the rows of files."""


class ImportLine(msgspec.Struct, frozen=True, kw_only=True):
    """An import as it stands. One that is `proposed` waits for a second person to send the same file."""

    id: int
    kind: FileKind
    name: str
    branch_id: int
    choice: Choice
    state: ImportState
    rows_done: int
    new_rows: int
    known_rows: int
    refused_rows: int
    sent_by: str
    approved_by: str | None
    started_at: datetime
    ended_at: datetime | None


COLUMNS = [FILE.c[name] for name in ImportLine.__struct_fields__]
_BY_HASH = sa.select(*COLUMNS).where(*given(FILE, "content_hash"))
_BY_ID = sa.select(*COLUMNS).where(*given(FILE, "id"))
_LOCK = _BY_ID.with_for_update()
_ADD = sa.insert(FILE).returning(FILE.c.id)
_THIS = FILE.c.id == sa.bindparam("import_id")
_APPROVE = sa.update(FILE).where(_THIS).values(state=ImportState.RUNNING, approved_by=sa.bindparam("by_name"))
_TRY_AGAIN = (
    sa.update(FILE)
    .where(_THIS)
    .values(
        state=ImportState.RUNNING, choice=sa.bindparam("new_choice"), approved_by=sa.bindparam("approver"), rows_done=0,
        new_rows=0, known_rows=0, refused_rows=0, started_at=sa.bindparam("now"), ended_at=None,
    )
)  # fmt: skip
_FORGET = sa.delete(REFUSAL).where(REFUSAL.c.import_id == sa.bindparam("import_id"))
_MOVE_ON = (
    sa.update(FILE)
    .where(_THIS)
    .values(
        rows_done=FILE.c.rows_done + sa.bindparam("more"),
        new_rows=FILE.c.new_rows + sa.bindparam("more_new"),
        known_rows=FILE.c.known_rows + sa.bindparam("more_known"),
        refused_rows=FILE.c.refused_rows + sa.bindparam("more_refused"),
    )
)
_END = sa.update(FILE).where(_THIS).values(state=ImportState.DONE, ended_at=sa.bindparam("now"))
_REFUSE = sa.update(FILE).where(_THIS).values(state=ImportState.REFUSED)
_ADD_ROWS = sa.insert(ROW)
_ADD_REFUSALS = sa.insert(REFUSAL)


def check_sender(tx: Transaction, sending: Sending, *, by: Actor) -> None:
    """Refuse, before a file is read, who may not send it: `not_found` outside their branches, or `forbidden`."""
    by.require(KINDS[sending.kind].task, branch_seen(tx, sending.branch_id, by=by).path)


def begin_import(tx: Transaction, sending: Sending, head: Head, *, by: Actor) -> ImportLine:
    """Begin a file's import, or go on with it. One that is done stays done, unless some of its rows were refused:
    those are looked at again, because what they lacked may be there now.

    Past activities and balances bring points, so staff need two people for them: the first to send the file proposes
    it, another who may approve carries it out by sending the same file. Refuses `not_found` and `forbidden`.
    """
    check_sender(tx, sending, by=by)
    branch = branch_of(tx, sending.branch_id)
    row = tx.maybe(_BY_HASH, content_hash=head.content_hash)
    if sending.is_whole:
        sending = replace(sending, choice=Choice.ALL_OR_NOTHING)
    if row is None:
        waits = sending.kind in NEEDS_TWO and by.kind is ActorKind.STAFF
        import_id = tx.scalar(
            _ADD, kind=sending.kind, content_hash=head.content_hash, name=sending.name, branch_id=branch.id,
            choice=sending.choice, state=ImportState.PROPOSED if waits else ImportState.RUNNING,
            headings=[*head.headings], places=head.places,
            notes=[[note.sentence, note.values] for note in head.notes], rows_done=0, new_rows=0, known_rows=0,
            refused_rows=0, sent_by=by.name, approved_by=None, started_at=tx.now, ended_at=None,
        )  # fmt: skip
        audit.note(tx, by, f"import:{import_id}")
        return line_of(tx, import_id)
    needs_two = sending.kind in NEEDS_TWO and by.kind is ActorKind.STAFF
    may_decide = not needs_two or (row.sent_by != by.name and by.may(Task.APPROVE, branch.path))
    if row.state is ImportState.PROPOSED and row.sent_by != by.name and by.may(Task.APPROVE, branch.path):
        tx.run(_APPROVE, import_id=row.id, by_name=by.name)
        audit.note(tx, by, f"import:{row.id}", "approved_by")
    elif row.state is ImportState.REFUSED or (row.state is ImportState.DONE and row.refused_rows and may_decide):
        tx.run(_FORGET, import_id=row.id)
        tx.run(
            _TRY_AGAIN, import_id=row.id, new_choice=sending.choice, now=tx.now,
            approver=by.name if needs_two else row.approved_by,
        )  # fmt: skip
    return line_of(tx, row.id)


def import_part(tx: Transaction, import_id: int, part: Part, *, by: Actor) -> ImportLine:
    """Carry out a part of a file and remember that it is done. One that is not the next to be done changes nothing.

    A file may take minutes: refuses `unauthenticated` who was shut out since it was sent, with the parts before kept.
    """
    by, line = as_of_now(tx, by), _lock(tx, import_id)
    if line.state is not ImportState.RUNNING or line.rows_done != part.done:
        return line
    kind = KINDS[line.kind]
    own_ids = members_behind(tx, by.name, line.sent_by, line.approved_by)
    scope = Scope(branch_of(tx, line.branch_id), kind.task, by, line.sent_by, own_ids)
    by.require(kind.task, scope.branch.path)
    found = sort_rows(tx, kind, scope, part.rows, import_id=import_id)
    subjects = kind.write(tx, scope, found.new)
    rows = [
        (identity, import_id, entry.row.number, subject_id)
        for entry, identity, subject_id in zip(found.new, found.identities, subjects, strict=True)
    ]
    # In the order of their key, so that its pages are visited once.
    tx.pour(_ADD_ROWS, ("identity", "import_id", "number", "subject_id"), sorted(rows))
    _keep_refused(tx, import_id, found.refused)
    _move_on(tx, import_id, found, len(part.rows))
    return line_of(tx, import_id)


def end_import(tx: Transaction, import_id: int, *, rows_done: int, by: Actor) -> ImportLine:
    """End an import whose last row is done, after so many."""
    line = _lock(tx, import_id)
    if line.state is ImportState.RUNNING and line.rows_done == rows_done:
        tx.run(_END, import_id=import_id, now=tx.now)
        if rows_done >= MANY_ROWS:
            learn_sizes(tx, FILLED)
        audit.note(tx, by, f"import:{import_id}", "ended_at")
    return line_of(tx, import_id)


def refuse_import(tx: Transaction, import_id: int, refused: Sequence[Refused], *, by: Actor) -> ImportLine:
    """Remember why nothing was taken of a file that was to be taken whole."""
    line = _lock(tx, import_id)
    if line.state is ImportState.RUNNING and line.rows_done == 0:
        _keep_refused(tx, import_id, refused)
        tx.run(_REFUSE, import_id=import_id)
        audit.note(tx, by, f"import:{import_id}", "state")
    return line_of(tx, import_id)


def line_of(tx: Transaction, import_id: int) -> ImportLine:
    """An import that is there, without asking whose it is."""
    return ImportLine(**tx.one(_BY_ID, id=import_id)._asdict())


def import_seen(tx: Transaction, import_id: int, *, by: Actor) -> ImportLine:
    """An import for a branch of the actor's, who may send such files. Refuses `not_found` and `forbidden`."""
    row = tx.maybe(_BY_ID, id=import_id)
    if row is None:
        raise NotFound
    by.require(KINDS[row.kind].task, branch_of(tx, row.branch_id).path)
    return ImportLine(**row._asdict())


def _lock(tx: Transaction, import_id: int) -> ImportLine:
    return ImportLine(**tx.one(_LOCK, id=import_id)._asdict())


def _move_on(tx: Transaction, import_id: int, found: Sorted, rows: int) -> None:
    tx.run(
        _MOVE_ON, import_id=import_id, more=rows, more_new=len(found.new) + found.taken, more_known=found.known,
        more_refused=len(found.refused),
    )  # fmt: skip


def _keep_refused(tx: Transaction, import_id: int, refused: Sequence[Refused]) -> None:
    if refused:
        cipher = cipher_in_use(tx)
        tx.many(_ADD_REFUSALS, [_refusal(cipher, import_id, each) for each in refused])


def _refusal(cipher: Cipher, import_id: int, refused: Refused) -> dict[str, Any]:
    said = {
        "cells": [kept(cell) for cell in refused.row.cells],
        "faults": [[fault.column, fault.sentence, fault.values] for fault in refused.faults],
    }
    row = f"{import_id}/{refused.row.number}"
    return {"import_id": import_id, "number": refused.row.number} | {
        name: cipher.encrypt(REFUSAL.c[name], row, msgspec.json.encode(each).decode()) for name, each in said.items()
    }


def kept(cell: Any) -> Any:
    """A cell as JSON holds it."""
    if isinstance(cell, date | datetime | time):
        return cell.isoformat(sep=" ") if isinstance(cell, datetime) else cell.isoformat()
    if isinstance(cell, float) and cell.is_integer():
        return int(cell)
    return cell if isinstance(cell, str | int | float | None) else str(cell)
