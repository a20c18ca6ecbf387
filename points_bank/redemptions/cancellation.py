"""Cancellation: the points go back to the lots they came from, the goods to stock."""

from collections.abc import Sequence
from datetime import date

import msgspec
import sqlalchemy as sa

from points_bank import audit
from points_bank.actor import Actor, Task
from points_bank.columns import table_of
from points_bank.errors import AlreadyCollected, Invalid, NotFound, message
from points_bank.ledger.accounts import lock_members, spendable_points
from points_bank.ledger.models import TransferKind
from points_bank.ledger.spending import give_back
from points_bank.redemptions.finding import Item, RedemptionLine, items_of, lock_redemption
from points_bank.redemptions.models import Redemption, RedemptionState
from points_bank.redemptions.payers import refuse_own
from points_bank.redemptions.payments import payments_of
from points_bank.rewards.desks import desk_of
from points_bank.rewards.models import StockMovementKind
from points_bank.rewards.stock import Goods, put_back
from points_bank.rules.in_force import rules_in_force
from points_bank.transaction import Transaction

REDEMPTION = table_of(Redemption)

NOT_ORDERED = message("Not so many were ordered.")


class Cancelled(msgspec.Struct, frozen=True):
    """`amount_points` went back; `spendable_points` is what the member can spend now."""

    id: int
    state: RedemptionState
    amount_points: int
    spendable_points: int


_END = (
    sa.update(REDEMPTION)
    .where(REDEMPTION.c.id == sa.bindparam("redemption_id"))
    .values(
        state=sa.bindparam("new_state"),
        ended_at=sa.bindparam("now"),
        ended_by=sa.bindparam("who"),
        ending_reason=sa.bindparam("why"),
    )
)


def cancel_redemption(
    tx: Transaction, redemption_id: int, *, reason: str, damaged: Sequence[Goods] = (), by: Actor
) -> Cancelled:
    """Undo an exchange or a reservation at a desk where the actor serves.

    What came back `damaged` is put aside until a second person confirms. Refuses `same_person`, `already_cancelled`,
    `reservation_expired`, and `invalid` more damaged goods than were ordered.
    """
    redemption = lock_redemption(tx, redemption_id)
    by.require(Task.SERVE, desk_of(tx, redemption.desk_id).branch_path)
    for member_id in {redemption.member_id, *(payment.member_id for payment in payments_of(tx, redemption))}:
        refuse_own(member_id, by=by)
    _check_damaged(damaged, items_of(tx, redemption_id))
    return _cancel(tx, redemption, reason=reason, damaged=damaged, by=by)


def cancel_own_reservation(tx: Transaction, redemption_id: int, *, reason: str | None = None, by: Actor) -> Cancelled:
    """Undo a reservation of the member who asks. Refuses what was handed over with `already_collected`."""
    redemption = lock_redemption(tx, redemption_id)
    if redemption.member_id != by.member_id or redemption.expires_at is None:
        raise NotFound
    if redemption.state is RedemptionState.COLLECTED:
        raise AlreadyCollected
    return _cancel(tx, redemption, reason=reason, by=by)


def end_redemption(
    tx: Transaction,
    redemption: RedemptionLine,
    *,
    state: RedemptionState,
    on: date,
    reason: str | None = None,
    damaged: Sequence[Goods] = (),
    by: Actor,
) -> None:
    """Give points and goods back as of a day: released where they were only held, else refunded.

    Where several people paid, each has their own points back. What comes back to a lot that has lapsed by that day
    gets the days of grace of the rules in force on it.
    """
    is_held = redemption.state is RedemptionState.RESERVED
    desk = desk_of(tx, redemption.desk_id)
    rules = rules_in_force(tx, branch_path=desk.branch_path, on=on).rule_set
    tx.run(_END, redemption_id=redemption.id, new_state=state, now=tx.now, who=by.name, why=reason)
    payments = payments_of(tx, redemption)
    lock_members(tx, [payment.member_id for payment in payments])
    for payment in payments:
        give_back(
            tx,
            member_id=payment.member_id,
            kind=TransferKind.RELEASE if is_held else TransferKind.REFUND,
            branch_id=desk.branch_id,
            on=on,
            reference=payment.reference,
            grace_days=rules.grace_days,
        )
    audit.note(tx, by, f"redemption:{redemption.id}", f"member:{redemption.member_id}", f"desk:{desk.id}")
    put_back(
        tx,
        desk_id=desk.id,
        items=[Goods(item.reward_id, item.quantity) for item in items_of(tx, redemption.id)],
        kind=StockMovementKind.RELEASED if is_held else StockMovementKind.REFUNDED,
        redemption_id=redemption.id,
        damaged=damaged,
        reason=reason,
        by=by,
    )


def _check_damaged(damaged: Sequence[Goods], items: Sequence[Item]) -> None:
    ordered = {item.reward_id: item.quantity for item in items}
    for place, each in enumerate(damaged):
        if each.quantity > ordered.pop(each.reward_id, 0):
            raise Invalid({f"damaged[{place}]": NOT_ORDERED})


def _cancel(
    tx: Transaction, redemption: RedemptionLine, *, reason: str | None, damaged: Sequence[Goods] = (), by: Actor
) -> Cancelled:
    redemption.refuse_ended(tx.now)
    end_redemption(tx, redemption, state=RedemptionState.CANCELLED, on=tx.today, reason=reason, damaged=damaged, by=by)
    spendable = spendable_points(tx, redemption.member_id)
    return Cancelled(redemption.id, RedemptionState.CANCELLED, redemption.amount_points, spendable)
