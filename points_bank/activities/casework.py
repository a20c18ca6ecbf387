"""A mediation case after its session: how it was closed, and when somebody asked how things stand."""

from datetime import date

import sqlalchemy as sa

from points_bank import audit
from points_bank.activities.approval import DecidedLine, reckon_line_again
from points_bank.activities.models import ActivityState, ParticipationState
from points_bank.activities.reading import activity_seen, line_seen, lines_of
from points_bank.activities.reckoning import LINE
from points_bank.activities.sheet import BEFORE_SERVICE, NO_CASE
from points_bank.actor import Actor, Task
from points_bank.errors import AlreadyApproved, FutureActivity, Invalid, OwnActivity
from points_bank.ledger.accounts import lock_members
from points_bank.rules.points import CaseOutcome
from points_bank.rules.rule_set import ServiceRole
from points_bank.transaction import Transaction

_FOLLOW_UP = (
    sa.update(LINE)
    .where(LINE.c.id == sa.bindparam("line_id"))
    .values(case_outcome=sa.bindparam("outcome"), followed_up_on=sa.bindparam("on_date"))
)


def follow_up_case(
    tx: Transaction, participation_id: int, *, outcome: CaseOutcome, followed_up_on: date, by: Actor
) -> DecidedLine:
    """Enter how a case was closed and when it was followed up, until its sheet is approved; the last entry counts.

    The line earns its points once that is late enough by the rules (R1: 7 days); the sheet can be approved then. A
    line that is held stays held. Refuses `own_activity` to who is on the sheet.
    """
    line = line_seen(tx, participation_id, task=Task.LOG, by=by)
    members = [each.member_id for each in lines_of(tx, line.activity_id)]
    lock_members(tx, members)
    line = line_seen(tx, participation_id, task=Task.LOG, by=by)
    activity = activity_seen(tx, line.activity_id, task=Task.LOG, by=by)
    if activity.role is not ServiceRole.MEDIATION:
        raise Invalid({"outcome": NO_CASE})
    if by.member_id in members:
        raise OwnActivity
    if activity.state is not ActivityState.LOGGED or line.state is ParticipationState.REJECTED:
        raise AlreadyApproved
    if followed_up_on > tx.today:
        raise FutureActivity
    if followed_up_on < activity.service_on:
        raise Invalid({"followed_up_on": BEFORE_SERVICE})
    tx.run(_FOLLOW_UP, line_id=line.id, outcome=outcome, on_date=followed_up_on)
    audit.note(tx, by, f"participation:{line.id}", "case_outcome", "followed_up_on")
    return reckon_line_again(tx, activity, line.id, state=line.state)
