"""The count at the end of the day: what the books say of each reward at a desk, and what was found on its shelf."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from points_bank.actor import Actor, Task
from points_bank.clock import start_of_day
from points_bank.columns import given, table_of
from points_bank.rewards.catalogue import rewards_at_desk
from points_bank.rewards.desks import DeskLine, desk_seen
from points_bank.rewards.models import StockMovement, StockMovementKind
from points_bank.rewards.stock import move_stock
from points_bank.transaction import Transaction

MOVEMENT = table_of(StockMovement)

MOST_REWARDS = 200
COUNTED, RECEIVED = StockMovementKind.COUNTED, StockMovementKind.RECEIVED
GIVEN_OUT = (
    StockMovementKind.REDEEMED,
    StockMovementKind.RESERVED,
    StockMovementKind.RELEASED,
    StockMovementKind.REFUNDED,
)
"""What went to members, and what came back from them."""


class StockLine(msgspec.Struct, frozen=True):
    """A reward at a desk by the books, and what moved today. `difference` is what today's counts found too much
    (positive) or too little; `counted_at` is when the last one was, null where nobody counted yet."""

    reward_id: int
    name: str
    remaining: int
    received: int
    given_out: int
    difference: int
    counted_at: datetime | None


class Counted(msgspec.Struct, frozen=True):
    """What a count found: by reward the difference to the books, as `[reward_id, difference]`."""

    differences: list[tuple[int, int]]


_TODAY = (
    sa.select(
        MOVEMENT.c.reward_id,
        MOVEMENT.c.kind,
        sa.func.sum(MOVEMENT.c.quantity).label("quantity"),
        sa.func.max(MOVEMENT.c.moved_at).label("last_at"),
    )
    .where(*given(MOVEMENT, "desk_id"), MOVEMENT.c.moved_at >= sa.bindparam("from_at"))
    .group_by(MOVEMENT.c.reward_id, MOVEMENT.c.kind)
)


def stock_at(tx: Transaction, desk_id: int, *, by: Actor) -> tuple[DeskLine, list[StockLine]]:
    """What a desk has of everything it offers, for who counts there."""
    desk = desk_seen(tx, desk_id, by=by)
    by.require(Task.COUNT_STOCK, desk.branch_path)
    rows = tx.all(_TODAY, desk_id=desk_id, from_at=start_of_day(tx.today, tx.zone))
    moved = {(row.reward_id, row.kind): row for row in rows}
    offered = rewards_at_desk(tx, desk_id=desk_id, after_id=None, limit=MOST_REWARDS, by=by)
    return desk, [_line(each.id, each.name, each.remaining, moved) for each in offered]


def count_stock(tx: Transaction, desk_id: int, found: Mapping[int, int], *, by: Actor) -> Counted:
    """Book how many were found of each reward that was counted, all or none. Refuses what `move_stock` refuses."""
    # Many wait for these rows, so they are touched in the order in which a redemption touches them.
    moved = [
        (reward_id, move_stock(tx, reward_id, desk_id=desk_id, kind=COUNTED, quantity=found[reward_id], by=by))
        for reward_id in sorted(found)
    ]
    return Counted([(reward_id, movement.quantity) for reward_id, movement in moved])


def _line(reward_id: int, name: str, remaining: int, moved: Mapping[tuple[int, Any], Any]) -> StockLine:
    def quantity(*kinds: StockMovementKind) -> int:
        return sum(moved[reward_id, kind].quantity for kind in kinds if (reward_id, kind) in moved)

    counted = moved.get((reward_id, COUNTED))
    return StockLine(
        reward_id=reward_id,
        name=name,
        remaining=remaining,
        received=quantity(RECEIVED),
        given_out=-quantity(*GIVEN_OUT),
        difference=quantity(COUNTED),
        counted_at=counted and counted.last_at,
    )
