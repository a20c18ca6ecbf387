"""What waits at a branch office, so that its first page can name one thing to do next."""

from collections.abc import Sequence
from datetime import timedelta

import msgspec
import sqlalchemy as sa

from points_bank.activities.models import ActivityState, Correction, Objection
from points_bank.activities.reading import BRANCH, ActivityLine, activities_of, is_openable_by, list_activities
from points_bank.activities.reckoning import ACTIVITY, LINE
from points_bank.actor import Actor, Task
from points_bank.branches.models import BranchKind
from points_bank.branches.tree import BranchLine, below_any, branch_seen, list_branches
from points_bank.columns import table_of
from points_bank.members.twins import find_twins
from points_bank.transaction import Transaction

CORRECTION, OBJECTION = table_of(Correction), table_of(Objection)
AGAIN = ACTIVITY.alias("again")

RETURNED_DAYS = 30
"""How long a returned sheet is called to mind; by then it is too late to enter it again."""
MOST_TWINS = 99
MOST_BRANCHES = 500
LATEST = 6


class Office(msgspec.Struct, frozen=True, kw_only=True):
    """A branch, or all of the actor's branches where none is chosen, with what waits there for this actor.

    `twins` counts up to `MOST_TWINS`; None for a whole district, where they are only looked for when somebody asks.
    `returned` are the actor's own sheets that were not entered again.
    """

    branches: Sequence[BranchLine]
    branch: BranchLine | None
    to_approve: int
    objections: int
    corrections: int
    twins: int | None
    returned: Sequence[ActivityLine]
    latest: Sequence[ActivityLine]


_OF_LINES = sa.join(LINE, ACTIVITY, ACTIVITY.c.id == LINE.c.activity_id).join(
    BRANCH, BRANCH.c.id == ACTIVITY.c.branch_id
)
_TO_APPROVE = (
    sa.select(sa.func.count())
    .select_from(sa.join(ACTIVITY, BRANCH, BRANCH.c.id == ACTIVITY.c.branch_id))
    .where(ACTIVITY.c.state == ActivityState.LOGGED)
)
_OBJECTIONS = (
    sa.select(sa.func.count())
    .select_from(_OF_LINES.join(OBJECTION, OBJECTION.c.participation_id == LINE.c.id))
    .where(OBJECTION.c.resolved_at.is_(None))
)
_CORRECTIONS = (
    sa.select(sa.func.count())
    .select_from(_OF_LINES.join(CORRECTION, CORRECTION.c.participation_id == LINE.c.id))
    .where(CORRECTION.c.decided_at.is_(None))
)
_RETURNED = (
    sa.select(ACTIVITY.c.id)
    .where(
        ACTIVITY.c.recorded_by_id == sa.bindparam("by_id"),
        ACTIVITY.c.recorded_at > sa.bindparam("after_at", type_=ACTIVITY.c.recorded_at.type),
        ACTIVITY.c.state == ActivityState.RETURNED,
        ~sa.exists().where(
            AGAIN.c.recorded_by_id == ACTIVITY.c.recorded_by_id,
            AGAIN.c.branch_id == ACTIVITY.c.branch_id,
            AGAIN.c.service_on == ACTIVITY.c.service_on,
            AGAIN.c.role == ACTIVITY.c.role,
            AGAIN.c.id > ACTIVITY.c.id,
        ),
    )
    .order_by(ACTIVITY.c.id)
)


def office_seen(tx: Transaction, *, branch_id: int | None = None, by: Actor) -> Office:
    """What waits for the actor in a branch and below it, or everywhere. Refuses who does not work in an office."""
    by.paths(Task.READ_MEMBERS)
    branch = None if branch_id is None else branch_seen(tx, branch_id, by=by)
    approving = _paths(by, Task.APPROVE, branch)
    branches = list_branches(tx, under=None, limit=MOST_BRANCHES, by=by)
    is_district = (branch or branches[0]).kind is BranchKind.DISTRICT
    return Office(
        branches=branches,
        branch=branch,
        to_approve=_count(tx, _TO_APPROVE.where(ACTIVITY.c.recorded_by_id != by.id, is_openable_by(by)), approving),
        objections=_count(tx, _OBJECTIONS, approving),
        corrections=_count(tx, _CORRECTIONS.where(CORRECTION.c.proposed_by_id != by.id), approving),
        twins=_twins(tx, branch_id, by) if _paths(by, Task.KEEP_MEMBERS, branch) and not is_district else None,
        returned=returned_to(tx, by=by),
        latest=_latest(tx, branch_id, by) if _paths(by, Task.READ_ACTIVITIES, branch) else [],
    )


def returned_to(tx: Transaction, *, by: Actor) -> list[ActivityLine]:
    """The sheets of the actor that were given back lately, and that they have not entered again."""
    after_at = tx.now - timedelta(days=RETURNED_DAYS)
    return activities_of(tx, [row.id for row in tx.all(_RETURNED, by_id=by.id, after_at=after_at)])


def _paths(by: Actor, task: Task, branch: BranchLine | None) -> tuple[str, ...]:
    """Where the actor may do a task: below the chosen branch, or wherever they may."""
    if branch is not None:
        return (branch.path,) if by.may(task, branch.path) else ()
    return by.where(task)


def _count(tx: Transaction, statement: sa.Select[int], paths: Sequence[str]) -> int:
    count: int = tx.scalar(statement.where(below_any(BRANCH.c.path, paths))) if paths else 0
    return count


def _twins(tx: Transaction, branch_id: int | None, by: Actor) -> int:
    return len(find_twins(tx, branch_id=branch_id, limit=MOST_TWINS - 1, by=by))


def _latest(tx: Transaction, branch_id: int | None, by: Actor) -> list[ActivityLine]:
    return list_activities(tx, branch_id=branch_id, limit=LATEST, by=by)[:LATEST]
