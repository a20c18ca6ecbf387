"""Tables of desks, the catalogue, and stock."""

from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from points_bank.columns import BigInt, check, instant, is_one_of, key, one_of, refers_to


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


class WriteOffState(StrEnum):
    PROPOSED = "proposed"
    CONFIRMED = "confirmed"
    REJECTED = "rejected"


class WaitingState(StrEnum):
    """`told` that it is there again; `served` at a desk; `left` on their own."""

    WAITING = "waiting"
    TOLD = "told"
    SERVED = "served"
    LEFT = "left"


_IN_LINE = sa.text("state = 'waiting'")
_IS_OPEN = sa.text("state IN ('waiting', 'told')")


class Desk(SQLModel, table=True):
    """Where goods are handed over. `opening` says when (see `Opening`); without it the desk is always open."""

    id: int | None = key()
    code: str = Field(max_length=32, unique=True)
    name: str = Field(max_length=80)
    branch_id: int = refers_to("branch.id", index=True)
    opening: dict[str, Any] | None = Field(default=None, sa_type=sa.JSON(none_as_null=True))
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


class RewardPicture(SQLModel, table=True):
    """A reward's picture: a JPEG that was made here, and the name of its content, by which it is asked for."""

    __tablename__ = "reward_picture"

    reward_id: int = Field(primary_key=True, foreign_key="reward.id", sa_type=BigInt)
    content: bytes = Field(sa_type=sa.LargeBinary)
    digest: str = Field(max_length=24, index=True)
    kept_at: datetime = instant()


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


class WriteOff(SQLModel, table=True):
    """Damaged goods, off the shelf from when they were proposed: a second person confirms, or finds them good.

    What was found good went back on the shelf by `returned_movement_id`.
    """

    __tablename__ = "write_off"
    __table_args__ = (
        is_one_of("state", WriteOffState),
        check("decision", "(state = 'proposed') = (decided_at IS NULL)"),
        check("returned", "(state = 'rejected') = (returned_movement_id IS NOT NULL)"),
    )

    movement_id: int = Field(primary_key=True, foreign_key="stock_movement.id", sa_type=BigInt)
    state: WriteOffState = one_of(WriteOffState)
    decided_at: datetime | None = instant(optional=True)
    decided_by: str | None = Field(default=None, max_length=40)
    returned_movement_id: int | None = refers_to("stock_movement.id", optional=True)


class Sponsor(SQLModel, table=True):
    """A shop or firm that gives goods, known to a branch and all below it."""

    __table_args__ = (sa.UniqueConstraint("branch_id", "name"),)

    id: int | None = key()
    branch_id: int = refers_to("branch.id")
    name: str = Field(max_length=80)
    created_at: datetime = instant()


class SponsoredReceipt(SQLModel, table=True):
    """Goods received that a sponsor gave. Never updated, never deleted."""

    __tablename__ = "sponsored_receipt"

    movement_id: int = Field(primary_key=True, foreign_key="stock_movement.id", sa_type=BigInt)
    sponsor_id: int = refers_to("sponsor.id", index=True)


class Waiting(SQLModel, table=True):
    """A member who waits for a reward that is sold out at a desk."""

    __table_args__ = (
        is_one_of("state", WaitingState),
        sa.Index("ix_waiting_line", "desk_id", "reward_id", "id", sqlite_where=_IN_LINE, postgresql_where=_IN_LINE),
        sa.Index(
            "uq_waiting_open",
            "member_id",
            "reward_id",
            "desk_id",
            unique=True,
            sqlite_where=_IS_OPEN,
            postgresql_where=_IS_OPEN,
        ),
    )

    id: int | None = key()
    desk_id: int = refers_to("desk.id")
    reward_id: int = refers_to("reward.id")
    member_id: int = refers_to("member.id")
    state: WaitingState = one_of(WaitingState)
    joined_at: datetime = instant()
    joined_by: str = Field(max_length=40)
    told_at: datetime | None = instant(optional=True)
    ended_at: datetime | None = instant(optional=True)
