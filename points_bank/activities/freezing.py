"""Freezing: lines that must not settle until a doubt about them is decided, and what becomes of them then."""

from collections.abc import Sequence
from datetime import timedelta

import sqlalchemy as sa

from points_bank import audit
from points_bank.activities.models import ActivityState, Freeze, ParticipationState
from points_bank.activities.reading import ParticipationLine
from points_bank.activities.reckoning import ACTIVITY, LINE
from points_bank.actor import Actor
from points_bank.clock import day_of, start_of_day
from points_bank.columns import given, table_of
from points_bank.errors import UnderReview
from points_bank.outbox import MessageKind, News, tell_each
from points_bank.transaction import Transaction

FREEZE = table_of(Freeze)

_IDS: sa.BindParameter[int] = sa.bindparam("line_ids", expanding=True)
_IS_OPEN = FREEZE.c.thawed_at.is_(None)
_IS_FROZEN = sa.exists().where(FREEZE.c.participation_id == LINE.c.id, _IS_OPEN)
_ADD = sa.insert(FREEZE)
_FREEZE = (
    sa.update(LINE)
    .where(LINE.c.id.in_(_IDS), LINE.c.state == ParticipationState.UNDER_NOTICE)
    .values(state=ParticipationState.FROZEN, settles_at=None)
)
_LIFT = (
    sa.update(FREEZE)
    .where(FREEZE.c.participation_id.in_(_IDS), FREEZE.c.cause == sa.bindparam("of_cause"), _IS_OPEN)
    .values(thawed_at=sa.bindparam("now"))
)
_LIFT_ALL = sa.update(FREEZE).where(FREEZE.c.participation_id.in_(_IDS), _IS_OPEN).values(thawed_at=sa.bindparam("now"))
_NOTICE_RUNS = sa.exists().where(
    ACTIVITY.c.id == LINE.c.activity_id,
    ACTIVITY.c.state == ActivityState.UNDER_NOTICE,
    ACTIVITY.c.settles_at > sa.bindparam("now"),
)
_THAW = (
    sa.update(LINE)
    .where(LINE.c.id.in_(_IDS), LINE.c.state == ParticipationState.FROZEN, ~_IS_FROZEN)
    .values(
        state=ParticipationState.UNDER_NOTICE,
        settles_at=sa.case((_NOTICE_RUNS, sa.null()), else_=sa.bindparam("midnight", type_=LINE.c.settles_at.type)),
    )
)
_STRIKE = (
    sa.update(LINE)
    .where(LINE.c.id.in_(_IDS))
    .values(
        state=ParticipationState.REJECTED,
        points=0,
        rule_points=0,
        settles_at=None,
        decision_reason=sa.bindparam("reason"),
    )
)
_FROZEN_IN_ACTIVITY = (
    sa.select(FREEZE.c.cause)
    .join_from(LINE, FREEZE, FREEZE.c.participation_id == LINE.c.id)
    .where(*given(LINE, "activity_id"), _IS_OPEN)
    .limit(1)
)


def freeze_lines(tx: Transaction, line_ids: Sequence[int], *, cause: str, by: Actor) -> None:
    """Freeze lines that are not settled, whose members are locked, for a cause such as `objection:7`.

    Those under notice will not settle, and a sheet that waits for its approval cannot be approved.
    """
    tx.many(_ADD, [{"participation_id": line_id, "cause": cause, "frozen_at": tx.now} for line_id in line_ids])
    tx.run(_FREEZE, line_ids=list(line_ids))
    audit.note_each(tx, by, [f"participation:{line_id}" for line_id in line_ids])


def thaw_lines(tx: Transaction, line_ids: Sequence[int], *, cause: str, by: Actor) -> None:
    """Lift the freeze of one cause. What nothing else freezes is under notice again.

    It settles with its activity. Where the notice is over by now, it settles at the next 00:00, as all points do at
    the beginning of a day; the notice itself was given in full.
    """
    if not line_ids:
        return
    midnight = start_of_day(tx.today + timedelta(days=1), tx.zone)
    tx.run(_LIFT, line_ids=list(line_ids), of_cause=cause, now=tx.now)
    tx.run(_THAW, line_ids=list(line_ids), now=tx.now, midnight=midnight)
    audit.note_each(tx, by, [f"participation:{line_id}" for line_id in line_ids])


def strike_lines(tx: Transaction, line_ids: Sequence[int], *, reason: str, by: Actor) -> None:
    """Reject lines that have not settled: they stay on record with 0 points and the reason, whatever froze them."""
    if not line_ids:
        return
    tx.run(_LIFT_ALL, line_ids=list(line_ids), now=tx.now)
    tx.run(_STRIKE, line_ids=list(line_ids), reason=reason)
    audit.note_each(tx, by, [f"participation:{line_id}" for line_id in line_ids])


def tell_rejected(tx: Transaction, lines: Sequence[ParticipationLine]) -> None:
    """Tell members of lines that were struck, as they stood before."""
    tell_each(
        tx,
        [
            News(
                line.member_id,
                MessageKind.SERVICE_REJECTED,
                f"participation:{line.id}",
                {"service_on": str(day_of(line.started_at, tx.zone)), "points": line.points},
            )
            for line in lines
        ],
    )


def refuse_frozen(tx: Transaction, activity_id: int) -> None:
    """Refuses `under_review` while a line of a sheet is frozen."""
    cause = tx.scalar(_FROZEN_IN_ACTIVITY, activity_id=activity_id)
    if cause is not None:
        raise UnderReview(cause=cause)
