"""Choosing what to save for, and letting go of it."""

from datetime import datetime

import msgspec
import sqlalchemy as sa

from points_bank import audit
from points_bank.actor import Actor, Task
from points_bank.columns import given, table_of
from points_bank.goals.models import Goal
from points_bank.ledger.accounts import lock_account
from points_bank.members.finding import MemberLine, member_seen
from points_bank.rewards.catalogue import offered_at
from points_bank.rewards.desks import desk_seen
from points_bank.rewards.models import Desk, Reward
from points_bank.transaction import Transaction

GOAL, REWARD, DESK = table_of(Goal), table_of(Reward), table_of(Desk)


class ChosenGoal(msgspec.Struct, frozen=True):
    reward_id: int
    desk_id: int
    chosen_at: datetime


class GoalLine(msgspec.Struct, frozen=True):
    """What a member saves for, at the cost of today; `is_offered` is false once it is no longer given out."""

    reward_id: int
    name: str
    cost_points: int
    is_offered: bool
    desk_id: int
    desk_name: str


_OWN = (
    sa.select(REWARD.c.id, REWARD.c.name, REWARD.c.cost_points, REWARD.c.is_offered, DESK.c.id, DESK.c.name)
    .join_from(GOAL, REWARD, REWARD.c.id == GOAL.c.reward_id)
    .join(DESK, DESK.c.id == GOAL.c.desk_id)
    .where(*given(GOAL, "member_id"))
)
_CHOSEN = sa.select(GOAL.c.reward_id, GOAL.c.desk_id, GOAL.c.chosen_at).where(*given(GOAL, "member_id"))
_CHOOSE = sa.insert(GOAL)
_DROP = sa.delete(GOAL).where(GOAL.c.member_id == sa.bindparam("whose"))


def choose_goal(tx: Transaction, *, reward_id: int, desk_id: int, by: Actor) -> ChosenGoal:
    """Save for a reward at a desk, instead of what was saved for before. The same one again stays as it was.

    Refuses `member_closed`, and `not_found` what the desk does not offer.
    """
    member = own_member(tx, by)
    member.require_open()
    offered_at(tx, desk_seen(tx, desk_id, by=by), [reward_id])
    lock_account(tx, member.id)
    before = tx.maybe(_CHOSEN, member_id=member.id)
    if before is not None and (before.reward_id, before.desk_id) == (reward_id, desk_id):
        return ChosenGoal(*before)
    tx.run(_DROP, whose=member.id)
    tx.run(_CHOOSE, member_id=member.id, reward_id=reward_id, desk_id=desk_id, chosen_at=tx.now)
    audit.note(tx, by, f"member:{member.id}", f"reward:{reward_id}", "goal")
    return ChosenGoal(reward_id, desk_id, tx.now)


def drop_goal(tx: Transaction, *, by: Actor) -> None:
    """Save for nothing in particular any more; without a goal, nothing changes."""
    if tx.run(_DROP, whose=by.member_id):
        audit.note(tx, by, f"member:{by.member_id}", "goal")


def goal_of(tx: Transaction, *, by: Actor) -> GoalLine | None:
    """What the member who asks saves for."""
    row = tx.maybe(_OWN, member_id=by.member_id)
    return None if row is None else GoalLine(*row)


def own_member(tx: Transaction, by: Actor) -> MemberLine:
    """The member who asks."""
    assert by.member_id is not None, "a member asks"
    return member_seen(tx, by.member_id, task=Task.SERVE, by=by)
