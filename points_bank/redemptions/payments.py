"""Payments: who paid how much of a redemption, and what of a month's limits is used up."""

import msgspec
import sqlalchemy as sa

from points_bank.columns import given, table_of
from points_bank.members.models import HouseholdMember
from points_bank.redemptions.finding import RedemptionLine
from points_bank.redemptions.models import Redemption, RedemptionPayment, RedemptionState
from points_bank.transaction import Transaction

REDEMPTION, PAYMENT = table_of(Redemption), table_of(RedemptionPayment)
PRESENCE = table_of(HouseholdMember)


OWN_REFERENCE = (
    sa.literal("redemption:")
    + sa.cast(REDEMPTION.c.id, sa.String)
    + sa.case((REDEMPTION.c.is_pooled, sa.literal("/") + sa.cast(REDEMPTION.c.member_id, sa.String)), else_="")
)
"""`reference_of` as a column: of the member who ordered."""
PAYERS_REFERENCE = (
    sa.literal("redemption:")
    + sa.cast(PAYMENT.c.redemption_id, sa.String)
    + "/"
    + sa.cast(PAYMENT.c.member_id, sa.String)
)
"""`reference_of` as a column: of one of several who paid."""


class Payment(msgspec.Struct, frozen=True):
    """What one person paid. `reference` is how the ledger names the cause of their transfers."""

    member_id: int
    points: int
    reference: str


def paid_by_member(which: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
    """A column: the points that a member, given as `member_id`, has paid of such redemptions, alone and with others."""
    alone = sa.select(sa.func.coalesce(sa.func.sum(REDEMPTION.c.amount_points), 0)).where(
        *given(REDEMPTION, "member_id"), REDEMPTION.c.is_pooled.is_(sa.false()), which
    )
    together = (
        sa.select(sa.func.coalesce(sa.func.sum(PAYMENT.c.points), 0))
        .join_from(PAYMENT, REDEMPTION, REDEMPTION.c.id == PAYMENT.c.redemption_id)
        .where(*given(PAYMENT, "member_id"), which)
    )
    return alone.scalar_subquery() + together.scalar_subquery()


_COUNTS = REDEMPTION.c.state.in_((RedemptionState.RESERVED, RedemptionState.COLLECTED))
_IN_MONTH = sa.and_(REDEMPTION.c.month == sa.bindparam("month"), _COUNTS)
_USED_BY_MEMBER = sa.select(paid_by_member(_IN_MONTH).label("used"))
_ORDERED_THERE = sa.select(sa.func.coalesce(sa.func.sum(REDEMPTION.c.amount_points), 0)).where(
    *given(REDEMPTION, "household_id"), _IN_MONTH
)
_LIVES_THERE = sa.and_(PRESENCE.c.household_id == sa.bindparam("household_id"), PRESENCE.c.left_at.is_(None))
_ORDERED_ELSEWHERE = sa.func.coalesce(REDEMPTION.c.household_id, 0) != sa.bindparam("household_id")
_BROUGHT_ALONE = (
    sa.select(sa.func.coalesce(sa.func.sum(REDEMPTION.c.amount_points), 0))
    .join_from(PRESENCE, REDEMPTION, REDEMPTION.c.member_id == PRESENCE.c.member_id)
    .where(_LIVES_THERE, REDEMPTION.c.is_pooled.is_(sa.false()), _ORDERED_ELSEWHERE, _IN_MONTH)
)
_BROUGHT_TOGETHER = (
    sa.select(sa.func.coalesce(sa.func.sum(PAYMENT.c.points), 0))
    .join_from(PRESENCE, PAYMENT, PAYMENT.c.member_id == PRESENCE.c.member_id)
    .join(REDEMPTION, REDEMPTION.c.id == PAYMENT.c.redemption_id)
    .where(_LIVES_THERE, _ORDERED_ELSEWHERE, _IN_MONTH)
)
_USED_BY_HOUSEHOLD = sa.select(
    (_ORDERED_THERE.scalar_subquery() + _BROUGHT_ALONE.scalar_subquery() + _BROUGHT_TOGETHER.scalar_subquery()).label(
        "used"
    )
)
_PAYMENTS = (
    sa.select(PAYMENT.c.member_id, PAYMENT.c.points)
    .where(*given(PAYMENT, "redemption_id"))
    .order_by(PAYMENT.c.member_id)
)


def used_by_member(tx: Transaction, member_id: int, month: str) -> int:
    """Points that a person has paid or reserved in a month (`2026-12`), alone and together with others."""
    used: int = tx.scalar(_USED_BY_MEMBER, member_id=member_id, month=month)
    return used


def used_by_household(tx: Transaction, household_id: int, month: str) -> int:
    """Points of a household in a month: ordered by who lived there then, or paid elsewhere by who lives there now.

    What people paid before they joined counts too, so that nobody leaves, orders alone and joins again for more.
    """
    used: int = tx.scalar(_USED_BY_HOUSEHOLD, household_id=household_id, month=month)
    return used


def payments_of(tx: Transaction, redemption: RedemptionLine) -> list[Payment]:
    """Who paid, by member id."""
    if not redemption.is_pooled:
        return [Payment(redemption.member_id, redemption.amount_points, reference_of(redemption.id))]
    return [
        Payment(row.member_id, row.points, reference_of(redemption.id, payer_id=row.member_id))
        for row in tx.all(_PAYMENTS, redemption_id=redemption.id)
    ]


def reference_of(redemption_id: int, *, payer_id: int | None = None) -> str:
    """How the ledger names a redemption as the cause of a transfer; with the payer where several people paid."""
    return f"redemption:{redemption_id}" if payer_id is None else f"redemption:{redemption_id}/{payer_id}"
