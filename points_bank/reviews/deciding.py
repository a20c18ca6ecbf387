"""Deciding a review: what is false is rejected, or corrected by two people where it had settled; the rest is free."""

from collections.abc import Collection, Sequence

import msgspec
import sqlalchemy as sa

from points_bank import audit
from points_bank.activities.correction import approve_correction, pending_corrections, propose_correction
from points_bank.activities.freezing import strike_lines, tell_rejected, thaw_lines
from points_bank.activities.models import ParticipationState
from points_bank.activities.reading import ParticipationLine, lines_of_many
from points_bank.actor import Actor, Task
from points_bank.columns import table_of
from points_bank.errors import AlreadyApproved, Invalid, NotApproved, OwnActivity, SamePerson, message
from points_bank.ledger.accounts import lock_members
from points_bank.reviews.finding import Entry, ReviewLine, entries_of, recorders_of, review_seen
from points_bank.reviews.models import Review, ReviewEntry
from points_bank.staff.people import withdraw_rights
from points_bank.transaction import Transaction

REVIEW, ENTRY = table_of(Review), table_of(ReviewEntry)

NOT_IN_REVIEW = message("This entry is not part of the review.")
NOT_A_RECORDER = message("Nothing in this review was recorded by this person.")


class DecidedReview(msgspec.Struct, frozen=True, kw_only=True):
    """What was decided: points of false entries that will never settle, those of corrections to be approved."""

    id: int
    false_entries: int
    rejected_entries: int
    rejected_points: int
    proposed_corrections: int
    proposed_points: int
    freed_entries: int


class ApprovedCorrections(msgspec.Struct, frozen=True, kw_only=True):
    """The corrections that were carried out, and the points they took back."""

    id: int
    corrections: int
    reversed_points: int


class EndedRights(msgspec.Struct, frozen=True, kw_only=True):
    """Whose rights ended, and which."""

    id: int
    staff_id: int
    right_ids: list[int]


_DONE = (ParticipationState.SETTLED, ParticipationState.REJECTED)
_DECIDE = (
    sa.update(REVIEW)
    .where(REVIEW.c.id == sa.bindparam("review"))
    .values(decided_by_id=sa.bindparam("by_id"), decided_at=sa.bindparam("now"), decision=sa.bindparam("why"))
)
_JUDGE = (
    sa.update(ENTRY)
    .where(ENTRY.c.review_id == sa.bindparam("review"), ENTRY.c.participation_id == sa.bindparam("line"))
    .values(is_false=sa.bindparam("false"), correction_id=sa.bindparam("correction"))
)


def decide_review(
    tx: Transaction, review_id: int, *, false_participation_ids: Collection[int], reason: str, by: Actor
) -> DecidedReview:
    """Say which entries are false; all others are free.

    False entries that have not settled are rejected. For those that had, a correction to 0 minutes is proposed, which
    a further person approves. Refuses `same_person` to who opened the review or recorded any of it, `own_activity` to
    who is on it, and `correction_pending` where another correction of such an entry waits.
    """
    review, entries = _to_decide(tx, review_id, by)
    false = set(false_participation_ids)
    if false - {entry.participation_id for entry in entries}:
        raise Invalid({"false_participation_ids": NOT_IN_REVIEW})
    lines = _lines(tx, entries)
    reject = [lines[each] for each in sorted(false) if lines[each].state not in _DONE]
    correct = [
        lines[each]
        for each in sorted(false)
        if lines[each].state is ParticipationState.SETTLED and lines[each].minutes > 0
    ]
    strike_lines(tx, [line.id for line in reject], reason=reason, by=by)
    tell_rejected(tx, [line for line in reject if line.state is ParticipationState.FROZEN])
    proposed = {line.id: propose_correction(tx, line.id, minutes=0, reason=reason, by=by) for line in correct}
    thaw_lines(tx, sorted(lines.keys() - false), cause=review.cause, by=by)
    tx.many(
        _JUDGE,
        [
            {
                "review": review_id,
                "line": line_id,
                "false": line_id in false,
                "correction": proposed[line_id].id if line_id in proposed else None,
            }
            for line_id in lines
        ],
    )
    tx.run(_DECIDE, review=review_id, by_id=by.staff_id, now=tx.now, why=reason)
    audit.note(tx, by, review.cause, *(f"participation:{line_id}" for line_id in sorted(false)))
    return DecidedReview(
        id=review_id,
        false_entries=len(false),
        rejected_entries=len(reject),
        rejected_points=sum(line.points for line in reject),
        proposed_corrections=len(proposed),
        proposed_points=sum(each.points_before - each.points_after for each in proposed.values()),
        freed_entries=len(lines) - len(false),
    )


def approve_review_corrections(tx: Transaction, review_id: int, *, by: Actor) -> ApprovedCorrections:
    """Carry out the corrections that a review proposed and that still wait, as the second person: all, or none.

    Refuses `not_approved` before the review is decided, `already_approved` where none waits, and what
    `approve_correction` refuses.
    """
    review = review_seen(tx, review_id, task=Task.APPROVE, by=by)
    if review.decided_at is None:
        raise NotApproved
    entries = entries_of(tx, review_id)
    lock_members(tx, {entry.member_id for entry in entries})
    waiting = pending_corrections(tx, [entry.correction_id for entry in entries if entry.correction_id is not None])
    if not waiting:
        raise AlreadyApproved
    carried_out = [approve_correction(tx, line_id, by=by) for line_id in waiting]
    audit.note(tx, by, review.cause, *(f"correction:{each.id}" for each in carried_out))
    return ApprovedCorrections(
        id=review_id,
        corrections=len(carried_out),
        reversed_points=sum(each.points_before - each.points_after for each in carried_out),
    )


def end_recorders_rights(tx: Transaction, review_id: int, *, staff_id: int, by: Actor) -> EndedRights:
    """End at once all rights of somebody who recorded what is reviewed; for administrators.

    Their rights outside the administrator's branches go on. Refuses `same_person` about oneself, and `already_approved`
    where no right is left to end. The review says why, and its history who ended what.
    """
    review = review_seen(tx, review_id, task=Task.ADMINISTER, by=by)
    if staff_id not in recorders_of(tx, review_id):
        raise Invalid({"staff_id": NOT_A_RECORDER})
    if staff_id == by.staff_id:
        raise SamePerson
    ended = withdraw_rights(tx, staff_id, by=by)
    if not ended:
        raise AlreadyApproved
    audit.note(tx, by, review.cause, f"staff:{staff_id}", *(f"right:{right_id}" for right_id in ended))
    return EndedRights(id=review_id, staff_id=staff_id, right_ids=ended)


def _to_decide(tx: Transaction, review_id: int, by: Actor) -> tuple[ReviewLine, list[Entry]]:
    review_seen(tx, review_id, task=Task.APPROVE, by=by)
    members = {entry.member_id for entry in entries_of(tx, review_id)}
    lock_members(tx, members)
    review = review_seen(tx, review_id, task=Task.APPROVE, by=by)
    if review.decided_at is not None:
        raise AlreadyApproved
    if by.staff_id in recorders_of(tx, review_id) | {review.opened_by_id}:
        raise SamePerson
    if by.member_id in members:
        raise OwnActivity
    return review, entries_of(tx, review_id)


def _lines(tx: Transaction, entries: Sequence[Entry]) -> dict[int, ParticipationLine]:
    """The lines under review as they stand, by id."""
    reviewed = {entry.participation_id for entry in entries}
    found = lines_of_many(tx, sorted({entry.activity_id for entry in entries}))
    return {line.id: line for lines in found.values() for line in lines if line.id in reviewed}
