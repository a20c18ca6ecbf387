"""Sponsors: shops and firms that give goods, and which goods came from whom."""

from typing import Any

import msgspec
import sqlalchemy as sa

from points_bank import audit
from points_bank.actor import Actor, Task
from points_bank.branches.models import Branch
from points_bank.branches.tree import below_any, branch_seen
from points_bank.columns import given, table_of
from points_bank.errors import Invalid, NotFound, message
from points_bank.rewards.desks import DeskLine
from points_bank.rewards.models import Sponsor, SponsoredReceipt, StockMovementKind
from points_bank.transaction import Transaction

SPONSOR, RECEIPT, BRANCH = table_of(Sponsor), table_of(SponsoredReceipt), table_of(Branch)

NAME_TAKEN = message("This branch has a sponsor of that name.")
ONLY_RECEIVED = message("A sponsor gives what is received.")


class SponsorLine(msgspec.Struct, frozen=True):
    id: int
    name: str
    branch_id: int


_COLUMNS = (SPONSOR.c.id, SPONSOR.c.name, SPONSOR.c.branch_id)
_BY_ID = (
    sa.select(*_COLUMNS, BRANCH.c.path)
    .join_from(SPONSOR, BRANCH, BRANCH.c.id == SPONSOR.c.branch_id)
    .where(*given(SPONSOR, "id"))
)
_BY_NAME = sa.select(SPONSOR.c.id).where(*given(SPONSOR, "branch_id", "name"))
_LIST = (
    sa.select(*_COLUMNS)
    .join_from(SPONSOR, BRANCH, BRANCH.c.id == SPONSOR.c.branch_id)
    .where(SPONSOR.c.id > sa.bindparam("after_id"))
    .order_by(SPONSOR.c.id)
)
_ADD = sa.insert(SPONSOR).returning(SPONSOR.c.id)
_KEEP = sa.insert(RECEIPT)


def add_sponsor(tx: Transaction, *, name: str, branch_id: int, by: Actor) -> SponsorLine:
    """Write down a sponsor for a branch and all below it. Refuses a name that the branch has already."""
    branch = branch_seen(tx, branch_id, by=by)
    by.require(Task.ADMINISTER, branch.path)
    if tx.maybe(_BY_NAME, branch_id=branch_id, name=name) is not None:
        raise Invalid({"name": NAME_TAKEN})
    sponsor_id = tx.scalar(_ADD, branch_id=branch_id, name=name, created_at=tx.now)
    audit.note(tx, by, f"sponsor:{sponsor_id}")
    return SponsorLine(sponsor_id, name, branch_id)


def list_sponsors(tx: Transaction, *, after_id: int | None, limit: int, by: Actor) -> list[SponsorLine]:
    """The sponsors of the actor's branches, by id."""
    listed = _LIST.where(below_any(BRANCH.c.path, by.paths(Task.READ_REWARDS))).limit(limit)
    return [SponsorLine(*row) for row in tx.all(listed, after_id=after_id or 0)]


def sponsor_seen(tx: Transaction, sponsor_id: int, *, by: Actor) -> SponsorLine:
    """A sponsor of one of the actor's branches."""
    row = _found(tx, sponsor_id)
    by.require(Task.READ_REWARDS, row.path)
    return SponsorLine(row.id, row.name, row.branch_id)


def require_sponsor(tx: Transaction, sponsor_id: int, desk: DeskLine, kind: StockMovementKind) -> None:
    """Refuses `invalid` a sponsor of what was not received, `not_found` one that the desk's branches do not know."""
    if kind is not StockMovementKind.RECEIVED:
        raise Invalid({"sponsor_id": ONLY_RECEIVED})
    if _found(tx, sponsor_id).branch_id not in desk.branch_ids:
        raise NotFound(sponsor_id=sponsor_id)


def keep_sponsored(tx: Transaction, movement_id: int, sponsor_id: int) -> None:
    tx.run(_KEEP, movement_id=movement_id, sponsor_id=sponsor_id)


def _found(tx: Transaction, sponsor_id: int) -> Any:
    row = tx.maybe(_BY_ID, id=sponsor_id)
    if row is None:
        raise NotFound
    return row
