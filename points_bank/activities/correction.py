"""Correction: what was approved is never edited; two people change it, and the ledger reverses or adds."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import msgspec
import sqlalchemy as sa
from msgspec.structs import replace

from points_bank import audit
from points_bank.activities.models import Correction, CorrectionRules, ParticipationState
from points_bank.activities.reading import ActivityLine, ParticipationLine, activity_seen, line_seen
from points_bank.activities.reckoning import APPROVED, LINE, overlaps, reckon
from points_bank.activities.sheet import MORE_THAN_ACTIVITY
from points_bank.actor import Actor, Task
from points_bank.columns import given, table_of
from points_bank.errors import (
    AlreadyApproved,
    CorrectionPending,
    Invalid,
    NotApproved,
    NotFound,
    OverlappingService,
    OwnActivity,
    SamePerson,
    message,
)
from points_bank.ledger.accounts import lock_account
from points_bank.ledger.models import Transfer, TransferKind
from points_bank.ledger.posting import Award, award
from points_bank.ledger.reversal import reverse
from points_bank.outbox import Figures, MessageKind, tell
from points_bank.rules.in_force import rule_set_of
from points_bank.rules.points import Award as Reckoned
from points_bank.rules.rule_set import RuleSet
from points_bank.transaction import Transaction

CORRECTION, RULES, TRANSFER = table_of(Correction), table_of(CorrectionRules), table_of(Transfer)

OBJECTION_WORKING_DAYS = 5
"""How long members may object to a line after it settled or was corrected; while it is under notice they always may."""

NOTHING_CHANGES = message("This is what stands there already.")


class CorrectionLine(msgspec.Struct, frozen=True, kw_only=True):
    """A correction as it stands: `is_approved` is null while it waits for the second person.

    Its reason stays in the books: it is free text, and outcomes are kept beside their keys for ever.
    """

    id: int
    participation_id: int
    minutes_before: int
    minutes_after: int
    points_before: int
    points_after: int
    is_approved: bool | None
    transfer_id: int | None


LATER_RULES = (
    sa.select(RULES.c.rule_set_id)
    .join_from(CORRECTION, RULES, RULES.c.correction_id == CORRECTION.c.id)
    .where(CORRECTION.c.participation_id == LINE.c.id, CORRECTION.c.is_approved.is_(True))
    .order_by(CORRECTION.c.id.desc())
    .limit(1)
    .correlate(LINE)
    .scalar_subquery()
)
"""A column of a line: the version of the rules that it was put under by a correction, or null."""
_LATER_RULES = sa.select(LATER_RULES).where(*given(LINE, "id"))
_COLUMNS = [CORRECTION.c[name] for name in CorrectionLine.__struct_fields__]
_PENDING = (
    sa.select(*_COLUMNS, CORRECTION.c.proposed_by_id, RULES.c.rule_set_id)
    .outerjoin_from(CORRECTION, RULES, RULES.c.correction_id == CORRECTION.c.id)
    .where(*given(CORRECTION, "participation_id"), CORRECTION.c.decided_at.is_(None))
)
_LAST = (
    sa.select(CORRECTION.c.minutes_before, CORRECTION.c.decided_at)
    .where(*given(CORRECTION, "participation_id"), CORRECTION.c.is_approved.is_(True))
    .order_by(CORRECTION.c.id.desc())
    .limit(1)
)
_PENDING_OF = (
    sa.select(CORRECTION.c.participation_id)
    .where(CORRECTION.c.id.in_(sa.bindparam("ids", expanding=True)), CORRECTION.c.decided_at.is_(None))
    .order_by(CORRECTION.c.id)
)
_ANY = sa.select(CORRECTION.c.id).where(*given(CORRECTION, "participation_id")).limit(1)
_ADD = sa.insert(CORRECTION).returning(CORRECTION.c.id)
_PUT_UNDER = sa.insert(RULES)
_DECIDE = (
    sa.update(CORRECTION)
    .where(CORRECTION.c.id == sa.bindparam("correction_id"))
    .values(
        is_approved=sa.bindparam("approved"),
        points_after=sa.bindparam("points"),
        decided_by_id=sa.bindparam("by_id"),
        decided_at=sa.bindparam("now"),
        transfer_id=sa.bindparam("moved_by_id"),
    )
)
_CHANGE_LINE = (
    sa.update(LINE)
    .where(LINE.c.id == sa.bindparam("line_id"))
    .values(
        minutes=sa.bindparam("new_minutes"),
        ended_at=sa.bindparam("new_end"),
        points=sa.bindparam("new_points"),
        rule_points=sa.bindparam("new_rule_points"),
        arithmetic=sa.bindparam("new_arithmetic"),
    )
)
_AWARD_OF_LINE = sa.select(TRANSFER.c.id).where(
    TRANSFER.c.kind == TransferKind.AWARD, TRANSFER.c.reference == sa.bindparam("reference")
)
_AWARDS_OF_CORRECTIONS = (
    sa.select(TRANSFER.c.id)
    .join_from(CORRECTION, TRANSFER, TRANSFER.c.id == CORRECTION.c.transfer_id)
    .where(*given(CORRECTION, "participation_id"), TRANSFER.c.kind == TransferKind.AWARD)
)


def propose_correction(
    tx: Transaction, participation_id: int, *, minutes: int, reason: str, rule_set_id: int | None = None, by: Actor
) -> CorrectionLine:
    """Propose what a line should have said: so many minutes, 0 to take it back. A second person approves it.

    With `rule_set_id` it is reckoned by another version of the rules, from then on; the minutes may stay as they are.
    Refuses lines that are not approved yet (`not_approved`), minutes beyond the activity's end, minutes that the
    person served elsewhere (`overlapping_service`), who is on the line (`own_activity`), and a second proposal while
    one waits.
    """
    line = line_seen(tx, participation_id, task=Task.LOG, by=by)
    lock_account(tx, line.member_id)
    line = line_seen(tx, participation_id, task=Task.LOG, by=by)
    activity = activity_seen(tx, line.activity_id, task=Task.LOG, by=by)
    if line.member_id == by.member_id:
        raise OwnActivity
    if line.state not in APPROVED:
        raise NotApproved
    if minutes > (activity.ended_at - line.started_at) // timedelta(minutes=1):
        raise Invalid({"minutes": MORE_THAN_ACTIVITY})
    if minutes == line.minutes and rule_set_id is None:
        raise Invalid({"minutes": NOTHING_CHANGES})
    if tx.maybe(_PENDING, participation_id=line.id) is not None:
        raise CorrectionPending
    reckoned = _reckon(tx, _rules(tx, activity, line, rule_set_id), activity, line, minutes)
    if minutes == line.minutes and reckoned.points == line.points:
        raise Invalid({"minutes": NOTHING_CHANGES})
    correction_id = tx.scalar(
        _ADD, participation_id=line.id, minutes_before=line.minutes, minutes_after=minutes, points_before=line.points,
        points_after=reckoned.points, reason=reason, proposed_by_id=by.staff_id, proposed_at=tx.now,
    )  # fmt: skip
    if rule_set_id is not None:
        tx.run(_PUT_UNDER, correction_id=correction_id, rule_set_id=rule_set_id)
    audit.note(tx, by, f"participation:{line.id}", "correction")
    return _correction(tx.one(_PENDING, participation_id=line.id))


def approve_correction(tx: Transaction, participation_id: int, *, by: Actor) -> CorrectionLine:
    """Carry out the proposal that waits: a reversal or an award, linked, and the line as it should have been.

    Refuses `same_person` to who proposed it, `own_activity`, `overlapping_service`, `balance_floor`, and
    `already_approved` where the line was rejected meanwhile. A line still under notice, or frozen, changes before
    anything is posted.
    """
    line, activity, pending = _to_decide(tx, participation_id, by)
    if line.state is ParticipationState.REJECTED:
        raise AlreadyApproved
    rules = _rules(tx, activity, line, pending.rule_set_id)
    reckoned = _reckon(tx, rules, activity, line, pending.minutes_after)
    transfer_id = None
    if line.state is ParticipationState.SETTLED:
        transfer_id = _post(tx, rules, activity, line, pending, reckoned.points)
    tx.run(
        _CHANGE_LINE,
        line_id=line.id,
        new_minutes=pending.minutes_after,
        new_end=line.started_at + timedelta(minutes=pending.minutes_after),
        new_points=reckoned.points,
        new_rule_points=reckoned.arithmetic.rule_points,
        new_arithmetic=reckoned.arithmetic.to_json(),
    )
    corrected = _decide(tx, pending, by, is_approved=True, points_after=reckoned.points, transfer_id=transfer_id)
    _tell(tx, line, activity, corrected)
    return corrected


def reject_correction(tx: Transaction, participation_id: int, *, by: Actor) -> CorrectionLine:
    """Turn the proposal down; the line stays as it is."""
    _, _, pending = _to_decide(tx, participation_id, by)
    return _decide(tx, pending, by, is_approved=False, points_after=pending.points_after, transfer_id=None)


def pending_corrections(tx: Transaction, correction_ids: Sequence[int]) -> list[int]:
    """The lines whose corrections, of these, still wait for the second person."""
    return [row.participation_id for row in tx.all(_PENDING_OF, ids=list(correction_ids))] if correction_ids else []


def last_correction(tx: Transaction, participation_id: int) -> Any:
    """What a line was last corrected from, and when (`minutes_before`, `decided_at`); None where it never was."""
    return tx.maybe(_LAST, participation_id=participation_id)


def _to_decide(tx: Transaction, participation_id: int, by: Actor) -> tuple[ParticipationLine, ActivityLine, Any]:
    line = line_seen(tx, participation_id, task=Task.APPROVE, by=by)
    lock_account(tx, line.member_id)
    line = line_seen(tx, participation_id, task=Task.APPROVE, by=by)
    activity = activity_seen(tx, line.activity_id, task=Task.APPROVE, by=by)
    pending = tx.maybe(_PENDING, participation_id=line.id)
    if pending is None and tx.maybe(_ANY, participation_id=line.id) is not None:
        raise AlreadyApproved
    if pending is None:
        raise NotFound
    if pending.proposed_by_id == by.staff_id:
        raise SamePerson
    if line.member_id == by.member_id:
        raise OwnActivity
    return line, activity, pending


def _rules(tx: Transaction, activity: ActivityLine, line: ParticipationLine, rule_set_id: int | None) -> RuleSet:
    """The version that is asked for, or that a correction put the line under, or that of its activity."""
    later_id = rule_set_id or tx.scalar(_LATER_RULES, id=line.id)
    return rule_set_of(tx, rule_set_id=later_id or activity.rule_set_id)


def _reckon(tx: Transaction, rules: RuleSet, activity: ActivityLine, line: ParticipationLine, minutes: int) -> Reckoned:
    """What the line earns with so many minutes. Refuses `overlapping_service` where more of them were elsewhere."""
    draft = replace(line.draft, minutes=minutes)
    if minutes > line.minutes and (shared := overlaps(tx, activity.session, [draft])):
        raise OverlappingService(overlap_minutes=shared[line.member_id])
    return reckon(tx, rules, activity.session, [draft])[0]


def _post(
    tx: Transaction, rules: RuleSet, activity: ActivityLine, line: ParticipationLine, pending: Any, points: int
) -> int | None:
    """Move the difference in the ledger and in the member's totals; the transfer, if points changed."""
    more = points - line.points
    minutes = pending.minutes_after - line.minutes
    activities = (pending.minutes_after > 0) - (line.minutes > 0)
    reference = f"correction:{pending.id}"
    change = Award(
        member_id=line.member_id, branch_id=activity.branch_id, points=abs(more), minutes=minutes,
        occurred_on=activity.service_on, lapses_on=rules.lapses_on(activity.service_on), reference=reference,
        activities=activities,
    )  # fmt: skip
    if more >= 0:
        return award(tx, [change], grace_days=rules.grace_days).get(reference)
    taken = Award(
        member_id=change.member_id, branch_id=change.branch_id, points=-more, minutes=-minutes,
        occurred_on=change.occurred_on, lapses_on=change.lapses_on, reference=reference, activities=-activities,
    )  # fmt: skip
    awards = [row.id for row in tx.all(_AWARD_OF_LINE, reference=f"participation:{line.id}")]
    awards += [row.id for row in tx.all(_AWARDS_OF_CORRECTIONS, participation_id=line.id)]
    return reverse(tx, taken, of=awards, floor_points=rules.balance_floor_points)[0]


def _decide(
    tx: Transaction, pending: Any, by: Actor, *, is_approved: bool, points_after: int, transfer_id: int | None
) -> CorrectionLine:
    tx.run(
        _DECIDE, correction_id=pending.id, approved=is_approved, points=points_after, by_id=by.staff_id, now=tx.now,
        moved_by_id=transfer_id,
    )  # fmt: skip
    audit.note(tx, by, f"participation:{pending.participation_id}", "correction")
    return replace(_correction(pending), is_approved=is_approved, points_after=points_after, transfer_id=transfer_id)


def _tell(tx: Transaction, line: ParticipationLine, activity: ActivityLine, corrected: CorrectionLine) -> None:
    figures: Figures = {
        "service_on": str(activity.service_on),
        "minutes_before": corrected.minutes_before,
        "points_before": line.points,
        "minutes_after": corrected.minutes_after,
        "points_after": corrected.points_after,
        "working_days": OBJECTION_WORKING_DAYS,
    }
    about = f"correction:{corrected.id}"
    tell(tx, member_id=line.member_id, kind=MessageKind.CORRECTED, about=about, figures=figures)


def _correction(row: Any) -> CorrectionLine:
    return CorrectionLine(**{name: getattr(row, name) for name in CorrectionLine.__struct_fields__})
