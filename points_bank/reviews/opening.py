"""Opening a review: a set of entries is written down as it stands, and what has not settled is frozen."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import msgspec
import sqlalchemy as sa

from points_bank import audit
from points_bank.activities.freezing import freeze_lines
from points_bank.activities.models import Activity, Participation, ParticipationState
from points_bank.activities.reading import activity_seen
from points_bank.activities.sheet import ENDS_BEFORE_START
from points_bank.actor import Actor, Task
from points_bank.branches.models import Branch
from points_bank.branches.tree import BranchLine, below, branch_seen
from points_bank.columns import table_of
from points_bank.errors import Invalid, message
from points_bank.ledger.accounts import lock_members
from points_bank.reviews.models import Review, ReviewEntry
from points_bank.transaction import Transaction

ACTIVITY, BRANCH, LINE = table_of(Activity), table_of(Branch), table_of(Participation)

MOST_ENTRIES = 1_000
"""One act freezes them and one decides them; what is more is looked into in several reviews."""

LONGEST_SPAN = timedelta(days=366)
"""A year, both days included. What is frozen hurts people who may know of nothing: a slip must not freeze the books."""

ONE_OF_THEM = message("Name activities, or a recorder and days: one of the two.")
NOTHING_THERE = message("There is nothing to review.")
TOO_MANY = message("More than 1,000 entries: take fewer days.")
TOO_LONG = message("At most a year: take fewer days.")
OUTSIDE_THE_BRANCH = message("Not an activity of this branch.")


class OpenedReview(msgspec.Struct, frozen=True, kw_only=True):
    """A review as opened: how many entries it has, and how many of them are pending or had settled before."""

    id: int
    branch_id: int
    entries: int
    pending_entries: int
    pending_points: int
    settled_entries: int
    settled_points: int


_SETTLED = ParticipationState.SETTLED
_LINES = (
    sa.select(LINE.c.id, LINE.c.activity_id, LINE.c.member_id, LINE.c.state, LINE.c.minutes, LINE.c.points)
    .join_from(LINE, ACTIVITY, ACTIVITY.c.id == LINE.c.activity_id)
    .join(BRANCH, BRANCH.c.id == ACTIVITY.c.branch_id)
    .where(LINE.c.state != ParticipationState.REJECTED, below(BRANCH.c.path))
    .order_by(LINE.c.id)
    .limit(MOST_ENTRIES + 1)
)
_OF_ACTIVITIES = _LINES.where(ACTIVITY.c.id.in_(sa.bindparam("activity_ids", expanding=True)))
_OF_RECORDER = _LINES.where(
    ACTIVITY.c.recorded_by_id == sa.bindparam("recorder_id"),
    ACTIVITY.c.service_on >= sa.bindparam("from_on"),
    ACTIVITY.c.service_on <= sa.bindparam("until_on"),
)
_OPEN = sa.insert(table_of(Review)).returning(table_of(Review).c.id)
_ADD_ENTRIES = sa.insert(table_of(ReviewEntry))


def open_review(
    tx: Transaction,
    *,
    branch_id: int,
    reason: str,
    activity_ids: Sequence[int] = (),
    recorder_id: int | None = None,
    from_on: date | None = None,
    until_on: date | None = None,
    by: Actor,
) -> OpenedReview:
    """Look into activities of a branch and below, or into all that one recorder entered for service of some days.

    Entries that have not settled are frozen: they stay pending and nobody can spend them. What has settled stays with
    its members, who may know of nothing; what of it proves false is taken back by corrections.
    """
    branch = branch_seen(tx, branch_id, by=by)
    by.require(Task.APPROVE, branch.path)
    for_days = (recorder_id, from_on, until_on)
    if bool(activity_ids) == (None not in for_days) or (activity_ids and any(for_days)):
        raise Invalid({"activity_ids": ONE_OF_THEM})
    if from_on and until_on and until_on < from_on:
        raise Invalid({"until_on": ENDS_BEFORE_START})
    if from_on and until_on and until_on - from_on >= LONGEST_SPAN:
        raise Invalid({"until_on": TOO_LONG})
    lines = _lines_locked(tx, branch, activity_ids, for_days, by)
    review_id = tx.scalar(
        _OPEN, branch_id=branch_id, reason=reason, recorder_id=recorder_id, from_on=from_on, until_on=until_on,
        opened_by_id=by.staff_id, opened_at=tx.now,
    )  # fmt: skip
    tx.many(
        _ADD_ENTRIES,
        [
            {
                "review_id": review_id,
                "participation_id": line.id,
                "state_before": line.state,
                "minutes_before": line.minutes,
                "points_before": line.points,
            }
            for line in lines
        ],
    )
    pending = [line for line in lines if line.state is not _SETTLED]
    freeze_lines(tx, [line.id for line in pending], cause=f"review:{review_id}", by=by)
    audit.note(tx, by, f"review:{review_id}", f"branch:{branch_id}")
    return OpenedReview(
        id=review_id,
        branch_id=branch_id,
        entries=len(lines),
        pending_entries=len(pending),
        pending_points=sum(line.points for line in pending),
        settled_entries=len(lines) - len(pending),
        settled_points=sum(line.points for line in lines if line.state is _SETTLED),
    )


def _lines_locked(
    tx: Transaction, branch: BranchLine, activity_ids: Sequence[int], for_days: tuple[Any, ...], by: Actor
) -> list[Any]:
    """The lines to be reviewed, with their members locked. Refuses activities that are not found or lie elsewhere."""
    for activity_id in activity_ids:
        activity = activity_seen(tx, activity_id, task=Task.APPROVE, by=by)
        if not activity.branch_path.startswith(branch.path):
            raise Invalid({"activity_ids": OUTSIDE_THE_BRANCH})
    found = _lines(tx, branch, activity_ids, for_days)
    if not found:
        raise Invalid({"activity_ids" if activity_ids else "recorder_staff_id": NOTHING_THERE})
    if len(found) > MOST_ENTRIES:
        raise Invalid({"activity_ids" if activity_ids else "until_on": TOO_MANY})
    members = {line.member_id for line in found}
    lock_members(tx, members)
    return [line for line in _lines(tx, branch, activity_ids, for_days) if line.member_id in members]


def _lines(tx: Transaction, branch: BranchLine, activity_ids: Sequence[int], for_days: tuple[Any, ...]) -> list[Any]:
    if activity_ids:
        return list(tx.all(_OF_ACTIVITIES, activity_ids=list(activity_ids), path=branch.path))
    recorder_id, from_on, until_on = for_days
    return list(tx.all(_OF_RECORDER, recorder_id=recorder_id, from_on=from_on, until_on=until_on, path=branch.path))
