"""The catalogue: what can be had, where, and for how many points."""

from collections.abc import Collection, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa

from points_bank import audit
from points_bank.actor import Actor, ActorKind, Task
from points_bank.branches.models import Branch
from points_bank.branches.tree import below_any, branch_of, branch_seen, district
from points_bank.columns import given, table_of
from points_bank.errors import Invalid, NotFound, message
from points_bank.rewards.desks import DESK, DeskLine, desk_seen, ids_of_path
from points_bank.rewards.models import Reward, Stock
from points_bank.transaction import Transaction

REWARD, STOCK, BRANCH = table_of(Reward), table_of(Stock), table_of(Branch)

NAME_TAKEN = message("This branch has a reward of that name.")
DESK_NEEDED = message("Say at which desk.")


class RewardLine(msgspec.Struct, frozen=True):
    """A reward as it stands."""

    id: int
    branch_id: int
    name: str
    cost_points: int
    is_offered: bool


class RewardInStock(msgspec.Struct, frozen=True):
    """A reward with what is left of it: at the desk that was asked about, or at all desks the caller sees."""

    id: int
    branch_id: int
    name: str
    cost_points: int
    is_offered: bool
    remaining: int


_COLUMNS = (REWARD.c.id, REWARD.c.branch_id, REWARD.c.name, REWARD.c.cost_points, REWARD.c.is_offered)
_BY_ID = sa.select(*_COLUMNS).where(*given(REWARD, "id"))
_BY_NAME = sa.select(REWARD.c.id).where(*given(REWARD, "branch_id", "name"))
_OF_BRANCHES = REWARD.c.branch_id.in_(sa.bindparam("branch_ids", expanding=True))
_BY_IDS = sa.select(*_COLUMNS).where(REWARD.c.id.in_(sa.bindparam("ids", expanding=True)), _OF_BRANCHES)
_ADD = sa.insert(REWARD).returning(REWARD.c.id)
_CHANGE = (
    sa.update(REWARD)
    .where(REWARD.c.id == sa.bindparam("reward_id"))
    .values({each: sa.bindparam(f"new_{each}") for each in ("name", "cost_points", "is_offered")})
)
_NEXT = REWARD.c.id > sa.bindparam("after_id")
_AT_DESK = (
    sa.select(*_COLUMNS, sa.func.coalesce(STOCK.c.remaining_quantity, 0))
    .outerjoin_from(
        REWARD, STOCK, sa.and_(STOCK.c.reward_id == REWARD.c.id, STOCK.c.desk_id == sa.bindparam("desk_id"))
    )
    .where(_OF_BRANCHES, REWARD.c.is_offered, _NEXT)
    .order_by(REWARD.c.id)
)


def add_reward(
    tx: Transaction,
    *,
    name: str,
    cost_points: int,
    branch_id: int | None = None,
    is_offered: bool = True,
    by: Actor,
) -> RewardLine:
    """Offer something in a branch and all below it; by default in the branch that `by` administers first.

    Refuses a name that the branch has already.
    """
    branch = branch_of(tx, _own_branch_id(tx, by)) if branch_id is None else branch_seen(tx, branch_id, by=by)
    by.require(Task.ADMINISTER, branch.path)
    _refuse_taken(tx, branch.id, name)
    reward_id = tx.scalar(
        _ADD, branch_id=branch.id, name=name, cost_points=cost_points, is_offered=is_offered, created_at=tx.now
    )
    audit.note(tx, by, f"reward:{reward_id}")
    return RewardLine(reward_id, branch.id, name, cost_points, is_offered)


def change_reward(
    tx: Transaction,
    reward_id: int,
    *,
    name: str | None = None,
    cost_points: int | None = None,
    is_offered: bool | None = None,
    by: Actor,
) -> RewardLine:
    """Change what is given. What was ordered before keeps its cost. Refuses a name that the branch has already."""
    before = _line(tx.maybe(_BY_ID, id=reward_id))
    by.require(Task.ADMINISTER, branch_of(tx, before.branch_id).path)
    if name is not None and name != before.name:
        _refuse_taken(tx, before.branch_id, name)
    after = RewardLine(
        before.id,
        before.branch_id,
        before.name if name is None else name,
        before.cost_points if cost_points is None else cost_points,
        before.is_offered if is_offered is None else is_offered,
    )
    tx.run(
        _CHANGE, reward_id=reward_id, new_name=after.name, new_cost_points=after.cost_points,
        new_is_offered=after.is_offered,
    )  # fmt: skip
    changed = [each for each in ("name", "cost_points", "is_offered") if getattr(before, each) != getattr(after, each)]
    audit.note(tx, by, f"reward:{reward_id}", *changed)
    return after


def rewards_at_desk(
    tx: Transaction, *, desk_id: int, after_id: int | None, limit: int, by: Actor
) -> list[RewardInStock]:
    """What a desk offers, by id; also what is sold out there."""
    desk = desk_seen(tx, desk_id, by=by)
    if by.kind is not ActorKind.MEMBER:
        by.require(Task.READ_REWARDS, desk.branch_path)
    listed = _AT_DESK.limit(limit)
    return _in_stock(tx.all(listed, desk_id=desk_id, branch_ids=desk.branch_ids, after_id=after_id or 0))


def own_rewards(tx: Transaction, *, after_id: int | None, limit: int, by: Actor) -> list[RewardInStock]:
    """All rewards that the actor's branches give out, offered or not, by id, with what their desks have of them.

    Refuses members with `invalid`: they have no branches to look after, so they name a desk.
    """
    if by.kind is ActorKind.MEMBER:
        raise Invalid({"desk_id": DESK_NEEDED})
    roots = by.paths(Task.READ_REWARDS)
    above = [branch_id for root in roots for branch_id in ids_of_path(root)]
    listed = _of_branches(roots).limit(limit)
    return _in_stock(tx.all(listed, branch_ids=above, after_id=after_id or 0))


def reward_at(tx: Transaction, desk: DeskLine, reward_id: int) -> RewardLine:
    """A reward of the desk's branch or one above it, offered at present or not. Refuses `not_found`."""
    found = tx.all(_BY_IDS, ids=[reward_id], branch_ids=desk.branch_ids)
    return _line(found[0] if found else None)


def offered_at(tx: Transaction, desk: DeskLine, reward_ids: Collection[int]) -> dict[int, RewardLine]:
    """The rewards with these ids that are offered at a desk now, by id. Refuses `not_found` where one is not."""
    rows = tx.all(_BY_IDS, ids=sorted(reward_ids), branch_ids=desk.branch_ids)
    offered = {row.id: _line(row) for row in rows if row.is_offered}
    for reward_id in reward_ids:
        if reward_id not in offered:
            raise NotFound(reward_id=reward_id)
    return offered


def _own_branch_id(tx: Transaction, by: Actor) -> int:
    """The branch that `by` administers first; for the bank itself the district."""
    branch_ids = ids_of_path(by.paths(Task.ADMINISTER)[0])
    if branch_ids:
        return branch_ids[-1]
    root = district(tx)
    if root is None:
        raise NotFound
    return root.id


def _refuse_taken(tx: Transaction, branch_id: int, name: str) -> None:
    if tx.maybe(_BY_NAME, branch_id=branch_id, name=name) is not None:
        raise Invalid({"name": NAME_TAKEN})


def _of_branches(roots: Sequence[str]) -> sa.Select[Any]:
    """Rewards of branches above (`branch_ids`) or below any of `roots`, with the stock of the desks below them."""
    at = BRANCH.alias("at")
    remaining = (
        sa.select(sa.func.coalesce(sa.func.sum(STOCK.c.remaining_quantity), 0))
        .select_from(STOCK)
        .join(DESK, DESK.c.id == STOCK.c.desk_id)
        .join(at, at.c.id == DESK.c.branch_id)
        .where(STOCK.c.reward_id == REWARD.c.id, below_any(at.c.path, roots))
        .correlate(REWARD)
        .scalar_subquery()
    )
    return (
        sa.select(*_COLUMNS, remaining)
        .join_from(REWARD, BRANCH, BRANCH.c.id == REWARD.c.branch_id)
        .where(sa.or_(below_any(BRANCH.c.path, roots), _OF_BRANCHES), _NEXT)
        .order_by(REWARD.c.id)
    )


def _in_stock(rows: Sequence[Any]) -> list[RewardInStock]:
    return [RewardInStock(*row) for row in rows]


def _line(row: Any) -> RewardLine:
    if row is None:
        raise NotFound
    return RewardLine(*row)
