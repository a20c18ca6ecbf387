"""Shelves: what is left of a reward at each desk that may hand it out."""

from collections.abc import Mapping, Sequence

import msgspec
import sqlalchemy as sa

from points_bank.actor import Actor, Task
from points_bank.branches.models import Branch
from points_bank.branches.surroundings import offices
from points_bank.branches.tree import BranchLine, below_any, branch_of, branch_seen
from points_bank.columns import given, table_of
from points_bank.errors import NotFound
from points_bank.rewards.catalogue import RewardInStock, RewardLine, own_rewards, rewards_at_desk
from points_bank.rewards.desks import DeskLine, desk_seen, ids_of_path, list_desks
from points_bank.rewards.models import Desk, Reward, Stock
from points_bank.rewards.opening_days import OpeningDay, opening_days
from points_bank.rewards.pictures import pictures_of
from points_bank.transaction import Transaction

DESK, REWARD, STOCK, BRANCH = table_of(Desk), table_of(Reward), table_of(Stock), table_of(Branch)

REWARDS_A_PAGE = 100
MOST_DESKS = 500
NEXT_DAYS = 6


class Shelf(msgspec.Struct, frozen=True):
    """A desk, and how many are left there; `is_started` where any have ever come."""

    desk_id: int
    desk_name: str
    remaining: int
    is_started: bool


class Catalogue(msgspec.Struct, frozen=True):
    """What the reader's branches give out, by id, and the addresses of pictures. `next_after_id` asks for what
    follows."""

    rewards: Sequence[RewardInStock]
    pictures: Mapping[int, str]
    next_after_id: int | None
    offices: Sequence[BranchLine]


class Shelved(msgspec.Struct, frozen=True):
    """A reward with its shelves, and the address of its picture. `may_change` is its name and cost, `may_move` the
    goods."""

    reward: RewardLine
    picture: str | None
    branch: BranchLine
    shelves: Sequence[Shelf]
    may_change: bool
    may_move: bool


class Desks(msgspec.Struct, frozen=True):
    """The reader's desks, with the branch of each."""

    desks: Sequence[tuple[DeskLine, BranchLine]]
    offices: Sequence[BranchLine]


class DeskView(msgspec.Struct, frozen=True):
    """A desk with its next opening days and what it has."""

    desk: DeskLine
    branch: BranchLine
    days: Sequence[OpeningDay]
    goods: Sequence[RewardInStock]
    may_change: bool


_REWARD = sa.select(REWARD.c.id, REWARD.c.branch_id, REWARD.c.name, REWARD.c.cost_points, REWARD.c.is_offered).where(
    *given(REWARD, "id")
)
_NAMES = sa.select(REWARD.c.id, REWARD.c.name).where(REWARD.c.id.in_(sa.bindparam("ids", expanding=True)))
_SHELVES = (
    sa.select(DESK.c.id, DESK.c.name, sa.func.coalesce(STOCK.c.remaining_quantity, 0), STOCK.c.desk_id.is_not(None))
    .join_from(DESK, BRANCH, BRANCH.c.id == DESK.c.branch_id)
    .outerjoin(STOCK, sa.and_(STOCK.c.desk_id == DESK.c.id, STOCK.c.reward_id == sa.bindparam("reward_id")))
    .where(BRANCH.c.path.startswith(sa.bindparam("offered_below")))
    .order_by(DESK.c.id)
    .limit(MOST_DESKS)
)


def catalogue_seen(tx: Transaction, *, after_id: int | None, by: Actor) -> Catalogue:
    """The rewards of the actor's branches, offered or not."""
    found = own_rewards(tx, after_id=after_id, limit=REWARDS_A_PAGE + 1, by=by)
    shown = found[:REWARDS_A_PAGE]
    more = shown[-1].id if len(found) > REWARDS_A_PAGE else None
    return Catalogue(shown, pictures_of(tx, [each.id for each in shown]), more, offices(tx, by=by))


def shelved(tx: Transaction, reward_id: int, *, by: Actor) -> Shelved:
    """A reward and what is left of it at each desk of the actor's. Refuses `not_found` what none of them offers."""
    row = tx.maybe(_REWARD, id=reward_id)
    if row is None:
        raise NotFound
    roots = by.paths(Task.READ_REWARDS)
    branch = branch_of(tx, row.branch_id)
    if not (by.sees(branch.path) or any(root.startswith(branch.path) for root in roots)):
        raise NotFound
    seen = _SHELVES.where(below_any(BRANCH.c.path, roots))
    shelves = [Shelf(*line) for line in tx.all(seen, reward_id=reward_id, offered_below=branch.path)]
    may_move = by.does(Task.MOVE_STOCK)
    picture = pictures_of(tx, [reward_id]).get(reward_id)
    return Shelved(RewardLine(*row), picture, branch, shelves, by.may(Task.ADMINISTER, branch.path), may_move)


def reward_names(tx: Transaction, reward_ids: Sequence[int]) -> dict[int, str]:
    """What goods are called, by id."""
    return {row.id: row.name for row in tx.all(_NAMES, ids=sorted(set(reward_ids)))} if reward_ids else {}


def desks_seen(tx: Transaction, *, by: Actor) -> Desks:
    """The actor's desks, in the order in which they were opened."""
    by.paths(Task.READ_ADMINISTRATION)
    found = list_desks(tx, after_id=None, limit=MOST_DESKS, by=by)
    return Desks([(each, branch_of(tx, each.branch_id)) for each in found], offices(tx, by=by))


def desk_view(tx: Transaction, desk_id: int, *, by: Actor) -> DeskView:
    """One of the actor's desks. Refuses `not_found`."""
    desk = desk_seen(tx, desk_id, by=by)
    by.require(Task.READ_ADMINISTRATION, desk.branch_path)
    days = [] if desk.opening is None else opening_days(tx, desk.opening, from_on=tx.today, most=NEXT_DAYS)
    goods = rewards_at_desk(tx, desk_id=desk_id, after_id=None, limit=REWARDS_A_PAGE, by=by)
    may_change = by.may(Task.ADMINISTER, desk.branch_path)
    return DeskView(desk, branch_seen(tx, ids_of_path(desk.branch_path)[-1], by=by), days, goods, may_change)
