"""Finding activities and their lines. A mediation is opened by who recorded it and by approvers, by nobody else."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from points_bank.activities.models import ActivityState, ParticipationState
from points_bank.activities.reckoning import ACTIVITY, LINE, Draft, Session
from points_bank.actor import Actor, ActorKind, Task
from points_bank.branches.models import Branch
from points_bank.branches.tree import below_any, branch_seen
from points_bank.columns import given, table_of
from points_bank.errors import NotFound
from points_bank.rules.points import CaseOutcome
from points_bank.rules.rule_set import ServiceRole
from points_bank.transaction import Transaction

BRANCH = table_of(Branch)


class ActivityLine(msgspec.Struct, frozen=True):
    """An activity as it stands."""

    id: int
    branch_id: int
    branch_path: str
    role: ServiceRole
    title: str
    theme: str | None
    place: str | None
    evidence: str | None
    headcount: int | None
    started_at: datetime
    ended_at: datetime
    service_on: date
    state: ActivityState
    is_late: bool
    rule_set_id: int
    recorded_by_id: int
    recorded_at: datetime
    decided_by_id: int | None
    decided_at: datetime | None
    decision_reason: str | None
    settles_at: datetime | None

    @property
    def session(self) -> Session:
        return Session(self.id, self.branch_id, self.role, self.service_on)


class ParticipationLine(msgspec.Struct, frozen=True):
    """A line of an activity as it stands."""

    id: int
    activity_id: int
    member_id: int
    state: ParticipationState
    started_at: datetime
    ended_at: datetime
    minutes: int
    points: int
    is_lead: bool
    case_reference: str | None
    case_outcome: CaseOutcome | None
    followed_up_on: date | None
    arithmetic: dict[str, Any]
    overlap_minutes: int
    decision_reason: str | None
    settled_at: datetime | None
    settles_at: datetime | None

    @property
    def draft(self) -> Draft:
        return Draft(
            member_id=self.member_id,
            started_at=self.started_at,
            minutes=self.minutes,
            is_lead=self.is_lead,
            case_reference=self.case_reference,
            case_outcome=self.case_outcome,
            followed_up_on=self.followed_up_on,
        )


NAME_OF_SERVICE = sa.func.coalesce(LINE.c.case_reference, ACTIVITY.c.title)
"""Of a mediation only the case number is told: its title may name people."""

_ACTIVITY_COLUMNS = [
    BRANCH.c.path.label(name) if name == "branch_path" else ACTIVITY.c[name] for name in ActivityLine.__struct_fields__
]
_LINE_COLUMNS = [LINE.c[name] for name in ParticipationLine.__struct_fields__]
_ACTIVITIES = sa.select(*_ACTIVITY_COLUMNS).join_from(ACTIVITY, BRANCH, BRANCH.c.id == ACTIVITY.c.branch_id)
_OF_IDS = _ACTIVITIES.where(ACTIVITY.c.id.in_(sa.bindparam("ids", expanding=True))).order_by(ACTIVITY.c.id)
_ACTIVITY = _ACTIVITIES.where(*given(ACTIVITY, "id"))
_LINES = sa.select(*_LINE_COLUMNS).where(*given(LINE, "activity_id")).order_by(LINE.c.id)
_MEMBERS = sa.select(LINE.c.member_id).where(*given(LINE, "activity_id"))
_LINES_OF = (
    sa.select(*_LINE_COLUMNS)
    .where(LINE.c.activity_id.in_(sa.bindparam("activity_ids", expanding=True)))
    .order_by(LINE.c.id)
)
_LINE = sa.select(*_LINE_COLUMNS).where(*given(LINE, "id"))


def activity_seen(tx: Transaction, activity_id: int, *, task: Task, by: Actor) -> ActivityLine:
    """An activity, for a task. Refuses `not_found` outside the actor's branches, `forbidden` for another task."""
    activity = _find(tx, activity_id)
    if activity is None or not by.sees(activity.branch_path) or not _may_open(activity, by):
        raise NotFound
    by.require(task, activity.branch_path)
    return activity


def line_seen(tx: Transaction, participation_id: int, *, task: Task, by: Actor) -> ParticipationLine:
    """A line, for a task, under the same conditions as its activity."""
    row = tx.maybe(_LINE, id=participation_id)
    if row is None:
        raise NotFound
    activity_seen(tx, row.activity_id, task=task, by=by)
    return _participation(row)


def own_line(tx: Transaction, participation_id: int, *, by: Actor) -> ParticipationLine:
    """A line of the member who asks. Refuses `not_found` those of others."""
    row = tx.maybe(_LINE, id=participation_id)
    if row is None or by.member_id != row.member_id:
        raise NotFound
    return _participation(row)


def activity_with_lines(
    tx: Transaction, activity_id: int, *, by: Actor
) -> tuple[ActivityLine, list[ParticipationLine]]:
    """An activity and its lines, for reading."""
    return activity_seen(tx, activity_id, task=Task.READ_ACTIVITIES, by=by), lines_of(tx, activity_id)


def lines_of(tx: Transaction, activity_id: int) -> list[ParticipationLine]:
    """The lines of an activity in the order of the sheet."""
    return [_participation(row) for row in tx.all(_LINES, activity_id=activity_id)]


def members_of(tx: Transaction, activity_id: int) -> list[int]:
    """Who stands on an activity's sheet, to be locked before its lines are read."""
    return [row.member_id for row in tx.all(_MEMBERS, activity_id=activity_id)]


def lines_of_many(tx: Transaction, activity_ids: Sequence[int]) -> dict[int, list[ParticipationLine]]:
    """The lines of several activities by activity id."""
    found: dict[int, list[ParticipationLine]] = {activity_id: [] for activity_id in activity_ids}
    for row in tx.all(_LINES_OF, activity_ids=list(activity_ids)):
        found[row.activity_id].append(_participation(row))
    return found


def activities_of(tx: Transaction, activity_ids: Sequence[int]) -> list[ActivityLine]:
    """Several activities by id, for who was found to see them."""
    return [_activity(row) for row in tx.all(_OF_IDS, ids=list(activity_ids))]


def list_activities(
    tx: Transaction,
    *,
    branch_id: int | None = None,
    state: ActivityState | None = None,
    from_on: date | None = None,
    until_on: date | None = None,
    before_id: int | None = None,
    limit: int = 50,
    is_oldest_first: bool = False,
    by: Actor,
) -> list[ActivityLine]:
    """Activities of the actor's branches, newest entry first by default, one more than the limit; both days count."""
    where = [below_any(BRANCH.c.path, by.paths(Task.READ_ACTIVITIES)), is_openable_by(by)]
    if branch_id is not None:
        branch = branch_seen(tx, branch_id, by=by)
        by.require(Task.READ_ACTIVITIES, branch.path)
        where.append(below_any(BRANCH.c.path, [branch.path]))
    if state is not None:
        where.append(ACTIVITY.c.state == state)
    if from_on is not None:
        where.append(ACTIVITY.c.service_on >= from_on)
    if until_on is not None:
        where.append(ACTIVITY.c.service_on <= until_on)
    if before_id is not None:
        where.append(ACTIVITY.c.id < before_id)
    order = ACTIVITY.c.id if is_oldest_first else ACTIVITY.c.id.desc()
    return [_activity(row) for row in tx.all(_ACTIVITIES.where(*where).order_by(order).limit(limit + 1))]


def _find(tx: Transaction, activity_id: int) -> ActivityLine | None:
    row = tx.maybe(_ACTIVITY, id=activity_id)
    return None if row is None else _activity(row)


def _may_open(activity: ActivityLine, by: Actor) -> bool:
    if activity.role is not ServiceRole.MEDIATION or by.kind is ActorKind.SYSTEM:
        return True
    return by.staff_id == activity.recorded_by_id or by.may(Task.APPROVE, activity.branch_path)


def is_openable_by(by: Actor) -> sa.ColumnElement[bool]:
    """`_may_open` as a condition, for lists."""
    if by.kind is ActorKind.SYSTEM:
        return sa.true()
    approving = by.where(Task.APPROVE)
    own = ACTIVITY.c.recorded_by_id == by.id
    return sa.or_(
        ACTIVITY.c.role != ServiceRole.MEDIATION, own, *(BRANCH.c.path.startswith(path) for path in approving)
    )


def _activity(row: Any) -> ActivityLine:
    return ActivityLine(*row)


def _participation(row: Any) -> ParticipationLine:
    return ParticipationLine(*row)
