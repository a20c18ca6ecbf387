"""Stock: what is left of a reward at a desk, moved in and out, never below zero. A movement is never changed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from points_bank import audit
from points_bank.actor import Actor, Task
from points_bank.columns import given, table_of
from points_bank.errors import Invalid, OutOfStock, message
from points_bank.rewards.catalogue import reward_at
from points_bank.rewards.desks import desk_seen
from points_bank.rewards.models import Stock, StockMovement, StockMovementKind
from points_bank.transaction import Transaction

STOCK, MOVEMENT = table_of(Stock), table_of(StockMovement)

REASON_NEEDED = message("Say why.")
OUT_OF_RANGE = message("Out of range.")

LARGEST_QUANTITY = 100_000

BY_HAND: Mapping[StockMovementKind, Task] = {
    StockMovementKind.RECEIVED: Task.COUNT_STOCK,
    StockMovementKind.COUNTED: Task.COUNT_STOCK,
    StockMovementKind.DAMAGED: Task.MOVE_STOCK,
    StockMovementKind.RETURNED: Task.MOVE_STOCK,
}
"""What can be entered by hand, and whose task it is."""


@dataclass(frozen=True, slots=True)
class Goods:
    """So many of a reward."""

    reward_id: int
    quantity: int


@dataclass(frozen=True, slots=True)
class Moved:
    """A movement as booked: `quantity` is negative for what went; `remaining` is what the desk has after it."""

    id: int
    kind: StockMovementKind
    quantity: int
    remaining: int


_LEFT = sa.select(STOCK.c.remaining_quantity).where(*given(STOCK, "desk_id", "reward_id"))
_LOCK = _LEFT.with_for_update()
_START = sa.insert(STOCK)
_CHANGE = (
    sa.update(STOCK)
    .where(
        STOCK.c.desk_id == sa.bindparam("at_desk_id"),
        STOCK.c.reward_id == sa.bindparam("of_reward_id"),
        STOCK.c.remaining_quantity + sa.bindparam("change") >= 0,
    )
    .values(remaining_quantity=STOCK.c.remaining_quantity + sa.bindparam("change"))
)
_BOOK_ONE = sa.insert(MOVEMENT).returning(MOVEMENT.c.id)
_BOOK = sa.insert(MOVEMENT)


def move_stock(
    tx: Transaction,
    reward_id: int,
    *,
    desk_id: int,
    kind: StockMovementKind,
    quantity: int,
    reason: str | None = None,
    by: Actor,
) -> Moved:
    """Book goods that were received, damaged or handed back, or how many were found when they were counted.

    A count is booked as its difference to the books, also when that is 0. Refuses `out_of_stock` where more went than
    was there, and goods damaged or handed back without a reason.
    """
    desk = desk_seen(tx, desk_id, by=by)
    by.require(BY_HAND[kind], desk.branch_path)
    reward_at(tx, desk, reward_id)
    if not (0 if kind is StockMovementKind.COUNTED else 1) <= quantity <= LARGEST_QUANTITY:
        raise Invalid({"quantity": OUT_OF_RANGE})
    if reason is None and BY_HAND[kind] is Task.MOVE_STOCK:
        raise Invalid({"reason": REASON_NEEDED})
    before = tx.scalar(_LOCK, desk_id=desk_id, reward_id=reward_id)
    change = _change_by_hand(kind, quantity, before or 0)
    if before is None and change >= 0:
        tx.run(_START, desk_id=desk_id, reward_id=reward_id, remaining_quantity=change)
    else:
        _change(tx, desk_id, reward_id, change)
    movement_id = tx.scalar(_BOOK_ONE, **_movement(tx, desk_id, Goods(reward_id, change), kind, by), reason=reason)
    audit.note(tx, by, f"reward:{reward_id}", f"desk:{desk_id}", f"stock_movement:{movement_id}")
    return Moved(movement_id, kind, change, (before or 0) + change)


def take(
    tx: Transaction, *, desk_id: int, items: Sequence[Goods], kind: StockMovementKind, redemption_id: int, by: Actor
) -> None:
    """Take goods out for a redemption. Refuses `out_of_stock`, naming the reward.

    Many wait for these rows, so an act takes goods last, and always in the order of rewards.
    """
    _move(tx, desk_id, [Goods(each.reward_id, -each.quantity) for each in items], kind, redemption_id, by)


def put_back(
    tx: Transaction, *, desk_id: int, items: Sequence[Goods], kind: StockMovementKind, redemption_id: int, by: Actor
) -> None:
    """Put back what `take` took for a redemption; as last, and in the same order."""
    _move(tx, desk_id, items, kind, redemption_id, by)


def _move(
    tx: Transaction, desk_id: int, items: Sequence[Goods], kind: StockMovementKind, redemption_id: int, by: Actor
) -> None:
    in_order = sorted(items, key=lambda each: each.reward_id)
    for each in in_order:
        _change(tx, desk_id, each.reward_id, each.quantity)
    row = {"redemption_id": redemption_id, "reason": None}
    tx.many(_BOOK, [_movement(tx, desk_id, each, kind, by) | row for each in in_order])


def _change(tx: Transaction, desk_id: int, reward_id: int, change: int) -> None:
    if not tx.run(_CHANGE, at_desk_id=desk_id, of_reward_id=reward_id, change=change):
        left = tx.scalar(_LEFT, desk_id=desk_id, reward_id=reward_id) or 0
        raise OutOfStock(reward_id=reward_id, remaining_quantity=left)


def _change_by_hand(kind: StockMovementKind, quantity: int, before: int) -> int:
    if kind is StockMovementKind.COUNTED:
        return quantity - before
    return -quantity if kind is StockMovementKind.DAMAGED else quantity


def _movement(tx: Transaction, desk_id: int, goods: Goods, kind: StockMovementKind, by: Actor) -> dict[str, object]:
    return {
        "desk_id": desk_id,
        "reward_id": goods.reward_id,
        "kind": kind,
        "quantity": goods.quantity,
        "moved_by": by.name,
        "moved_at": tx.now,
    }
