"""Finding a review and what it looks into."""

from datetime import date, datetime

import msgspec
import sqlalchemy as sa

from points_bank.activities.models import Activity, CallBack, Participation, ParticipationState
from points_bank.actor import Actor, Task
from points_bank.branches.models import Branch
from points_bank.branches.tree import below_any
from points_bank.columns import given, table_of
from points_bank.errors import NotFound
from points_bank.reviews.models import Review, ReviewEntry
from points_bank.transaction import Transaction

REVIEW, ENTRY = table_of(Review), table_of(ReviewEntry)
ACTIVITY, BRANCH, CALL, LINE = table_of(Activity), table_of(Branch), table_of(CallBack), table_of(Participation)


class ReviewLine(msgspec.Struct, frozen=True):
    """A review as it stands. It is open until somebody other than who opened it decides."""

    id: int
    branch_id: int
    branch_path: str
    reason: str
    recorder_id: int | None
    from_on: date | None
    until_on: date | None
    opened_by_id: int
    opened_at: datetime
    decided_by_id: int | None
    decided_at: datetime | None
    decision: str | None

    @property
    def cause(self) -> str:
        """How its freezes are called."""
        return f"review:{self.id}"


class Entry(msgspec.Struct, frozen=True):
    """A line under review as it was when the review began (`_before`), and as it stands."""

    participation_id: int
    activity_id: int
    member_id: int
    state_before: ParticipationState
    minutes_before: int
    points_before: int
    state: ParticipationState
    minutes: int
    points: int
    is_false: bool | None
    correction_id: int | None
    answer: str | None


_REVIEWS = (
    sa.select(*(BRANCH.c.path if name == "branch_path" else REVIEW.c[name] for name in ReviewLine.__struct_fields__))
    .join_from(REVIEW, BRANCH, BRANCH.c.id == REVIEW.c.branch_id)
    .order_by(REVIEW.c.id.desc())
)
_REVIEW = _REVIEWS.where(*given(REVIEW, "id"))
_ENTRIES = (
    sa.select(
        ENTRY.c.participation_id,
        LINE.c.activity_id,
        LINE.c.member_id,
        ENTRY.c.state_before,
        ENTRY.c.minutes_before,
        ENTRY.c.points_before,
        LINE.c.state,
        LINE.c.minutes,
        LINE.c.points,
        ENTRY.c.is_false,
        ENTRY.c.correction_id,
        CALL.c.answer,
    )
    .join_from(ENTRY, LINE, LINE.c.id == ENTRY.c.participation_id)
    .outerjoin(CALL, CALL.c.participation_id == LINE.c.id)
    .where(*given(ENTRY, "review_id"))
    .order_by(LINE.c.activity_id, LINE.c.id)
)
_RECORDERS = (
    sa.select(ACTIVITY.c.recorded_by_id)
    .distinct()
    .join_from(ENTRY, LINE, LINE.c.id == ENTRY.c.participation_id)
    .join(ACTIVITY, ACTIVITY.c.id == LINE.c.activity_id)
    .where(*given(ENTRY, "review_id"))
    .order_by(ACTIVITY.c.recorded_by_id)
)


def review_seen(tx: Transaction, review_id: int, *, task: Task, by: Actor) -> ReviewLine:
    """A review, for a task. Refuses `not_found` outside the actor's branches, `forbidden` for another task."""
    row = tx.maybe(_REVIEW, id=review_id)
    if row is None:
        raise NotFound
    review = ReviewLine(*row)
    by.require(task, review.branch_path)
    return review


def entries_of(tx: Transaction, review_id: int) -> list[Entry]:
    """What a review looks into, activity by activity."""
    return [Entry(*row) for row in tx.all(_ENTRIES, review_id=review_id)]


def recorders_of(tx: Transaction, review_id: int) -> set[int]:
    """Who recorded what a review looks into."""
    return {row.recorded_by_id for row in tx.all(_RECORDERS, review_id=review_id)}


def list_reviews(
    tx: Transaction, *, is_open: bool | None, before_id: int | None, limit: int, by: Actor
) -> list[ReviewLine]:
    """Reviews of the actor's branches, newest first, one more than the limit."""
    where = [below_any(BRANCH.c.path, by.paths(Task.READ_DOUBTS))]
    if is_open is not None:
        where.append(REVIEW.c.decided_at.is_(None) if is_open else REVIEW.c.decided_at.is_not(None))
    if before_id is not None:
        where.append(REVIEW.c.id < before_id)
    return [ReviewLine(*row) for row in tx.all(_REVIEWS.where(*where).limit(limit + 1))]
