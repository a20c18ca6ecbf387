"""A branch with what lies above and right below it, and the branches that somebody may choose from."""

from collections.abc import Sequence

import msgspec
import sqlalchemy as sa

from points_bank.actor import Actor, Task
from points_bank.branches.models import BranchKind
from points_bank.branches.tree import BRANCH, COLUMNS, BranchLine, below_any, branch_of, branch_seen, district
from points_bank.columns import given
from points_bank.errors import NotFound
from points_bank.transaction import Transaction

MOST_SHOWN = 1_000
MOST_CHOICES = 600
KINDS = list(BranchKind)
OFFICES = (BranchKind.DISTRICT, BranchKind.SUBDISTRICT, BranchKind.COMMUNITY, BranchKind.ESTATE)
"""Kinds of branches that have staff, desks, boards and rules; buildings and hub households have none of their own."""


class Below(msgspec.Struct, frozen=True):
    """A branch, and how many lie right below it."""

    branch: BranchLine
    branches: int


class Surroundings(msgspec.Struct, frozen=True):
    """`above` begins with the topmost branch that the reader sees. `may_change` tells whether they may add below."""

    branch: BranchLine
    above: Sequence[BranchLine]
    below: Sequence[Below]
    kinds_below: Sequence[BranchKind]
    may_change: bool


_INNER = BRANCH.alias("inner")
_COUNT = (
    sa.select(sa.func.count())
    .select_from(_INNER)
    .where(_INNER.c.parent_id == BRANCH.c.id)
    .correlate(BRANCH)
    .scalar_subquery()
)
_BELOW = sa.select(*COLUMNS, _COUNT).where(*given(BRANCH, "parent_id")).order_by(BRANCH.c.code).limit(MOST_SHOWN)
_OFFICES = sa.select(*COLUMNS).where(BRANCH.c.kind.in_(OFFICES)).order_by(BRANCH.c.kind != "district", BRANCH.c.path)


def surroundings(tx: Transaction, branch_id: int | None, *, by: Actor) -> Surroundings:
    """A branch of the tree, by default the topmost that the actor administers. Refuses `forbidden`, `not_found`."""
    branch = _topmost(tx, by) if branch_id is None else branch_seen(tx, branch_id, by=by)
    by.require(Task.READ_ADMINISTRATION, branch.path)
    above = [branch_of(tx, int(part)) for part in branch.path.strip("/").split("/")[:-1]]
    rows = tx.all(_BELOW, parent_id=branch.id)
    return Surroundings(
        branch=branch,
        above=[each for each in above if by.sees(each.path)],
        below=[Below(BranchLine(*tuple(row)[:-1]), row[-1]) for row in rows],
        kinds_below=KINDS[KINDS.index(branch.kind) + 1 :],
        may_change=by.may(Task.ADMINISTER, branch.path),
    )


def offices(tx: Transaction, *, by: Actor) -> list[BranchLine]:
    """The branches that the actor administers, down to the estates; none for who administers none."""
    if not by.does(Task.ADMINISTER):
        return []
    seen = _OFFICES.where(below_any(BRANCH.c.path, by.paths(Task.ADMINISTER))).limit(MOST_CHOICES)
    return [BranchLine(*tuple(row)) for row in tx.all(seen)]


def _topmost(tx: Transaction, by: Actor) -> BranchLine:
    path = min(by.paths(Task.READ_ADMINISTRATION), key=len)
    root = district(tx) if path == "/" else branch_of(tx, int(path.strip("/").rpartition("/")[2]))
    if root is None:
        raise NotFound
    return root
