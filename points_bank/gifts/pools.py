"""Help pools: a community has one, filled by donations and emptied by grants."""

import msgspec
import sqlalchemy as sa

from points_bank.actor import Actor, Task
from points_bank.branches.models import Branch, BranchKind
from points_bank.branches.tree import BranchLine, below, branch_of, branch_seen
from points_bank.columns import given, table_of
from points_bank.errors import InsufficientPoints
from points_bank.gifts.models import Donation, Grant, GrantState, HelpPool
from points_bank.transaction import Transaction

POOL, DONATION, GRANT, BRANCH = table_of(HelpPool), table_of(Donation), table_of(Grant), table_of(Branch)


class PoolLine(msgspec.Struct, frozen=True):
    branch_id: int
    remaining_points: int


class PoolView(msgspec.Struct, frozen=True):
    """The help pools of a branch and all below it. `proposed_points` wait for a second person."""

    branch_id: int
    remaining_points: int
    donated_points: int
    donations: int
    granted_points: int
    grants: int
    proposed_points: int
    pools: list[PoolLine]


_COMMUNITY = sa.select(BRANCH.c.id).where(
    BRANCH.c.id.in_(sa.bindparam("ids", expanding=True)), BRANCH.c.kind == BranchKind.COMMUNITY
)
_LEFT = sa.select(POOL.c.remaining_points).where(*given(POOL, "branch_id"))
_START = sa.insert(POOL)
_CHANGE = (
    sa.update(POOL)
    .where(POOL.c.branch_id == sa.bindparam("of_branch_id"), POOL.c.remaining_points + sa.bindparam("change") >= 0)
    .values(remaining_points=POOL.c.remaining_points + sa.bindparam("change"))
)
_POOLS = (
    sa.select(POOL.c.branch_id, POOL.c.remaining_points)
    .join_from(POOL, BRANCH, BRANCH.c.id == POOL.c.branch_id)
    .where(below(BRANCH.c.path))
    .order_by(POOL.c.branch_id)
)
_DONATED = (
    sa.select(sa.func.coalesce(sa.func.sum(DONATION.c.points), 0), sa.func.count())
    .join_from(DONATION, BRANCH, BRANCH.c.id == DONATION.c.branch_id)
    .where(below(BRANCH.c.path))
)
_GRANTED = (
    sa.select(sa.func.coalesce(sa.func.sum(GRANT.c.points), 0), sa.func.count())
    .join_from(GRANT, BRANCH, BRANCH.c.id == GRANT.c.branch_id)
    .where(below(BRANCH.c.path), *given(GRANT, "state"))
)


def help_pool(tx: Transaction, branch_id: int, *, by: Actor) -> PoolView:
    """What the help pools of a branch and all below it were given, gave, and have."""
    branch = branch_seen(tx, branch_id, by=by)
    by.require(Task.READ_HELP_POOL, branch.path)
    pools = [PoolLine(*row) for row in tx.all(_POOLS, path=branch.path)]
    donated_points, donations = tx.one(_DONATED, path=branch.path)
    granted_points, grants = tx.one(_GRANTED, path=branch.path, state=GrantState.GRANTED)
    proposed_points, _ = tx.one(_GRANTED, path=branch.path, state=GrantState.PROPOSED)
    return PoolView(
        branch_id, sum(pool.remaining_points for pool in pools), donated_points, donations, granted_points, grants,
        proposed_points, pools,
    )  # fmt: skip


def pool_branch(tx: Transaction, branch_path: str) -> BranchLine:
    """Whose help pool serves a branch: its community's; its own where it lies in none."""
    branch_ids = [int(part) for part in branch_path.strip("/").split("/")]
    community_id: int | None = tx.scalar(_COMMUNITY, ids=branch_ids)
    return branch_of(tx, community_id or branch_ids[-1])


def remaining_of(tx: Transaction, branch_id: int) -> int:
    return tx.scalar(_LEFT, branch_id=branch_id) or 0


def fill(tx: Transaction, branch_id: int, points: int) -> None:
    """Put donated points into a branch's pool; the first of them open it."""
    if not tx.run(_CHANGE, of_branch_id=branch_id, change=points):
        tx.run(_START, branch_id=branch_id, remaining_points=points)


def draw(tx: Transaction, branch_id: int, points: int) -> None:
    """Take points out of a branch's pool. Refuses `insufficient_points`."""
    if not tx.run(_CHANGE, of_branch_id=branch_id, change=-points):
        raise InsufficientPoints(asked_points=points, spendable_points=remaining_of(tx, branch_id))
