"""Tables of redemptions; a reservation is a redemption that is not collected yet."""

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from points_bank.columns import check, instant, is_one_of, key, one_of, refers_to


class RedemptionState(StrEnum):
    RESERVED = "reserved"
    COLLECTED = "collected"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


class Redemption(SQLModel, table=True):
    """Points for goods at a desk. `month` (`2026-12`) is the one whose limit it counts in: that of ordering.

    `expires_at` is set for what was reserved, also once it is collected. `balance_points` is what the member had left
    after ordering, or after collecting where that came later. Who ordered, collected and cancelled is named
    as the books name actors (`staff:5`, `member:7`).

    `household_id` is the household in whose month's limit it counts: the one in which the member lived when they
    ordered. `is_pooled` says that several people of it paid: `redemption_payment` says who.
    """

    __table_args__ = (
        is_one_of("state", RedemptionState),
        check("amount", "amount_points > 0"),
        check("reservation", "state NOT IN ('reserved', 'expired') OR expires_at IS NOT NULL"),
        sa.Index("ix_redemption_member_id", "member_id", "month"),
        check("pool", "is_pooled = false OR household_id IS NOT NULL"),
        sa.Index(
            "ix_redemption_household_id",
            "household_id",
            "month",
            sqlite_where=sa.text("household_id IS NOT NULL"),
            postgresql_where=sa.text("household_id IS NOT NULL"),
        ),
        sa.Index("ix_redemption_desk_id", "desk_id", "collected_at"),
        sa.Index(
            "ix_redemption_ended_at",
            "desk_id",
            "ended_at",
            sqlite_where=sa.text("ended_at IS NOT NULL"),
            postgresql_where=sa.text("ended_at IS NOT NULL"),
        ),
        sa.Index(
            "ix_redemption_proxy_id",
            "proxy_id",
            sqlite_where=sa.text("proxy_id IS NOT NULL"),
            postgresql_where=sa.text("proxy_id IS NOT NULL"),
        ),
        sa.Index(
            "ix_redemption_expires_at",
            "state",
            "expires_at",
            sqlite_where=sa.text("expires_at IS NOT NULL"),
            postgresql_where=sa.text("expires_at IS NOT NULL"),
        ),
    )

    id: int | None = key()
    member_id: int = refers_to("member.id")
    desk_id: int = refers_to("desk.id")
    state: RedemptionState = one_of(RedemptionState)
    amount_points: int
    balance_points: int
    month: str = Field(max_length=7)
    wrong_codes: int = 0
    household_id: int | None = refers_to("household.id", optional=True)
    is_pooled: bool = Field(default=False, sa_column_kwargs={"server_default": sa.false()})
    proxy_id: int | None = refers_to("proxy.id", optional=True)
    ordered_at: datetime = instant()
    ordered_by: str = Field(max_length=40)
    expires_at: datetime | None = instant(optional=True)
    collected_at: datetime | None = instant(optional=True)
    collected_by: str | None = Field(default=None, max_length=40)
    ended_at: datetime | None = instant(optional=True)
    ended_by: str | None = Field(default=None, max_length=40)
    ending_reason: str | None = Field(default=None, max_length=200)


class RedemptionItem(SQLModel, table=True):
    """One kind of goods in a redemption, at the cost of that day."""

    __tablename__ = "redemption_item"
    __table_args__ = (check("quantity", "quantity > 0"), check("cost", "cost_points > 0"))

    redemption_id: int = Field(primary_key=True, foreign_key="redemption.id")
    reward_id: int = Field(primary_key=True, foreign_key="reward.id")
    quantity: int
    cost_points: int


class RedemptionPayment(SQLModel, table=True):
    """What one of several people paid of a redemption. A minor's points need their guardian's word each time."""

    __tablename__ = "redemption_payment"
    __table_args__ = (check("points", "points > 0"), sa.Index("ix_redemption_payment_member_id", "member_id"))

    redemption_id: int = Field(primary_key=True, foreign_key="redemption.id")
    member_id: int = Field(primary_key=True, foreign_key="member.id")
    points: int
    guardian_agreed: bool = False
