"""Tables of donations, help pools, and grants from them."""

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from points_bank.columns import BigInt, check, instant, is_one_of, key, one_of, refers_to


class GrantState(StrEnum):
    PROPOSED = "proposed"
    GRANTED = "granted"
    REJECTED = "rejected"


class Donation(SQLModel, table=True):
    """Points that a member gave: to `receiver_id`, or to the help pool of `branch_id`. Never updated, never deleted."""

    __table_args__ = (
        check("points", "points > 0"),
        check("receiver", "(receiver_id IS NULL) <> (branch_id IS NULL)"),
        check("other", "receiver_id IS NULL OR receiver_id <> member_id"),
        sa.Index("ix_donation_branch_id", "branch_id"),
    )

    id: int | None = key()
    member_id: int = refers_to("member.id", index=True)
    receiver_id: int | None = refers_to("member.id", optional=True)
    branch_id: int | None = refers_to("branch.id", optional=True)
    points: int
    given_at: datetime = instant()
    given_by: str = Field(max_length=40)


class HelpPool(SQLModel, table=True):
    """What is left in a branch's help pool: donations less grants, kept so that it is given out once."""

    __tablename__ = "help_pool"
    __table_args__ = (check("remaining", "remaining_points >= 0"),)

    branch_id: int = Field(primary_key=True, foreign_key="branch.id", sa_type=BigInt)
    remaining_points: int = Field(sa_type=BigInt)


class Grant(SQLModel, table=True):
    """Points of a help pool for a resident in need: one person proposes, a second decides."""

    __tablename__ = "help_pool_grant"
    __table_args__ = (
        is_one_of("state", GrantState),
        check("points", "points > 0"),
        check("decision", "(state = 'proposed') = (decided_at IS NULL)"),
        sa.Index("ix_help_pool_grant_branch_id", "branch_id", "state"),
    )

    id: int | None = key()
    branch_id: int = refers_to("branch.id")
    member_id: int = refers_to("member.id", index=True)
    points: int
    reason: str = Field(max_length=200)
    state: GrantState = one_of(GrantState)
    proposed_at: datetime = instant()
    proposed_by: str = Field(max_length=40)
    decided_at: datetime | None = instant(optional=True)
    decided_by: str | None = Field(default=None, max_length=40)
