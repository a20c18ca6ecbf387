"""Calling back: a sample of a sheet's people, drawn by chance and once, and what each of them said."""

import hashlib
from collections.abc import Sequence
from datetime import datetime

import msgspec
import sqlalchemy as sa

from points_bank import audit
from points_bank.activities.models import ActivityState, CallAnswer, CallBack, CallBackSample, ParticipationState
from points_bank.activities.reading import ActivityLine, activity_seen, line_seen, lines_of
from points_bank.activities.reckoning import LINE
from points_bank.actor import Actor, Task
from points_bank.columns import given, table_of
from points_bank.errors import AlreadyApproved, NotFound, OwnActivity, SamePerson
from points_bank.ledger.accounts import lock_members
from points_bank.transaction import Transaction

SAMPLE, CALL = table_of(CallBackSample), table_of(CallBack)


class CallLine(msgspec.Struct, frozen=True, kw_only=True):
    """A person to call: `answer` is null until somebody has; `calls` counts the tries."""

    participation_id: int
    member_id: int
    answer: CallAnswer | None
    called_by_id: int | None
    called_at: datetime | None
    calls: int


class Sample(msgspec.Struct, frozen=True, kw_only=True):
    """A sample in the order in which it was drawn from the activity's lines by its seed."""

    activity_id: int
    seed: str
    size: int
    drawn_by_id: int
    drawn_at: datetime
    lines: list[CallLine]


_SAMPLE = sa.select(SAMPLE.c.id, SAMPLE.c.seed, SAMPLE.c.size, SAMPLE.c.drawn_by_id, SAMPLE.c.drawn_at).where(
    *given(SAMPLE, "activity_id")
)
_CALLS = (
    sa.select(
        CALL.c.participation_id,
        LINE.c.member_id,
        CALL.c.answer,
        CALL.c.called_by_id,
        CALL.c.called_at,
        CALL.c.calls,
    )
    .join_from(CALL, LINE, LINE.c.id == CALL.c.participation_id)
    .where(*given(CALL, "sample_id"))
    .order_by(CALL.c.place)
)
_CALL = sa.select(CALL.c.answer).where(*given(CALL, "participation_id"))
_DRAW = sa.insert(SAMPLE).returning(SAMPLE.c.id)
_ADD_CALLS = sa.insert(CALL)
_ANSWER = (
    sa.update(CALL)
    .where(CALL.c.participation_id == sa.bindparam("line_id"))
    .values(
        answer=sa.bindparam("said"),
        called_by_id=sa.bindparam("by_id"),
        called_at=sa.bindparam("now"),
        calls=CALL.c.calls + 1,
    )
)


def draw_sample(tx: Transaction, activity_id: int, *, size: int, by: Actor) -> Sample:
    """Draw people of a sheet to be called back; all of them where there are fewer. A second call answers the first's.

    The seed comes from the bank's secret, so that nobody knows beforehand who will be called, and nobody can draw
    until it suits. Refuses `same_person` to who recorded the sheet, `own_activity` to who is on it, and
    `already_approved` where it was turned down.
    """
    activity = _to_call(tx, activity_id, by)
    if tx.maybe(_SAMPLE, activity_id=activity_id) is None:
        if activity.state in {ActivityState.REJECTED, ActivityState.RETURNED}:
            raise AlreadyApproved
        seed = tx.keys.digest("call-back", activity_id).hex()
        lines = [line.id for line in lines_of(tx, activity_id) if line.state is not ParticipationState.REJECTED]
        drawn = drawn_by(seed, lines)[:size]
        sample_id = tx.scalar(
            _DRAW, activity_id=activity_id, seed=seed, size=len(drawn), drawn_by_id=by.staff_id, drawn_at=tx.now
        )
        tx.many(
            _ADD_CALLS,
            [
                {"participation_id": line_id, "sample_id": sample_id, "place": place, "calls": 0}
                for place, line_id in enumerate(drawn, start=1)
            ],
        )
        audit.note(tx, by, f"activity:{activity_id}", "call_back_sample")
    sample = sample_of(tx, activity_id)
    assert sample is not None, "it was drawn now or before"
    return sample


def record_call(tx: Transaction, participation_id: int, *, answer: CallAnswer, by: Actor) -> CallLine:
    """Write down what the person of a sampled line said. Who was not reached may be called again.

    Refuses `not_found` a line that was not drawn, `already_approved` one that was answered, and what `draw_sample`
    refuses.
    """
    line = line_seen(tx, participation_id, task=Task.APPROVE, by=by)
    _to_call(tx, line.activity_id, by)
    call = tx.maybe(_CALL, participation_id=participation_id)
    if call is None:
        raise NotFound
    if call.answer in {CallAnswer.CONFIRMED, CallAnswer.DENIED}:
        raise AlreadyApproved
    tx.run(_ANSWER, line_id=participation_id, said=answer, by_id=by.staff_id, now=tx.now)
    audit.note(tx, by, f"participation:{participation_id}", "call_back")
    sample = sample_of(tx, line.activity_id)
    assert sample is not None, "the line was drawn"
    return next(each for each in sample.lines if each.participation_id == participation_id)


def sample_seen(tx: Transaction, activity_id: int, *, by: Actor) -> Sample:
    """The sample of an activity with its answers. Refuses `not_found` where none was drawn."""
    activity_seen(tx, activity_id, task=Task.READ_DOUBTS, by=by)
    sample = sample_of(tx, activity_id)
    if sample is None:
        raise NotFound
    return sample


def sample_of(tx: Transaction, activity_id: int) -> Sample | None:
    """The sample that was drawn of an activity, for who was found to see it."""
    row = tx.maybe(_SAMPLE, activity_id=activity_id)
    if row is None:
        return None
    return Sample(
        activity_id=activity_id, seed=row.seed, size=row.size, drawn_by_id=row.drawn_by_id, drawn_at=row.drawn_at,
        lines=[CallLine(**call._asdict()) for call in tx.all(_CALLS, sample_id=row.id)],
    )  # fmt: skip


def drawn_by(seed: str, line_ids: Sequence[int]) -> list[int]:
    """Lines in the order in which a seed draws them."""
    return sorted(line_ids, key=lambda line_id: hashlib.sha256(f"{seed}:{line_id}".encode()).digest())


def _to_call(tx: Transaction, activity_id: int, by: Actor) -> ActivityLine:
    activity = activity_seen(tx, activity_id, task=Task.APPROVE, by=by)
    members = [line.member_id for line in lines_of(tx, activity_id)]
    lock_members(tx, members)
    if activity.recorded_by_id == by.staff_id:
        raise SamePerson
    if by.member_id in members:
        raise OwnActivity
    return activity
