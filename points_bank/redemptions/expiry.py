"""Expiry: a reservation that nobody collected gives points and goods back by itself."""

from datetime import datetime

import sqlalchemy as sa

from points_bank.actor import SYSTEM
from points_bank.clock import day_of
from points_bank.columns import table_of
from points_bank.redemptions.cancellation import end_redemption
from points_bank.redemptions.finding import lock_redemption
from points_bank.redemptions.models import Redemption, RedemptionState
from points_bank.transaction import Transaction

REDEMPTION = table_of(Redemption)

RESERVATIONS_AT_A_TIME = 50
"""How many one act releases: short enough that a desk does not wait."""

_FIRST = sa.select(sa.func.min(REDEMPTION.c.expires_at)).where(REDEMPTION.c.state == RedemptionState.RESERVED)
_DUE = (
    sa.select(REDEMPTION.c.id, REDEMPTION.c.expires_at)
    .where(REDEMPTION.c.state == RedemptionState.RESERVED, REDEMPTION.c.expires_at <= sa.bindparam("due_at"))
    .order_by(REDEMPTION.c.expires_at, REDEMPTION.c.id)
    .limit(RESERVATIONS_AT_A_TIME)
)


def next_release(tx: Transaction) -> datetime | None:
    """When the first open reservation runs out, past or to come."""
    first: datetime | None = tx.scalar(_FIRST)
    return first


def release_due(tx: Transaction, *, due_at: datetime) -> int:
    """Release some of the reservations that had run out by `due_at`, as of that day; how many.

    The day is the one on which they ran out, however late this is done: whether a lot takes its points back or gives
    them days of grace does not depend on whether the bank was open.
    """
    due = tx.all(_DUE, due_at=due_at)
    for row in due:
        redemption = lock_redemption(tx, row.id)
        end_redemption(tx, redemption, state=RedemptionState.EXPIRED, on=day_of(row.expires_at, tx.zone), by=SYSTEM)
    return len(due)
