"""Stock: what is left of a reward at a desk, moved in and out, never below zero. A movement is never changed."""

from collections.abc import Mapping, Sequence

import msgspec
import sqlalchemy as sa

from points_bank import audit
from points_bank.actor import Actor, Task
from points_bank.columns import given, table_of
from points_bank.errors import Invalid, OutOfStock, message
from points_bank.rewards.catalogue import reward_at
from points_bank.rewards.desks import desk_of, desk_seen
from points_bank.rewards.models import Stock, StockMovement, StockMovementKind, WriteOff, WriteOffState
from points_bank.rewards.sponsors import keep_sponsored, require_sponsor
from points_bank.rewards.waiting_list import tell_waiting
from points_bank.transaction import Transaction

STOCK, MOVEMENT, WRITE_OFF = table_of(Stock), table_of(StockMovement), table_of(WriteOff)

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


class Goods(msgspec.Struct, frozen=True):
    """So many of a reward."""

    reward_id: int
    quantity: int


class Moved(msgspec.Struct, frozen=True):
    """A movement as booked: `quantity` is negative for what went; `remaining` is what the desk has after it.

    `needs_confirmation` is true of damaged goods, which a second person confirms.
    """

    id: int
    kind: StockMovementKind
    quantity: int
    remaining: int
    sponsor_id: int | None = None
    needs_confirmation: bool = False


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
_PROPOSE = sa.insert(WRITE_OFF)


def move_stock(
    tx: Transaction,
    reward_id: int,
    *,
    desk_id: int,
    kind: StockMovementKind,
    quantity: int,
    reason: str | None = None,
    sponsor_id: int | None = None,
    by: Actor,
) -> Moved:
    """Book goods that were received, damaged or handed back, or how many were found when they were counted.

    A count is booked as its difference to the books, also when that is 0. What is damaged leaves the shelf at once and
    is written off when a second person confirms it. Refuses `out_of_stock` where more went than was there, goods
    damaged or handed back without a reason, and a sponsor of what was not received.
    """
    desk = desk_seen(tx, desk_id, by=by)
    by.require(BY_HAND[kind], desk.branch_path)
    reward_at(tx, desk, reward_id)
    if not (0 if kind is StockMovementKind.COUNTED else 1) <= quantity <= LARGEST_QUANTITY:
        raise Invalid({"quantity": OUT_OF_RANGE})
    if reason is None and BY_HAND[kind] is Task.MOVE_STOCK:
        raise Invalid({"reason": REASON_NEEDED})
    if sponsor_id is not None:
        require_sponsor(tx, sponsor_id, desk, kind)
    before = tx.scalar(_LOCK, desk_id=desk_id, reward_id=reward_id)
    change = _change_by_hand(kind, quantity, before or 0)
    if before is None and change >= 0:
        tx.run(_START, desk_id=desk_id, reward_id=reward_id, remaining_quantity=change)
    else:
        _change(tx, desk_id, reward_id, change)
    movement_id = tx.scalar(_BOOK_ONE, **_movement(tx, desk_id, Goods(reward_id, change), kind, by), reason=reason)
    audit.note(tx, by, f"reward:{reward_id}", f"desk:{desk_id}", f"stock_movement:{movement_id}")
    if sponsor_id is not None:
        keep_sponsored(tx, movement_id, sponsor_id)
    is_damaged = kind is StockMovementKind.DAMAGED
    if is_damaged:
        propose_write_off(tx, movement_id)
    tell_waiting(tx, desk, {reward_id: change})
    return Moved(movement_id, kind, change, (before or 0) + change, sponsor_id, is_damaged)


def remaining_at(tx: Transaction, *, desk_id: int, reward_id: int) -> int:
    """What a desk has left of a reward."""
    return tx.scalar(_LEFT, desk_id=desk_id, reward_id=reward_id) or 0


def take(
    tx: Transaction, *, desk_id: int, items: Sequence[Goods], kind: StockMovementKind, redemption_id: int, by: Actor
) -> None:
    """Take goods out for a redemption. Refuses `out_of_stock`, naming the reward.

    Many wait for these rows, so an act takes goods last, and always in the order of rewards.
    """
    _move(tx, desk_id, [Goods(each.reward_id, -each.quantity) for each in items], kind, redemption_id, by)


def put_back(
    tx: Transaction,
    *,
    desk_id: int,
    items: Sequence[Goods],
    kind: StockMovementKind,
    redemption_id: int,
    damaged: Sequence[Goods] = (),
    reason: str | None = None,
    by: Actor,
) -> None:
    """Put back what `take` took for a redemption; as last, and in the same order.

    What of it is damaged does not go back on the shelf: a second person confirms that it is written off.
    """
    _move(tx, desk_id, items, kind, redemption_id, by)
    broken = {each.reward_id: each.quantity for each in damaged}
    for each in sorted(damaged, key=lambda each: each.reward_id):
        _change(tx, desk_id, each.reward_id, -each.quantity)
        gone = Goods(each.reward_id, -each.quantity)
        row = _movement(tx, desk_id, gone, StockMovementKind.DAMAGED, by)
        propose_write_off(tx, tx.scalar(_BOOK_ONE, **row, reason=reason))
    back = {each.reward_id: each.quantity - broken.get(each.reward_id, 0) for each in items}
    tell_waiting(tx, desk_of(tx, desk_id), back)


def propose_write_off(tx: Transaction, movement_id: int) -> None:
    """Note that a movement of damaged goods waits for a second person."""
    tx.run(
        _PROPOSE, movement_id=movement_id, state=WriteOffState.PROPOSED, decided_at=None, decided_by=None,
        returned_movement_id=None,
    )  # fmt: skip


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
        left = remaining_at(tx, desk_id=desk_id, reward_id=reward_id)
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
