"""Sheets as the second person looks at them: which wait, which look odd, and one with all that belongs to it."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from points_bank.activities.call_backs import CallLine, Sample, sample_of
from points_bank.activities.flagging import flags_for
from points_bank.activities.flags import Flag
from points_bank.activities.models import ActivityState, Correction, Objection, ParticipationState
from points_bank.activities.reading import (
    BRANCH,
    ActivityLine,
    ParticipationLine,
    activity_with_lines,
    is_openable_by,
    lines_of_many,
    list_activities,
)
from points_bank.activities.reckoning import ACTIVITY, LINE
from points_bank.actor import Actor, Task
from points_bank.branches.tree import below_any
from points_bank.columns import table_of
from points_bank.members.record import MemberRecord, records_of
from points_bank.rules.rule_set import ServiceRole
from points_bank.staff.models import Staff
from points_bank.transaction import Transaction

CORRECTION, OBJECTION, STAFF = table_of(Correction), table_of(Objection), table_of(Staff)

MOST_WAITING = 100
MOST_DOUBTS = 100


class WaitingSheet(msgspec.Struct, frozen=True, kw_only=True):
    """A sheet that waits, in figures. `title` is a mediation's case number. `flags` are what looks odd about it."""

    activity: ActivityLine
    title: str
    branch_name: str
    recorder_name: str
    people: int
    minutes: int
    points: int
    held: int
    flags: Sequence[Flag]

    @property
    def is_odd(self) -> bool:
        return bool(self.flags or self.held or self.activity.is_late)


class WaitingSheets(msgspec.Struct, frozen=True):
    """`odd` ones are looked at one by one, `ordinary` ones can be approved together; `own` wait for somebody else."""

    odd: Sequence[WaitingSheet]
    ordinary: Sequence[WaitingSheet]
    own: Sequence[WaitingSheet]


class DoubtLine(msgspec.Struct, frozen=True):
    """A correction or an objection of a line, by whom and when; a member's has no `by_name`."""

    id: int
    line_id: int
    activity_id: int
    title: str
    service_on: date
    member_id: int
    member_name: str
    reason: str
    by_name: str | None
    at: datetime
    is_decided: bool
    is_granted: bool | None
    decided_by_name: str | None
    decided_at: datetime | None
    answer: str | None = None
    minutes_before: int | None = None
    minutes_after: int | None = None
    points_before: int | None = None
    points_after: int | None = None


class Inspected(msgspec.Struct, frozen=True, kw_only=True):
    """An activity with all that belongs to it; `may_decide` is False for who recorded it."""

    activity: ActivityLine
    title: str
    branch_name: str
    recorder_name: str
    decider_name: str | None
    lines: Sequence[ParticipationLine]
    people: Mapping[int, MemberRecord]
    flags: Sequence[Flag]
    corrections: Sequence[DoubtLine]
    objections: Sequence[DoubtLine]
    sample: Sample | None
    may_decide: bool
    may_correct: bool
    may_object: bool

    @property
    def calls(self) -> Mapping[int, CallLine]:
        return {each.participation_id: each for each in self.sample.lines} if self.sample else {}


_BRANCHES = sa.select(BRANCH.c.id, BRANCH.c.name).where(BRANCH.c.id.in_(sa.bindparam("ids", expanding=True)))
_STAFF = sa.select(STAFF.c.id, STAFF.c.name).where(STAFF.c.id.in_(sa.bindparam("ids", expanding=True)))
_CORRECTIONS = (
    sa.select(
        CORRECTION, LINE.c.activity_id, LINE.c.member_id, LINE.c.service_on, LINE.c.case_reference, ACTIVITY.c.title
    )
    .join_from(CORRECTION, LINE, LINE.c.id == CORRECTION.c.participation_id)
    .join(ACTIVITY, ACTIVITY.c.id == LINE.c.activity_id)
    .join(BRANCH, BRANCH.c.id == ACTIVITY.c.branch_id)
    .order_by(CORRECTION.c.id)
)
_OBJECTIONS = (
    sa.select(
        OBJECTION, LINE.c.activity_id, LINE.c.member_id, LINE.c.service_on, LINE.c.case_reference, ACTIVITY.c.title
    )
    .join_from(OBJECTION, LINE, LINE.c.id == OBJECTION.c.participation_id)
    .join(ACTIVITY, ACTIVITY.c.id == LINE.c.activity_id)
    .join(BRANCH, BRANCH.c.id == ACTIVITY.c.branch_id)
    .order_by(OBJECTION.c.id)
)


def waiting_sheets(tx: Transaction, *, branch_id: int | None = None, by: Actor) -> WaitingSheets:
    """The sheets that wait for approval where the actor approves, the oldest first. Refuses who approves nowhere."""
    by.paths(Task.APPROVE)
    found = list_activities(tx, branch_id=branch_id, state=ActivityState.LOGGED, limit=MOST_WAITING, by=by)
    approving = [each for each in reversed(found[:MOST_WAITING]) if by.may(Task.APPROVE, each.branch_path)]
    sheets = _sheets(tx, approving, by)
    others = [each for each in sheets if each.activity.recorded_by_id != by.staff_id]
    return WaitingSheets(
        odd=[each for each in others if each.is_odd],
        ordinary=[each for each in others if not each.is_odd],
        own=[each for each in sheets if each.activity.recorded_by_id == by.staff_id],
    )


def listed_sheets(
    tx: Transaction, *, branch_id: int | None, state: ActivityState | None, before_id: int | None, limit: int, by: Actor
) -> list[WaitingSheet]:
    """Sheets of the actor's branches, newest entry first, one more than the limit; what looks odd is left out."""
    found = list_activities(tx, branch_id=branch_id, state=state, before_id=before_id, limit=limit, by=by)
    return _sheets(tx, found, by, with_flags=False)


def inspected(tx: Transaction, activity_id: int, *, by: Actor) -> Inspected:
    """An activity with its people, what looks odd, and what was doubted and corrected."""
    activity, lines = activity_with_lines(tx, activity_id, by=by)
    may = {task: by.may(task, activity.branch_path) for task in (Task.APPROVE, Task.LOG, Task.OBJECT, Task.READ_DOUBTS)}
    of_it = LINE.c.activity_id == activity_id
    objections = _doubts(tx, _OBJECTIONS.where(of_it))
    if not may[Task.READ_DOUBTS]:
        objections = []
    names = _names(tx, _STAFF, {activity.recorded_by_id, activity.decided_by_id})
    return Inspected(
        activity=activity,
        title=_title(activity, lines),
        branch_name=_names(tx, _BRANCHES, {activity.branch_id})[activity.branch_id],
        recorder_name=names[activity.recorded_by_id],
        decider_name=names[activity.decided_by_id] if activity.decided_by_id else None,
        lines=lines,
        people={each.id: each for each in records_of(tx, sorted({line.member_id for line in lines}))},
        flags=flags_for(tx, [activity], {activity.id: lines}, by=by).get(activity.id, []),
        corrections=_doubts(tx, _CORRECTIONS.where(of_it)),
        objections=objections,
        sample=sample_of(tx, activity_id) if may[Task.READ_DOUBTS] else None,
        may_decide=may[Task.APPROVE] and activity.recorded_by_id != by.staff_id,
        may_correct=may[Task.LOG],
        may_object=may[Task.OBJECT],
    )


def open_doubts(tx: Transaction, *, by: Actor) -> tuple[Sequence[DoubtLine], Sequence[DoubtLine]]:
    """The objections and the corrections that wait in the actor's branches, the oldest first.

    Who only records sees their own proposals, and no objection.
    """
    where = is_openable_by(by)
    reading = by.where(Task.READ_DOUBTS)
    logging = by.paths(Task.READ_ACTIVITIES)
    objections = _OBJECTIONS.where(where, OBJECTION.c.resolved_at.is_(None), below_any(BRANCH.c.path, reading))
    corrections = _CORRECTIONS.where(where, CORRECTION.c.decided_at.is_(None), below_any(BRANCH.c.path, logging))
    return _doubts(tx, objections.limit(MOST_DOUBTS)), _doubts(tx, corrections.limit(MOST_DOUBTS))


def _sheets(
    tx: Transaction, activities: Sequence[ActivityLine], by: Actor, *, with_flags: bool = True
) -> list[WaitingSheet]:
    lines = lines_of_many(tx, [each.id for each in activities])
    flags = flags_for(tx, activities, lines, by=by) if with_flags and activities else {}
    branches = _names(tx, _BRANCHES, {each.branch_id for each in activities})
    recorders = _names(tx, _STAFF, {each.recorded_by_id for each in activities})
    return [
        _sheet(each, lines[each.id], flags.get(each.id, []), branches[each.branch_id], recorders[each.recorded_by_id])
        for each in activities
    ]


def _sheet(
    activity: ActivityLine, lines: Sequence[ParticipationLine], flags: Sequence[Flag], branch: str, recorder: str
) -> WaitingSheet:
    kept = [line for line in lines if line.state is not ParticipationState.REJECTED]
    return WaitingSheet(
        activity=activity,
        title=_title(activity, lines),
        branch_name=branch,
        recorder_name=recorder,
        people=len(kept),
        minutes=sum(line.minutes for line in kept),
        points=sum(line.points for line in kept),
        held=sum(line.state is ParticipationState.HELD for line in kept),
        flags=flags,
    )


def _title(activity: ActivityLine, lines: Sequence[ParticipationLine]) -> str:
    """Of a mediation only the case number is told: its title may name people."""
    if activity.role is not ServiceRole.MEDIATION:
        return activity.title
    return next((line.case_reference for line in lines if line.case_reference), activity.title)


def _names(tx: Transaction, statement: sa.Select[Any], ids: Collection[int | None]) -> dict[int, str]:
    return {row.id: row.name for row in tx.all(statement, ids=sorted(each for each in ids if each is not None))}


def _doubts(tx: Transaction, statement: sa.Select[Any]) -> list[DoubtLine]:
    rows = [row._asdict() for row in tx.all(statement)]
    who = ("proposed_by_id", "raised_by_id", "decided_by_id", "resolved_by_id")
    names = _names(tx, _STAFF, {row.get(name) for row in rows for name in who})
    people = {each.id: each.name for each in records_of(tx, sorted({row["member_id"] for row in rows}))}
    return [_doubt(row, names, people) for row in rows]


def _doubt(row: Mapping[str, Any], names: Mapping[int, str], people: Mapping[int, str]) -> DoubtLine:
    is_objection = "raised_at" in row
    by, decided_by = ("raised_by_id", "resolved_by_id") if is_objection else ("proposed_by_id", "decided_by_id")
    shared: dict[str, Any] = {name: row[name] for name in ("id", "activity_id", "service_on", "member_id", "reason")}
    figures: dict[str, Any] = {
        name: row.get(name) for name in ("minutes_before", "minutes_after", "points_before", "points_after")
    }
    decided_at = row["resolved_at" if is_objection else "decided_at"]
    return DoubtLine(
        **shared, **figures,
        line_id=row["participation_id"],
        title=row["case_reference"] or row["title"],
        member_name=people[row["member_id"]],
        by_name=names.get(row[by]),
        at=row["raised_at" if is_objection else "proposed_at"],
        is_decided=decided_at is not None,
        is_granted=row["is_upheld" if is_objection else "is_approved"],
        decided_by_name=names.get(row[decided_by]),
        decided_at=decided_at,
        answer=row.get("resolution"),
    )  # fmt: skip
