"""Settlement: when the public notice ends, points become spendable and service counts."""

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from points_bank import audit
from points_bank.activities.models import ActivityState, ParticipationState
from points_bank.activities.reading import lines_of, members_of
from points_bank.activities.reckoning import ACTIVITY, LINE
from points_bank.actor import SYSTEM
from points_bank.branches.calendar import end_of_working_days
from points_bank.clock import day_of, start_of_day
from points_bank.columns import given
from points_bank.ledger.accounts import lock_members
from points_bank.ledger.posting import Award, award
from points_bank.rules.in_force import rule_set_of
from points_bank.transaction import Transaction

ACTIVITIES_AT_A_TIME = 10
"""How many activities one act settles: short enough that a desk does not wait."""
LINES_AT_A_TIME = 100
"""How many lines that were freed one by one."""

_UNDER_NOTICE = ACTIVITY.c.state == ActivityState.UNDER_NOTICE
_NEXT = sa.select(sa.func.min(ACTIVITY.c.settles_at)).where(_UNDER_NOTICE)
_DUE = (
    sa.select(ACTIVITY.c.id)
    .where(_UNDER_NOTICE, ACTIVITY.c.settles_at <= sa.bindparam("due_at"))
    .order_by(ACTIVITY.c.settles_at, ACTIVITY.c.id)
    .limit(ACTIVITIES_AT_A_TIME)
)
_FREED = LINE.c.settles_at.is_not(None)
_NEXT_FREED = sa.select(sa.func.min(LINE.c.settles_at)).where(_FREED)
_DUE_FREED = (
    sa.select(LINE.c.id, LINE.c.activity_id, LINE.c.member_id)
    .where(_FREED, LINE.c.settles_at <= sa.bindparam("due_at"))
    .order_by(LINE.c.settles_at, LINE.c.id)
    .limit(LINES_AT_A_TIME)
)
_CAUSE = sa.select(ACTIVITY.c.branch_id, ACTIVITY.c.service_on, ACTIVITY.c.rule_set_id, ACTIVITY.c.settles_at).where(
    *given(ACTIVITY, "id")
)
_ACTIVITY = _CAUSE.where(_UNDER_NOTICE)
_SETTLE = sa.update(ACTIVITY).where(ACTIVITY.c.id == sa.bindparam("activity_id")).values(state=ActivityState.SETTLED)
_SETTLES_WITH_ITS_ACTIVITY = sa.and_(
    *given(LINE, "activity_id"), LINE.c.state == ParticipationState.UNDER_NOTICE, ~_FREED
)
_LINES = (
    sa.select(LINE.c.id, LINE.c.member_id, LINE.c.points, LINE.c.minutes)
    .where(_SETTLES_WITH_ITS_ACTIVITY)
    .order_by(LINE.c.id)
)
_SETTLE_LINES = (
    sa.update(LINE)
    .where(_SETTLES_WITH_ITS_ACTIVITY)
    .values(state=ParticipationState.SETTLED, settled_at=sa.bindparam("at"))
)
_SETTLE_LINE = (
    sa.update(LINE)
    .where(LINE.c.id == sa.bindparam("line_id"))
    .values(state=ParticipationState.SETTLED, settled_at=LINE.c.settles_at, settles_at=None)
)
_RUNNING = sa.select(ACTIVITY.c.id, ACTIVITY.c.decided_at, ACTIVITY.c.settles_at, ACTIVITY.c.rule_set_id).where(
    _UNDER_NOTICE, ACTIVITY.c.settles_at > sa.bindparam("now")
)
_MOVE_NOTICE = (
    sa.update(ACTIVITY)
    .where(ACTIVITY.c.id == sa.bindparam("activity_id"), _UNDER_NOTICE)
    .values(settles_at=sa.bindparam("ends_at"))
)


def next_settlement(tx: Transaction) -> datetime | None:
    """When the next notice ends, or the next freed line settles, past or to come."""
    return min((at for at in (tx.scalar(_NEXT), tx.scalar(_NEXT_FREED)) if at is not None), default=None)


def settle_due(tx: Transaction, *, due_at: datetime) -> int:
    """Settle some activities whose notice ended by `due_at`, oldest first, and some lines freed after it; how many."""
    activity_ids = [row.id for row in tx.all(_DUE, due_at=due_at)]
    for activity_id in activity_ids:
        settle(tx, activity_id)
    freed = tx.all(_DUE_FREED, due_at=due_at)
    for row in freed:
        _settle_freed(tx, row.id, row.activity_id, row.member_id)
    return len(activity_ids) + len(freed)


def settle(tx: Transaction, activity_id: int) -> None:
    """Post the awards of an activity under notice, and let its service count from the end of the notice.

    Frozen lines are left as they are, and so are those that were freed so late that they settle by themselves.
    """
    lock_members(tx, members_of(tx, activity_id))
    activity = tx.maybe(_ACTIVITY, id=activity_id)
    if activity is None:
        return
    rules = rule_set_of(tx, rule_set_id=activity.rule_set_id)
    lapses_on = rules.lapses_on(activity.service_on)
    lines = tx.all(_LINES, activity_id=activity_id)
    awards = [_award(line, activity.branch_id, activity.service_on, lapses_on) for line in lines]
    if awards:
        award(tx, awards, grace_days=rules.grace_days)
    tx.run(_SETTLE_LINES, activity_id=activity_id, at=activity.settles_at)
    tx.run(_SETTLE, activity_id=activity_id)
    audit.note(tx, SYSTEM, f"activity:{activity_id}", "state")


def reschedule_notices(tx: Transaction) -> int:
    """Reckon the end of every running notice again, after a calendar was loaded; how many moved.

    A notice never ends before now: what people were told stays at least until the next look of the clock. One that
    is over stays over, also where the job has not come to settle it yet.
    """
    moved = 0
    for row in tx.all(_RUNNING, now=tx.now):
        days = rule_set_of(tx, rule_set_id=row.rule_set_id).notice_working_days
        ends_at = start_of_day(end_of_working_days(tx, day_of(row.decided_at, tx.zone), days), tx.zone)
        if ends_at != row.settles_at:
            moved += tx.run(_MOVE_NOTICE, activity_id=row.id, ends_at=max(ends_at, tx.now))
            audit.note(tx, SYSTEM, f"activity:{row.id}", "settles_at")
    return moved


def _settle_freed(tx: Transaction, line_id: int, activity_id: int, member_id: int) -> None:
    lock_members(tx, [member_id])
    line = next(each for each in lines_of(tx, activity_id) if each.id == line_id)
    if line.settles_at is None:
        return
    activity = tx.one(_CAUSE, id=activity_id)
    rules = rule_set_of(tx, rule_set_id=activity.rule_set_id)
    posted = _award(line, activity.branch_id, activity.service_on, rules.lapses_on(activity.service_on))
    award(tx, [posted], grace_days=rules.grace_days)
    tx.run(_SETTLE_LINE, line_id=line_id)
    audit.note(tx, SYSTEM, f"participation:{line_id}", "state")


def _award(line: Any, branch_id: int, service_on: date, lapses_on: date) -> Award:
    return Award(
        member_id=line.member_id,
        branch_id=branch_id,
        points=line.points,
        minutes=line.minutes,
        occurred_on=service_on,
        lapses_on=lapses_on,
        reference=f"participation:{line.id}",
        # A line that was taken back during its notice is no activity of the member's.
        activities=int(line.minutes > 0),
    )
