"""Objections: a doubt about one line, which another person decides. What is under notice does not settle meanwhile."""

from datetime import datetime, timedelta
from typing import Any

import msgspec
import sqlalchemy as sa

from points_bank import audit
from points_bank.activities.correction import OBJECTION_WORKING_DAYS, last_correction, propose_correction
from points_bank.activities.freezing import freeze_lines, strike_lines, tell_rejected, thaw_lines
from points_bank.activities.models import Objection, ParticipationState
from points_bank.activities.reading import (
    BRANCH,
    ParticipationLine,
    activity_seen,
    is_openable_by,
    line_seen,
    own_line,
)
from points_bank.activities.reckoning import ACTIVITY, LINE
from points_bank.actor import Actor, ActorKind, Task
from points_bank.branches.calendar import end_of_working_days
from points_bank.branches.tree import below_any
from points_bank.clock import day_of
from points_bank.columns import given, table_of
from points_bank.errors import (
    AlreadyApproved,
    Invalid,
    NotApproved,
    NotFound,
    ObjectionClosed,
    ObjectionPending,
    OwnActivity,
    SamePerson,
    message,
)
from points_bank.ledger.accounts import lock_account
from points_bank.outbox import MessageKind, tell
from points_bank.transaction import Transaction

OBJECTION = table_of(Objection)

ONLY_SETTLED = message("Only for a line that is settled. Correct this one, then free it.")


class ObjectionDecided(msgspec.Struct, frozen=True, kw_only=True):
    """An objection as it stands, and the line with it: `is_upheld` is null until it is decided.

    Its reasons stay in the books: they are free text, and outcomes are kept beside their keys for ever.
    """

    id: int
    participation_id: int
    is_upheld: bool | None
    participation_state: ParticipationState
    points: int
    settles_at: datetime | None
    correction_id: int | None


class ObjectionRecord(msgspec.Struct, frozen=True):
    """An objection as those read it who decide about it, and who raised it."""

    id: int
    participation_id: int
    activity_id: int
    reason: str
    raised_by_id: int | None
    raised_by_member_id: int | None
    raised_at: datetime
    is_upheld: bool | None
    resolution: str | None
    resolved_by_id: int | None
    resolved_at: datetime | None
    correction_id: int | None


_RECORDS = (
    sa.select(
        *(
            LINE.c.activity_id if name == "activity_id" else OBJECTION.c[name]
            for name in ObjectionRecord.__struct_fields__
        )
    )
    .join_from(OBJECTION, LINE, LINE.c.id == OBJECTION.c.participation_id)
    .join(ACTIVITY, ACTIVITY.c.id == LINE.c.activity_id)
    .join(BRANCH, BRANCH.c.id == ACTIVITY.c.branch_id)
    .order_by(OBJECTION.c.id.desc())
)
_OF_LINE = (
    sa.select(OBJECTION.c.id, OBJECTION.c.raised_by_id, OBJECTION.c.raised_by_member_id, OBJECTION.c.resolved_at)
    .where(*given(OBJECTION, "participation_id"))
    .order_by(OBJECTION.c.id.desc())
)
_DECIDED = (
    sa.select(
        OBJECTION.c.id,
        OBJECTION.c.participation_id,
        OBJECTION.c.is_upheld,
        LINE.c.state.label("participation_state"),
        LINE.c.points,
        # What is frozen has no such instant: it waits for the decision.
        sa.case(
            (
                LINE.c.state == ParticipationState.UNDER_NOTICE,
                sa.func.coalesce(LINE.c.settles_at, ACTIVITY.c.settles_at, type_=LINE.c.settles_at.type),
            ),
        ).label("settles_at"),
        OBJECTION.c.correction_id,
    )
    .join_from(OBJECTION, LINE, LINE.c.id == OBJECTION.c.participation_id)
    .join(ACTIVITY, ACTIVITY.c.id == LINE.c.activity_id)
    .where(*given(OBJECTION, "id"))
)
_ADD = sa.insert(OBJECTION).returning(OBJECTION.c.id)
_RESOLVE = (
    sa.update(OBJECTION)
    .where(OBJECTION.c.id == sa.bindparam("objection_id"))
    .values(
        is_upheld=sa.bindparam("upheld"),
        resolution=sa.bindparam("why"),
        resolved_by_id=sa.bindparam("by_id"),
        resolved_at=sa.bindparam("now"),
        correction_id=sa.bindparam("proposed_id"),
    )
)


def object_to_line(tx: Transaction, participation_id: int, *, reason: str, by: Actor) -> ObjectionDecided:
    """Object to an approved line: staff to any they may doubt, members to their own. Under notice, it is frozen.

    Refuses `not_approved` and `already_approved` (for a rejected line), `objection_pending` while one waits,
    `already_approved` to who objected before and nothing was corrected since, and `objection_closed` to a member who
    comes later than `OBJECTION_WORKING_DAYS` after the line settled or was corrected.
    """
    line = _line_doubted(tx, participation_id, by)
    lock_account(tx, line.member_id)
    line = _line_doubted(tx, participation_id, by)
    if line.state in {ParticipationState.LOGGED, ParticipationState.HELD}:
        raise NotApproved
    if line.state is ParticipationState.REJECTED:
        raise AlreadyApproved
    _refuse_again(tx, line, by)
    is_member = by.kind is ActorKind.MEMBER
    objection_id = tx.scalar(
        _ADD, participation_id=line.id, reason=reason, raised_by_id=by.staff_id,
        raised_by_member_id=by.member_id if is_member else None, raised_at=tx.now,
    )  # fmt: skip
    if line.state is not ParticipationState.SETTLED:
        freeze_lines(tx, [line.id], cause=_cause(objection_id), by=by)
    audit.note(tx, by, f"participation:{line.id}", f"objection:{objection_id}")
    return _as_it_stands(tx, objection_id)


def resolve_objection(
    tx: Transaction, participation_id: int, *, upheld: bool, reason: str, minutes: int | None = None, by: Actor
) -> ObjectionDecided:
    """Decide the objection that waits. Upheld, a frozen line is rejected; else it is freed.

    For a line that had settled, an upheld objection proposes a correction to so many `minutes`, which a further person
    approves: by default to what stood before its last correction, or else to 0. Refuses `same_person` to who recorded
    the sheet or objected, `own_activity` to whose line it is, and what `propose_correction` refuses.
    """
    line, pending = _to_resolve(tx, participation_id, by)
    is_settled = line.state is ParticipationState.SETTLED
    if minutes is not None and not (upheld and is_settled):
        raise Invalid({"minutes": ONLY_SETTLED})
    correction_id = None
    if upheld and is_settled:
        correction_id = propose_correction(tx, line.id, minutes=_minutes(tx, line, minutes), reason=reason, by=by).id
    elif upheld:
        strike_lines(tx, [line.id], reason=reason, by=by)
    else:
        thaw_lines(tx, [line.id], cause=_cause(pending.id), by=by)
    tx.run(
        _RESOLVE, objection_id=pending.id, upheld=upheld, why=reason, by_id=by.staff_id, now=tx.now,
        proposed_id=correction_id,
    )  # fmt: skip
    audit.note(tx, by, f"participation:{line.id}", f"objection:{pending.id}")
    _tell(tx, line, pending, upheld=upheld)
    return _as_it_stands(tx, pending.id)


def list_objections(
    tx: Transaction, *, is_open: bool | None, before_id: int | None, limit: int, by: Actor
) -> list[ObjectionRecord]:
    """Objections to lines of the actor's branches, newest first, one more than the limit.

    Members and recorders see those they raised; those to a mediation are shown to who may open it.
    """
    if by.kind is ActorKind.MEMBER:
        where = [OBJECTION.c.raised_by_member_id == by.member_id]
    else:
        by.paths(Task.OBJECT)
        deciding = by.where(Task.READ_DOUBTS)
        where = [
            sa.or_(OBJECTION.c.raised_by_id == by.staff_id, below_any(BRANCH.c.path, deciding)),
            is_openable_by(by),
        ]
    if is_open is not None:
        where.append(OBJECTION.c.resolved_at.is_(None) if is_open else OBJECTION.c.resolved_at.is_not(None))
    if before_id is not None:
        where.append(OBJECTION.c.id < before_id)
    return [ObjectionRecord(*row) for row in tx.all(_RECORDS.where(*where).limit(limit + 1))]


def _line_doubted(tx: Transaction, participation_id: int, by: Actor) -> ParticipationLine:
    if by.kind is ActorKind.MEMBER:
        return own_line(tx, participation_id, by=by)
    return line_seen(tx, participation_id, task=Task.OBJECT, by=by)


def _refuse_again(tx: Transaction, line: ParticipationLine, by: Actor) -> None:
    """Refuse a doubt that waits already, one that was decided already, and a member's that comes too late."""
    corrected = last_correction(tx, line.id)
    for row in tx.all(_OF_LINE, participation_id=line.id):
        if row.resolved_at is None:
            raise ObjectionPending
        is_own = (by.staff_id is not None and row.raised_by_id == by.staff_id) or (
            by.kind is ActorKind.MEMBER and row.raised_by_member_id == by.member_id
        )
        if is_own and (corrected is None or corrected.decided_at < row.resolved_at):
            raise AlreadyApproved
    if by.kind is ActorKind.MEMBER and line.settled_at is not None:
        since_at = line.settled_at if corrected is None else max(line.settled_at, corrected.decided_at)
        ends_on = end_of_working_days(tx, day_of(since_at, tx.zone), OBJECTION_WORKING_DAYS)
        if tx.today >= ends_on:
            raise ObjectionClosed(until_on=ends_on - timedelta(days=1))


def _to_resolve(tx: Transaction, participation_id: int, by: Actor) -> tuple[ParticipationLine, Any]:
    line = line_seen(tx, participation_id, task=Task.APPROVE, by=by)
    lock_account(tx, line.member_id)
    line = line_seen(tx, participation_id, task=Task.APPROVE, by=by)
    activity = activity_seen(tx, line.activity_id, task=Task.APPROVE, by=by)
    rows = tx.all(_OF_LINE, participation_id=line.id)
    if not rows:
        raise NotFound
    pending = rows[0]
    if pending.resolved_at is not None:
        raise AlreadyApproved
    if by.staff_id in {activity.recorded_by_id, pending.raised_by_id}:
        raise SamePerson
    if line.member_id == by.member_id:
        raise OwnActivity
    return line, pending


def _minutes(tx: Transaction, line: ParticipationLine, asked: int | None) -> int:
    if asked is not None:
        return asked
    corrected = last_correction(tx, line.id)
    return 0 if corrected is None else int(corrected.minutes_before)


def _tell(tx: Transaction, line: ParticipationLine, objection: Any, *, upheld: bool) -> None:
    """Tell who objected, if it was the member, and whose line was rejected."""
    service_on = str(day_of(line.started_at, tx.zone))
    if objection.raised_by_member_id is not None:
        kind = MessageKind.OBJECTION_UPHELD if upheld else MessageKind.OBJECTION_REJECTED
        tell(tx, member_id=line.member_id, kind=kind, about=_cause(objection.id), figures={"service_on": service_on})
    elif upheld and line.state is ParticipationState.FROZEN:
        tell_rejected(tx, [line])


def _as_it_stands(tx: Transaction, objection_id: int) -> ObjectionDecided:
    return ObjectionDecided(**tx.one(_DECIDED, id=objection_id)._asdict())


def _cause(objection_id: int) -> str:
    return f"objection:{objection_id}"
