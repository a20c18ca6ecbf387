"""Appeals: the member's own words about a suspension, and the answer of a third person."""

import sqlalchemy as sa

from points_bank import audit
from points_bank.actor import Actor, ActorKind, Task
from points_bank.columns import table_of
from points_bank.errors import AlreadyAppealed, AlreadyApproved, NotFound, SamePerson
from points_bank.ledger.accounts import lock_account
from points_bank.members.finding import member_seen
from points_bank.outbox import MessageKind, tell
from points_bank.suspensions.deciding import (
    SuspensionLine,
    lift_suspension,
    refuse_not_in_force,
    suspension_line,
    suspension_seen,
)
from points_bank.suspensions.models import Suspension
from points_bank.transaction import Transaction

SUSPENSION = table_of(Suspension)

_APPEAL = (
    sa.update(SUSPENSION)
    .where(SUSPENSION.c.id == sa.bindparam("suspension_id"))
    .values(appeal=sa.bindparam("words"), appealed_at=sa.bindparam("now"), appealed_by=sa.bindparam("who"))
)
_ANSWER = (
    sa.update(SUSPENSION)
    .where(SUSPENSION.c.id == sa.bindparam("suspension_id"))
    .values(
        appeal_is_upheld=sa.bindparam("upheld"),
        answer=sa.bindparam("why"),
        answered_by_id=sa.bindparam("by_id"),
        answered_at=sa.bindparam("now"),
    )
)


def appeal_suspension(tx: Transaction, member_id: int, suspension_id: int, *, reason: str, by: Actor) -> SuspensionLine:
    """Appeal against one's suspension, or write down for a member what they appeal on paper.

    Refuses `not_found` one that was not decided, which its member has not heard of, and `already_appealed`.
    """
    task = Task.READ_MEMBERS if by.kind is ActorKind.MEMBER else Task.KEEP_MEMBERS
    member_seen(tx, member_id, task=task, by=by)
    lock_account(tx, member_id)
    suspension = suspension_line(tx, member_id, suspension_id)
    if not suspension.is_approved:
        raise NotFound
    refuse_not_in_force(tx, suspension)
    if suspension.appealed_at is not None:
        raise AlreadyAppealed
    tx.run(_APPEAL, suspension_id=suspension_id, words=reason, now=tx.now, who=by.name)
    audit.note(tx, by, f"member:{member_id}", f"suspension:{suspension_id}")
    return SuspensionLine.of(suspension)


def answer_appeal(
    tx: Transaction, member_id: int, suspension_id: int, *, upheld: bool, reason: str, by: Actor
) -> SuspensionLine:
    """Answer an appeal; upheld, the suspension ends now. The member is told.

    Refuses `same_person` to who proposed or decided the suspension, `not_found` where nobody appealed,
    and `already_approved` where it was answered.
    """
    suspension = suspension_seen(tx, member_id, suspension_id, by)
    refuse_not_in_force(tx, suspension)
    if by.staff_id in {suspension.proposed_by_id, suspension.decided_by_id}:
        raise SamePerson
    if suspension.appealed_at is None:
        raise NotFound
    if suspension.answered_at is not None:
        raise AlreadyApproved
    tx.run(_ANSWER, suspension_id=suspension_id, upheld=upheld, why=reason, by_id=by.staff_id, now=tx.now)
    if upheld:
        return lift_suspension(tx, suspension, reason=reason, by=by)
    audit.note(tx, by, f"member:{member_id}", f"suspension:{suspension_id}")
    figures = {"until_on": str(suspension.until_on)}
    about = f"suspension:{suspension_id}"
    tell(tx, member_id=member_id, kind=MessageKind.APPEAL_REJECTED, about=about, figures=figures)
    return SuspensionLine.of(suspension)
