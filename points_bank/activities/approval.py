"""What the second person does with a sheet: approve it, reject it, return it, and trim or reject single lines."""

from collections.abc import Sequence
from datetime import datetime

import msgspec
import sqlalchemy as sa
from msgspec.structs import replace

from points_bank import audit
from points_bank.activities.freezing import refuse_frozen
from points_bank.activities.models import ActivityState, ParticipationState
from points_bank.activities.reading import (
    ActivityLine,
    ParticipationLine,
    activity_seen,
    line_seen,
    lines_of,
    members_of,
)
from points_bank.activities.reckoning import ACTIVITY, LINE, overlaps, reckon, service_of
from points_bank.activities.settlement import settle
from points_bank.activities.sheet import ENDS_BEFORE_START, late_entry
from points_bank.actor import Actor, Task
from points_bank.branches.calendar import end_of_working_days
from points_bank.branches.models import BranchKind
from points_bank.branches.tree import branch_of
from points_bank.clock import start_of_day
from points_bank.columns import given
from points_bank.errors import (
    AlreadyApproved,
    Invalid,
    NotFollowedUp,
    OverlappingService,
    OwnActivity,
    SamePerson,
    message,
)
from points_bank.ledger.accounts import lock_members
from points_bank.rules.in_force import rule_set_of
from points_bank.rules.points import needs_follow_up
from points_bank.rules.rule_set import PerCase, RuleSet
from points_bank.transaction import Transaction

OUTSIDE_THE_ACTIVITY = message("Outside the time of the activity.")
MORE_THAN_RECORDED = message("Longer than was recorded.")

COMMUNITY_OR_ABOVE = frozenset({BranchKind.DISTRICT, BranchKind.SUBDISTRICT, BranchKind.COMMUNITY})
"""Whose approval a late sheet needs."""


class Decided(msgspec.Struct, frozen=True, kw_only=True):
    """A sheet after a decision; `settles_at` is when its notice ends, null where nothing will settle."""

    id: int
    state: ActivityState
    settles_at: datetime | None = None


class DecidedLine(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    activity_id: int
    state: ParticipationState
    minutes: int
    points: int


_DECIDE = (
    sa.update(ACTIVITY)
    .where(ACTIVITY.c.id == sa.bindparam("activity_id"), ACTIVITY.c.state == ActivityState.LOGGED)
    .values(
        state=sa.bindparam("new_state"),
        decided_by_id=sa.bindparam("by_id"),
        decided_at=sa.bindparam("now"),
        decision_reason=sa.bindparam("reason"),
        settles_at=sa.bindparam("ends_at"),
    )
)
_FORGET_FINGERPRINT = sa.update(ACTIVITY).where(ACTIVITY.c.id == sa.bindparam("activity_id")).values(fingerprint=None)
_GIVE_POINTS = (
    sa.update(LINE)
    .where(LINE.c.id == sa.bindparam("line_id"))
    .values(
        points=sa.bindparam("new_points"),
        rule_points=sa.bindparam("new_rule_points"),
        arithmetic=sa.bindparam("new_arithmetic"),
    )
)
_PUT = (
    sa.update(LINE)
    .where(LINE.c.id.in_(sa.bindparam("line_ids", expanding=True)))
    .values(state=sa.bindparam("new_state"))
)
_TRIM = (
    sa.update(LINE)
    .where(LINE.c.id == sa.bindparam("line_id"))
    .values(
        started_at=sa.bindparam("new_start"),
        ended_at=sa.bindparam("new_end"),
        minutes=sa.bindparam("new_minutes"),
        overlap_minutes=0,
    )
)
_REJECT_LINE = (
    sa.update(LINE)
    .where(LINE.c.id == sa.bindparam("line_id"))
    .values(state=ParticipationState.REJECTED, points=0, rule_points=0, decision_reason=sa.bindparam("reason"))
)
_REJECT_LINES = (
    sa.update(LINE)
    .where(*given(LINE, "activity_id"))
    .values(state=ParticipationState.REJECTED, points=0, rule_points=0)
)


def approve_activity(tx: Transaction, activity_id: int, *, by: Actor) -> Decided:
    """Approve a sheet: its lines come under notice, or settle at once where the rules have no notice.

    Caps are reckoned again. Refuses `same_person` to who recorded it, `own_activity` to who is on it, `under_review`
    while it is reviewed, `overlapping_service` while a line is held, `not_followed_up` for an open case, and
    `late_entry` where a late sheet needs the community.
    """
    activity, lines = _to_decide(tx, activity_id, by)
    refuse_frozen(tx, activity_id)
    rules = rule_set_of(tx, rule_set_id=activity.rule_set_id)
    kept = [line for line in lines if line.state is not ParticipationState.REJECTED]
    held = sum(line.overlap_minutes for line in kept if line.state is ParticipationState.HELD)
    if held:
        raise OverlappingService(overlap_minutes=held)
    _check_follow_ups(rules, activity, kept)
    if activity.is_late and not _speaks_for_community(tx, activity, by):
        raise late_entry(activity.service_on, (tx.today - activity.service_on).days, rules)
    _reckon_again(tx, rules, activity, [replace(line, state=ParticipationState.UNDER_NOTICE) for line in kept])
    ends_at = tx.now
    if rules.notice_working_days:
        ends_at = start_of_day(end_of_working_days(tx, tx.today, rules.notice_working_days), tx.zone)
    _decide(tx, activity_id, ActivityState.UNDER_NOTICE, by, settles_at=ends_at)
    if ends_at > tx.now:
        return Decided(id=activity_id, state=ActivityState.UNDER_NOTICE, settles_at=ends_at)
    settle(tx, activity_id)
    return Decided(id=activity_id, state=ActivityState.SETTLED, settles_at=ends_at)


def reject_activity(tx: Transaction, activity_id: int, *, reason: str, by: Actor) -> Decided:
    """Turn a sheet down for good. The same sheet cannot be entered again."""
    return _turn_down(tx, activity_id, ActivityState.REJECTED, reason, by)


def return_activity(tx: Transaction, activity_id: int, *, reason: str, by: Actor) -> Decided:
    """Give a sheet back to who recorded it; entered again, corrected or not, it is a new one."""
    decided = _turn_down(tx, activity_id, ActivityState.RETURNED, reason, by)
    tx.run(_FORGET_FINGERPRINT, activity_id=activity_id)
    return decided


def trim_participation(
    tx: Transaction, participation_id: int, *, started_at: datetime, ended_at: datetime, by: Actor
) -> DecidedLine:
    """Cut a line to a part of the activity's time that does not overlap; it is no longer held.

    Refuses times outside the activity, more minutes than were recorded, because who approves does not record, and
    `overlapping_service` where they still overlap.
    """
    line, activity = _line_to_decide(tx, participation_id, by)
    minutes = int((ended_at - started_at).total_seconds()) // 60
    if minutes < 1:
        raise Invalid({"ended_at": ENDS_BEFORE_START})
    if started_at < activity.started_at or ended_at > activity.ended_at:
        raise Invalid({"started_at": OUTSIDE_THE_ACTIVITY})
    if minutes > line.minutes:
        raise Invalid({"ended_at": MORE_THAN_RECORDED})
    draft = replace(line.draft, started_at=started_at, minutes=minutes)
    if left := overlaps(tx, activity.session, [draft]):
        raise OverlappingService(overlap_minutes=left[line.member_id])
    tx.run(_TRIM, line_id=line.id, new_start=started_at, new_end=draft.ended_at, new_minutes=minutes)
    audit.note(tx, by, f"participation:{line.id}", "started_at", "ended_at", "minutes")
    return reckon_line_again(tx, activity, line.id, state=ParticipationState.LOGGED)


def reject_participation(tx: Transaction, participation_id: int, *, reason: str, by: Actor) -> DecidedLine:
    """Strike a line from a sheet that is not approved yet; it stays on record with the reason."""
    line, activity = _line_to_decide(tx, participation_id, by)
    tx.run(_REJECT_LINE, line_id=line.id, reason=reason)
    audit.note(tx, by, f"participation:{line.id}", "state")
    return DecidedLine(
        id=line.id, activity_id=activity.id, state=ParticipationState.REJECTED, minutes=line.minutes, points=0
    )


def reckon_line_again(
    tx: Transaction, activity: ActivityLine, line_id: int, *, state: ParticipationState
) -> DecidedLine:
    """Put a line of a sheet not yet approved into a state, and give it the points that it earns as it stands now.

    The whole sheet is reckoned with it, because its lines may be mediators of one case.
    """
    kept = [line for line in lines_of(tx, activity.id) if line.state is not ParticipationState.REJECTED]
    rules = rule_set_of(tx, rule_set_id=activity.rule_set_id)
    _reckon_again(tx, rules, activity, [replace(line, state=state) if line.id == line_id else line for line in kept])
    line = next(each for each in lines_of(tx, activity.id) if each.id == line_id)
    return DecidedLine(id=line.id, activity_id=activity.id, state=line.state, minutes=line.minutes, points=line.points)


def _to_decide(tx: Transaction, activity_id: int, by: Actor) -> tuple[ActivityLine, list[ParticipationLine]]:
    """A sheet that waits for a decision, its people locked, and its lines. Refuses who may not decide on it."""
    activity_seen(tx, activity_id, task=Task.APPROVE, by=by)
    members = members_of(tx, activity_id)
    lock_members(tx, members)
    activity = activity_seen(tx, activity_id, task=Task.APPROVE, by=by)
    if activity.recorded_by_id == by.staff_id:
        raise SamePerson
    if by.member_id in members:
        raise OwnActivity
    if activity.state is not ActivityState.LOGGED:
        raise AlreadyApproved
    return activity, lines_of(tx, activity_id)


def _line_to_decide(tx: Transaction, participation_id: int, by: Actor) -> tuple[ParticipationLine, ActivityLine]:
    line = line_seen(tx, participation_id, task=Task.APPROVE, by=by)
    activity, lines = _to_decide(tx, line.activity_id, by)
    line = next(each for each in lines if each.id == participation_id)
    if line.state is ParticipationState.REJECTED:
        raise AlreadyApproved
    return line, activity


def _turn_down(tx: Transaction, activity_id: int, state: ActivityState, reason: str, by: Actor) -> Decided:
    _to_decide(tx, activity_id, by)
    _decide(tx, activity_id, state, by, reason=reason)
    tx.run(_REJECT_LINES, activity_id=activity_id)
    return Decided(id=activity_id, state=state)


def _decide(
    tx: Transaction,
    activity_id: int,
    state: ActivityState,
    by: Actor,
    *,
    reason: str | None = None,
    settles_at: datetime | None = None,
) -> None:
    written = tx.run(
        _DECIDE, activity_id=activity_id, new_state=state, by_id=by.staff_id, now=tx.now, reason=reason,
        ends_at=settles_at,
    )  # fmt: skip
    assert written == 1, "the sheet was locked with its people"
    audit.note(tx, by, f"activity:{activity_id}", "state")


def _reckon_again(tx: Transaction, rules: RuleSet, activity: ActivityLine, lines: Sequence[ParticipationLine]) -> None:
    """Write down what the lines earn now, and the states they come with."""
    awards = reckon(tx, rules, activity.session, [line.draft for line in lines])
    for state in {line.state for line in lines}:
        tx.run(_PUT, line_ids=[line.id for line in lines if line.state is state], new_state=state)
    # Most lines still earn what they earned when they were logged.
    changed = [
        {
            "line_id": line.id,
            "new_points": award.points,
            "new_rule_points": award.arithmetic.rule_points,
            "new_arithmetic": arithmetic,
        }
        for line, award in zip(lines, awards, strict=True)
        if (arithmetic := award.arithmetic.to_json()) != line.arithmetic or award.points != line.points
    ]
    tx.many(_GIVE_POINTS, changed)


def _check_follow_ups(rules: RuleSet, activity: ActivityLine, lines: Sequence[ParticipationLine]) -> None:
    rule = rules.by_role[activity.role]
    if isinstance(rule, PerCase) and any(
        needs_follow_up(rules, service_of(activity.session, line.draft)) for line in lines
    ):
        raise NotFollowedUp(follow_up_days=rule.follow_up_days)


def _speaks_for_community(tx: Transaction, activity: ActivityLine, by: Actor) -> bool:
    """Whether the approver's right is over a community or more, not only over an estate or less."""
    over = [path for path in by.where(Task.APPROVE) if activity.branch_path.startswith(path)]
    return any(branch_of(tx, int(path.rstrip("/").rpartition("/")[2])).kind in COMMUNITY_OR_ABOVE for path in over)
