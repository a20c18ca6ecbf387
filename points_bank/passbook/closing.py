"""Closing a passbook: what is reserved is given back first, so that nothing stays held."""

import sqlalchemy as sa

from points_bank import audit
from points_bank.actor import Actor, Task
from points_bank.clock import day_of
from points_bank.columns import table_of
from points_bank.errors import MemberClosed
from points_bank.gifts.donating import donate_to_help_pool
from points_bank.ledger.accounts import lock_account, spendable_points
from points_bank.members.changes import ClosedMember, add_closing_reason, close_member
from points_bank.members.finding import member_seen
from points_bank.redemptions.cancellation import end_redemption
from points_bank.redemptions.finding import lock_redemption
from points_bank.redemptions.models import Redemption, RedemptionPayment, RedemptionState
from points_bank.transaction import Transaction

REDEMPTION, PAYMENT = table_of(Redemption), table_of(RedemptionPayment)

_IS_PAYER = sa.exists().where(
    PAYMENT.c.redemption_id == REDEMPTION.c.id, PAYMENT.c.member_id == sa.bindparam("member_id")
)
_RESERVED = (
    sa.select(REDEMPTION.c.id)
    .where(
        sa.or_(REDEMPTION.c.member_id == sa.bindparam("member_id"), _IS_PAYER),
        REDEMPTION.c.state == RedemptionState.RESERVED,
    )
    .order_by(REDEMPTION.c.id)
)


def close_passbook(
    tx: Transaction, member_id: int, *, reason: str, donate_balance: bool = False, by: Actor
) -> ClosedMember:
    """Close a member's passbook and end their reservations, those that they pay together with others included.

    With `donate_balance` the points that can be spent then go to the help pool, also those that a passbook still has
    which was closed before.

    What is under notice still settles, because the service was done; points that are not donated stay in their lots
    until they lapse. Refuses `member_closed` when it is closed already and has nothing to donate, or donates nothing.
    """
    if donate_balance and member_seen(tx, member_id, task=Task.KEEP_MEMBERS, by=by).closed_at is not None:
        return _donate_what_is_left(tx, member_id, reason=reason, by=by)
    closed = close_member(tx, member_id, reason=reason, by=by)
    lock_account(tx, member_id)
    for row in tx.all(_RESERVED, member_id=member_id):
        redemption = lock_redemption(tx, row.id)
        assert redemption.expires_at is not None, "a reservation has an end"
        on = day_of(min(redemption.expires_at, tx.now), tx.zone)
        end_redemption(tx, redemption, state=RedemptionState.CANCELLED, on=on, reason=reason, by=by)
    if donate_balance and (points := spendable_points(tx, member_id)) > 0:
        donate_to_help_pool(tx, member_id=member_id, points=points, by=by)
    return closed


def _donate_what_is_left(tx: Transaction, member_id: int, *, reason: str, by: Actor) -> ClosedMember:
    """Nobody stands at the desk any more who could object, so that an approver or administrator does this."""
    closed_at = member_seen(tx, member_id, task=Task.APPROVE, by=by).closed_at
    assert closed_at is not None, "closing is never undone"
    lock_account(tx, member_id)
    points = spendable_points(tx, member_id)
    if points <= 0:
        raise MemberClosed
    add_closing_reason(tx, member_id, reason=reason)
    donated = donate_to_help_pool(tx, member_id=member_id, points=points, by=by)
    audit.note(tx, by, f"member:{member_id}", "closing_reason", f"donation:{donated.id}")
    return ClosedMember(member_id, closed_at)
