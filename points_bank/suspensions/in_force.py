"""What a suspension keeps a member from, today: exchanging points, and late entries of service."""

from collections.abc import Collection
from datetime import date

import sqlalchemy as sa

from points_bank.columns import given, table_of
from points_bank.errors import BackEntryBarred, RedemptionSuspended
from points_bank.suspensions.models import Suspension
from points_bank.transaction import Transaction

SUSPENSION = table_of(Suspension)

STANDS = sa.and_(SUSPENSION.c.is_approved.is_(True), SUSPENSION.c.ended_at.is_(None))
"""Decided, and not ended by a decision; whether its date is past is asked beside it."""

SUSPENDED_UNTIL = sa.select(sa.func.max(SUSPENSION.c.until_on)).where(
    *given(SUSPENSION, "member_id"), STANDS, SUSPENSION.c.until_on >= sa.bindparam("today")
)
"""The last day of a suspension that runs today, or null; `member_id` and `today` are given."""
_BARRED = (
    sa.select(SUSPENSION.c.member_id, sa.func.max(SUSPENSION.c.barred_until_on).label("until_on"))
    .where(
        SUSPENSION.c.member_id.in_(sa.bindparam("member_ids", expanding=True)),
        STANDS,
        SUSPENSION.c.barred_until_on >= sa.bindparam("today"),
    )
    .group_by(SUSPENSION.c.member_id)
    .order_by(SUSPENSION.c.member_id)
)


def suspended_until(tx: Transaction, member_id: int) -> date | None:
    """The last day on which a member exchanges nothing, where redemption is suspended today."""
    until_on: date | None = tx.scalar(SUSPENDED_UNTIL, member_id=member_id, today=tx.today)
    return until_on


def refuse_suspended(tx: Transaction, member_id: int) -> None:
    """Refuses `redemption_suspended`. What was reserved before can be collected: its points were taken before."""
    until_on = suspended_until(tx, member_id)
    if until_on is not None:
        raise RedemptionSuspended(until_on=until_on)


def refuse_back_entry(tx: Transaction, member_ids: Collection[int]) -> None:
    """Refuses `back_entry_barred` where a late sheet names somebody whose back entries are barred."""
    for row in tx.all(_BARRED, member_ids=list(member_ids), today=tx.today):
        raise BackEntryBarred(member_id=row.member_id, until_on=row.until_on)
