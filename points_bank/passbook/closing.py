"""Closing a passbook: what is reserved is given back first, so that nothing stays held."""

import sqlalchemy as sa

from points_bank.actor import Actor
from points_bank.clock import day_of
from points_bank.columns import table_of
from points_bank.gifts.donating import donate_to_help_pool
from points_bank.ledger.accounts import lock_account, spendable_points
from points_bank.members.changes import ClosedMember, close_member
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

    With `donate_balance` the points that can be spent then go to the help pool.

    What is under notice still settles, because the service was done; points that are not donated stay in their lots
    until they lapse. Refuses `member_closed` when it is closed already.
    """
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
