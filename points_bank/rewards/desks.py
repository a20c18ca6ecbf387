"""Desks: where goods are handed over. A desk belongs to a branch and has its own stock."""

from datetime import date
from typing import Any, TypedDict

import msgspec
import sqlalchemy as sa

from points_bank import audit
from points_bank.actor import Actor, ActorKind, Task
from points_bank.branches.models import Branch
from points_bank.branches.tree import CODE_TAKEN, below_any, branch_seen, check_dates
from points_bank.columns import given, table_of
from points_bank.errors import Invalid, NotFound
from points_bank.rewards.models import Desk
from points_bank.rewards.opening_days import Opening, OpeningDay, check_opening, opening_days
from points_bank.transaction import Transaction

DESK, BRANCH = table_of(Desk), table_of(Branch)


class DeskChanges(TypedDict, total=False):
    """What can be written about a desk; what is left out stays as it is."""

    name: str
    opening: Opening | None


class DeskLine(msgspec.Struct, frozen=True):
    """A desk as it stands; `branch_path` holds the ids of its branch and those above it: `/1/4/`.

    Without an `opening` it is always open.
    """

    id: int
    code: str
    name: str
    branch_id: int
    branch_path: str
    opening: Opening | None = None

    @property
    def branch_ids(self) -> list[int]:
        """From the district down to the desk's own branch: what one of them offers can be had here."""
        return ids_of_path(self.branch_path)


_LINE = sa.select(DESK.c.id, DESK.c.code, DESK.c.name, DESK.c.branch_id, BRANCH.c.path, DESK.c.opening).join_from(
    DESK, BRANCH, BRANCH.c.id == DESK.c.branch_id
)
_BY_ID = _LINE.where(*given(DESK, "id"))
_BY_CODE = sa.select(DESK.c.id).where(*given(DESK, "code"))
_LIST = _LINE.where(DESK.c.id > sa.bindparam("after_id")).order_by(DESK.c.id)
_ADD = sa.insert(DESK).returning(DESK.c.id)
_CHANGE = (
    sa.update(DESK)
    .where(DESK.c.id == sa.bindparam("desk_id"))
    .values(name=sa.bindparam("new_name"), opening=sa.bindparam("new_opening", type_=DESK.c.opening.type))
)


def add_desk(
    tx: Transaction, *, code: str, name: str, branch_id: int, opening: Opening | None = None, by: Actor
) -> DeskLine:
    """Open a desk in a branch. Refuses a code that is taken, and what `check_opening` refuses."""
    branch = branch_seen(tx, branch_id, by=by)
    by.require(Task.ADMINISTER, branch.path)
    if tx.maybe(_BY_CODE, code=code) is not None:
        raise Invalid({"code": CODE_TAKEN})
    desk_id = tx.scalar(_ADD, code=code, name=name, branch_id=branch_id, opening=_checked(opening), created_at=tx.now)
    audit.note(tx, by, f"desk:{desk_id}")
    return desk_of(tx, desk_id)


def change_desk(tx: Transaction, desk_id: int, changes: DeskChanges, *, by: Actor) -> DeskLine:
    """Write what is given and leave the rest; an opening of None means always open.

    Refuses `not_found`, `forbidden`, and what `check_opening` refuses.
    """
    desk = desk_seen(tx, desk_id, by=by)
    by.require(Task.ADMINISTER, desk.branch_path)
    if changes:
        opening = changes.get("opening", desk.opening)
        tx.run(_CHANGE, desk_id=desk_id, new_name=changes.get("name", desk.name), new_opening=_checked(opening))
        audit.note(tx, by, f"desk:{desk_id}", *sorted(changes))
    return desk_of(tx, desk_id)


def opening_days_of_desk(
    tx: Transaction, desk_id: int, *, from_on: date | None, limit: int, by: Actor
) -> tuple[Opening | None, list[OpeningDay]]:
    """The next days on which a desk opens, with its hours; none where it is always open."""
    opening = desk_seen(tx, desk_id, by=by).opening
    if opening is None:
        return None, []
    from_on = from_on or tx.today
    check_dates(from_on=from_on, until_on=None)
    return opening, opening_days(tx, opening, from_on=from_on, most=limit)


def list_desks(tx: Transaction, *, after_id: int | None, limit: int, by: Actor) -> list[DeskLine]:
    """Desks in the order of their ids: staff see those of their branches, members see all."""
    roots = ("/",) if by.kind is ActorKind.MEMBER else by.paths(Task.READ_REWARDS)
    listed = _LIST.where(below_any(BRANCH.c.path, roots)).limit(limit)
    return [_line(row) for row in tx.all(listed, after_id=after_id or 0)]


def desk_of(tx: Transaction, desk_id: int) -> DeskLine:
    """A desk that something refers to, so that it must be there."""
    return _line(tx.one(_BY_ID, id=desk_id))


def desk_seen(tx: Transaction, desk_id: int, *, by: Actor) -> DeskLine:
    """A desk by its id; members see every desk. Refuses `not_found` also what lies outside the branches of staff."""
    row = tx.maybe(_BY_ID, id=desk_id)
    if row is None or not (by.kind is ActorKind.MEMBER or by.sees(row.path)):
        raise NotFound
    return _line(row)


def ids_of_path(path: str) -> list[int]:
    """The ids in a branch's path, from the district down; none for the path above all branches."""
    return [int(part) for part in path.split("/") if part]


def _line(row: Any) -> DeskLine:
    opening = None if row.opening is None else Opening.from_json(row.opening)
    return DeskLine(row.id, row.code, row.name, row.branch_id, row.path, opening)


def _checked(opening: Opening | None) -> dict[str, Any] | None:
    if opening is None:
        return None
    check_opening(opening)
    return opening.to_json()
