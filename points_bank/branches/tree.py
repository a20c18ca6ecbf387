"""The organisation tree: adding branches and finding them."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import msgspec
import sqlalchemy as sa

from points_bank import audit
from points_bank.actor import Actor, Task
from points_bank.branches.models import Branch, BranchKind, ManagementMode
from points_bank.columns import given, table_of
from points_bank.errors import Invalid, NotFound, message
from points_bank.transaction import Transaction

BRANCH = table_of(Branch)

DISTRICT_EXISTS = message("This bank has its district already.")
CODE_TAKEN = message("This code is taken.")
NOT_BELOW = message("A branch of this kind cannot lie below that one.")
ENDS_BEFORE_IT_STARTS = message("Ends before it starts.")
OUT_OF_RANGE = message("Out of range.")

FIRST_ON, LAST_ON = date(1949, 10, 1), date(2100, 12, 31)
"""Dates of branches and rights outside of these are slips of the pen."""


class BranchLine(msgspec.Struct, frozen=True):
    """A branch as it stands. `path` holds the ids from the district down: `/1/4/`."""

    id: int
    code: str
    name: str
    kind: BranchKind
    parent_id: int | None
    path: str
    management_mode: ManagementMode | None
    valid_from_on: date | None
    valid_until_on: date | None

    def is_valid(self, on: date) -> bool:
        return self.valid_until_on is None or on <= self.valid_until_on


COLUMNS = (
    BRANCH.c.id,
    BRANCH.c.code,
    BRANCH.c.name,
    BRANCH.c.kind,
    BRANCH.c.parent_id,
    BRANCH.c.path,
    BRANCH.c.management_mode,
    BRANCH.c.valid_from_on,
    BRANCH.c.valid_until_on,
)
_BY_ID = sa.select(*COLUMNS).where(*given(BRANCH, "id"))
_BY_CODE = sa.select(*COLUMNS).where(*given(BRANCH, "code"))
_DISTRICT = sa.select(*COLUMNS).where(BRANCH.c.parent_id.is_(None))
_LIST = sa.select(*COLUMNS).where(BRANCH.c.id > sa.bindparam("after_id")).order_by(BRANCH.c.id)
_ADD = sa.insert(BRANCH).returning(BRANCH.c.id)
_SET_PATH = sa.update(BRANCH).where(BRANCH.c.id == sa.bindparam("branch_id")).values(path=sa.bindparam("new_path"))


def found_district(tx: Transaction, *, code: str, name: str, by: Actor) -> BranchLine:
    """Make the district, the root of the tree. Refuses a second one."""
    if tx.maybe(_DISTRICT) is not None:
        raise Invalid({"code": DISTRICT_EXISTS})
    return _add(tx, by, parent=None, code=code, name=name, kind=BranchKind.DISTRICT)


def add_branch(
    tx: Transaction,
    *,
    code: str,
    name: str,
    kind: BranchKind,
    parent_id: int,
    management_mode: ManagementMode | None = None,
    valid_from_on: date | None = None,
    valid_until_on: date | None = None,
    by: Actor,
) -> BranchLine:
    """Add a branch below another one. Its kind must come after the parent's in the order of `BranchKind`."""
    parent = branch_seen(tx, parent_id, by=by)
    by.require(Task.ADMINISTER, parent.path)
    kinds = list(BranchKind)
    if kinds.index(kind) <= kinds.index(parent.kind):
        raise Invalid({"kind": NOT_BELOW})
    check_dates(valid_from_on=valid_from_on, valid_until_on=valid_until_on)
    return _add(
        tx, by, parent=parent, code=code, name=name, kind=kind, management_mode=management_mode,
        valid_from_on=valid_from_on, valid_until_on=valid_until_on,
    )  # fmt: skip


def check_dates(**dates: date | None) -> None:
    """Refuse, by name, dates that are in no living memory or far ahead, and an end (given last) before its start."""
    problems = {name: OUT_OF_RANGE for name, on in dates.items() if on and not FIRST_ON <= on <= LAST_ON}
    start, end = dates.values()
    if not problems and start and end and end < start:
        problems[list(dates)[-1]] = ENDS_BEFORE_IT_STARTS
    if problems:
        raise Invalid(problems)


def find_branch(tx: Transaction, branch_id: int) -> BranchLine | None:
    return _line(tx.maybe(_BY_ID, id=branch_id))


def branch_of(tx: Transaction, branch_id: int) -> BranchLine:
    """A branch that something refers to, so that it must be there."""
    branch = find_branch(tx, branch_id)
    assert branch is not None, "foreign keys hold"
    return branch


def branch_seen(tx: Transaction, branch_id: int, *, by: Actor) -> BranchLine:
    """A branch by its id. Refuses `not_found` also what lies outside the actor's branches."""
    branch = find_branch(tx, branch_id)
    if branch is None or not by.sees(branch.path):
        raise NotFound
    return branch


def find_branch_by_code(tx: Transaction, code: str) -> BranchLine | None:
    return _line(tx.maybe(_BY_CODE, code=code))


def district(tx: Transaction) -> BranchLine | None:
    """The root of the tree, or None where the bank is not opened yet."""
    return _line(tx.maybe(_DISTRICT))


def list_branches(
    tx: Transaction, *, under: int | None, after_id: int | None = None, limit: int, by: Actor
) -> list[BranchLine]:
    """The branches the actor has anything to do with, by id; with `under`, that branch and all below it.

    A branch comes after the one it lies below. Refuses `not_found` an `under` outside the actor's branches.
    """
    seen = _LIST.where(below_any(BRANCH.c.path, by.seen_paths)).limit(limit)
    if under is not None:
        seen = seen.where(below_any(BRANCH.c.path, [branch_seen(tx, under, by=by).path]))
    return [BranchLine(*tuple(row)) for row in tx.all(seen, after_id=after_id or 0)]


def below_any(path: sa.ColumnElement[str], roots: Sequence[str]) -> sa.ColumnElement[bool]:
    """The condition that a branch's path is one of `roots` or lies below one of them; never true without any."""
    return sa.or_(sa.false(), *(path.startswith(root) for root in roots))


def below(path: sa.ColumnElement[str], name: str = "path") -> sa.ColumnElement[bool]:
    """The condition that a branch's path is the one given as `name` or lies below it."""
    return path.startswith(sa.bindparam(name))


def _add(tx: Transaction, by: Actor, *, parent: BranchLine | None, code: str, **values: Any) -> BranchLine:
    if tx.maybe(_BY_CODE, code=code) is not None:
        raise Invalid({"code": CODE_TAKEN})
    defaults = {"management_mode": None, "valid_from_on": None, "valid_until_on": None}
    branch_id = tx.scalar(
        _ADD, **(defaults | values), code=code, parent_id=parent and parent.id, path=f"new:{code}", created_at=tx.now
    )
    tx.run(_SET_PATH, branch_id=branch_id, new_path=f"{parent.path if parent else '/'}{branch_id}/")
    audit.note(tx, by, f"branch:{branch_id}")
    return branch_of(tx, branch_id)


def _line(row: Any) -> BranchLine | None:
    return None if row is None else BranchLine(*row)
