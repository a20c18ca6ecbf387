"""The table of suspensions."""

from datetime import date, datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from points_bank.columns import check, instant, key, refers_to


class Suspension(SQLModel, table=True):
    """From `decided_at` to 24:00 of `until_on`, unless it is ended before, a member exchanges no points.

    Until 24:00 of `barred_until_on` no late entry is taken for them either. `review_id` names the review that proved
    the fraud. An appeal is the member's own text, and is answered by somebody who neither proposed nor decided.
    """

    __table_args__ = (
        check("two_people", "decided_by_id IS NULL OR decided_by_id <> proposed_by_id"),
        check("decision", "(is_approved IS NULL) = (decided_at IS NULL)"),
        check("barred", "(barred_until_on IS NOT NULL) = (is_approved IS NOT NULL AND is_approved)"),
        check("ended", "(ended_at IS NULL) = (ended_by_id IS NULL)"),
        check("appeal", "(appeal IS NULL) = (appealed_at IS NULL)"),
        check("answer", "(answered_at IS NULL) = (appeal_is_upheld IS NULL)"),
        sa.Index("ix_suspension_member_id", "member_id", "until_on"),
        sa.Index(
            "uq_suspension_pending",
            "member_id",
            unique=True,
            sqlite_where=sa.text("decided_at IS NULL"),
            postgresql_where=sa.text("decided_at IS NULL"),
        ),
    )

    id: int | None = key()
    member_id: int = refers_to("member.id")
    review_id: int | None = refers_to("review.id", optional=True)
    reason: str = Field(max_length=500)
    until_on: date
    proposed_by_id: int = refers_to("staff.id")
    proposed_at: datetime = instant()
    is_approved: bool | None = None
    decided_by_id: int | None = refers_to("staff.id", optional=True)
    decided_at: datetime | None = instant(optional=True)
    barred_until_on: date | None = None
    appeal: str | None = Field(default=None, max_length=500)
    appealed_at: datetime | None = instant(optional=True)
    appealed_by: str | None = Field(default=None, max_length=40)
    appeal_is_upheld: bool | None = None
    answer: str | None = Field(default=None, max_length=500)
    answered_by_id: int | None = refers_to("staff.id", optional=True)
    answered_at: datetime | None = instant(optional=True)
    ended_by_id: int | None = refers_to("staff.id", optional=True)
    ended_at: datetime | None = instant(optional=True)
    ending_reason: str | None = Field(default=None, max_length=500)
