"""Tables of reviews and what they look into."""

from datetime import date, datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from points_bank.activities.models import ParticipationState
from points_bank.columns import BigInt, check, instant, is_one_of, key, one_of, refers_to


class Review(SQLModel, table=True):
    """A doubt about many entries: named activities, or all that one recorder entered for service of some days."""

    __table_args__ = (
        check("two_people", "decided_by_id IS NULL OR decided_by_id <> opened_by_id"),
        check("decision", "(decided_by_id IS NULL) = (decided_at IS NULL)"),
        sa.Index("ix_review_branch_id", "branch_id"),
    )

    id: int | None = key()
    branch_id: int = refers_to("branch.id")
    reason: str = Field(max_length=500)
    recorder_id: int | None = refers_to("staff.id", optional=True)
    from_on: date | None = None
    until_on: date | None = None
    opened_by_id: int = refers_to("staff.id")
    opened_at: datetime = instant()
    decided_by_id: int | None = refers_to("staff.id", optional=True)
    decided_at: datetime | None = instant(optional=True)
    decision: str | None = Field(default=None, max_length=500)


class ReviewEntry(SQLModel, table=True):
    """A line under review, with its state, minutes and points when the review began; `is_false` once it is decided.

    `correction_id` is what takes back a false line that had settled.
    """

    __tablename__ = "review_entry"
    __table_args__ = (is_one_of("state_before", ParticipationState),)

    review_id: int = Field(primary_key=True, foreign_key="review.id", sa_type=BigInt)
    participation_id: int = Field(primary_key=True, foreign_key="participation.id", sa_type=BigInt, index=True)
    state_before: ParticipationState = one_of(ParticipationState)
    minutes_before: int
    points_before: int
    is_false: bool | None = None
    correction_id: int | None = refers_to("correction.id", optional=True)
