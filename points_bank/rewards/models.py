"""Tables of desks, the catalogue, and stock."""

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from points_bank.columns import check, instant, is_one_of, key, one_of, refers_to


class StockMovementKind(StrEnum):
    """`received`, `counted`, `damaged` and `returned` are entered by hand; the others follow from redemptions."""

    RECEIVED = "received"
    COUNTED = "counted"
    DAMAGED = "damaged"
    RETURNED = "returned"
    REDEEMED = "redeemed"
    RESERVED = "reserved"
    RELEASED = "released"
    REFUNDED = "refunded"


class Desk(SQLModel, table=True):
    id: int | None = key()
    code: str = Field(max_length=32, unique=True)
    name: str = Field(max_length=80)
    branch_id: int = refers_to("branch.id", index=True)
    created_at: datetime = instant()


class Reward(SQLModel, table=True):
    """Something points are exchanged for, offered in a branch and all below it."""

    __table_args__ = (check("cost", "cost_points > 0"), sa.UniqueConstraint("branch_id", "name"))

    id: int | None = key()
    branch_id: int = refers_to("branch.id")
    name: str = Field(max_length=80)
    cost_points: int
    is_offered: bool = True
    created_at: datetime = instant()


class Stock(SQLModel, table=True):
    """What is left of a reward at a desk: the sum of its movements, kept so that the last item goes once.

    Stock belongs to one desk, whose clerks all draw on it: counters that share a shelf are one desk.
    """

    __table_args__ = (check("remaining", "remaining_quantity >= 0"),)

    desk_id: int = Field(primary_key=True, foreign_key="desk.id")
    reward_id: int = Field(primary_key=True, foreign_key="reward.id", index=True)
    remaining_quantity: int


class StockMovement(SQLModel, table=True):
    """Goods that came (positive) or went (negative). Never updated, never deleted."""

    __tablename__ = "stock_movement"
    __table_args__ = (
        is_one_of("kind", StockMovementKind),
        check("quantity", "quantity <> 0 OR kind = 'counted'"),
        sa.Index("ix_stock_movement_stock", "desk_id", "reward_id", "id"),
    )

    id: int | None = key()
    desk_id: int = refers_to("desk.id")
    reward_id: int = refers_to("reward.id")
    kind: StockMovementKind = one_of(StockMovementKind)
    quantity: int
    reason: str | None = Field(default=None, max_length=200)
    redemption_id: int | None = refers_to("redemption.id", index=True, optional=True)
    moved_by: str = Field(max_length=40)
    moved_at: datetime = instant()
