"""Suspending a member's redemption: one person proposes it, a second decides, and anyone who may approve can end it."""

from datetime import date
from typing import Any, Self

import msgspec
import sqlalchemy as sa

from points_bank import audit
from points_bank.actor import Actor, Task
from points_bank.columns import given, table_of
from points_bank.errors import (
    AlreadyApproved,
    Invalid,
    NotApproved,
    NotFound,
    SamePerson,
    SuspensionPending,
    message,
)
from points_bank.ledger.accounts import lock_account
from points_bank.members.finding import MemberLine, member_seen
from points_bank.outbox import MessageKind, tell
from points_bank.suspensions.models import Suspension
from points_bank.transaction import Transaction

SUSPENSION = table_of(Suspension)
# The tables by their names alone: reviews stand above suspensions.
_ENTRY = sa.table("review_entry", *(sa.column(name) for name in ("review_id", "participation_id", "is_false")))
_LINE = sa.table("participation", sa.column("id"), sa.column("member_id"))

DATE_OUT_OF_RANGE = message("From today to the end of next year.")
NOT_PROVEN = message("This review has found nothing false of this member.")


class SuspensionLine(msgspec.Struct, frozen=True, kw_only=True):
    """A suspension as it stands: `is_approved` is null while it waits for the second person.

    Its texts stay in the books: they are about a person, and outcomes are kept beside their keys for ever.
    """

    id: int
    member_id: int
    review_id: int | None
    until_on: date
    is_approved: bool | None
    barred_until_on: date | None
    is_ended: bool

    @classmethod
    def of(cls, row: Any) -> Self:
        return cls(**{name: getattr(row, name) for name in cls.__struct_fields__})


BARRED_UNTIL_ON = sa.case((SUSPENSION.c.ended_at.is_(None), SUSPENSION.c.barred_until_on)).label("barred_until_on")
"""Until when no late entries are taken: null where the suspension was lifted, and the bar with it."""

_LINES = sa.select(
    SUSPENSION.c.id,
    SUSPENSION.c.member_id,
    SUSPENSION.c.review_id,
    SUSPENSION.c.until_on,
    SUSPENSION.c.is_approved,
    BARRED_UNTIL_ON,
    sa.type_coerce(SUSPENSION.c.ended_at.is_not(None), sa.Boolean).label("is_ended"),
    SUSPENSION.c.proposed_by_id,
    SUSPENSION.c.decided_by_id,
    SUSPENSION.c.appealed_at,
    SUSPENSION.c.answered_at,
)
_ONE = _LINES.where(*given(SUSPENSION, "id", "member_id"))
_PENDING = sa.select(SUSPENSION.c.id).where(*given(SUSPENSION, "member_id"), SUSPENSION.c.decided_at.is_(None))
_FOUND_FALSE = (
    sa.select(_ENTRY.c.participation_id)
    .join_from(_ENTRY, _LINE, _LINE.c.id == _ENTRY.c.participation_id)
    .where(
        _ENTRY.c.review_id == sa.bindparam("review_id"),
        _ENTRY.c.is_false.is_(True),
        _LINE.c.member_id == sa.bindparam("member_id"),
    )
    .limit(1)
)
_ADD = sa.insert(SUSPENSION).returning(SUSPENSION.c.id)
_DECIDE = (
    sa.update(SUSPENSION)
    .where(SUSPENSION.c.id == sa.bindparam("suspension_id"))
    .values(
        is_approved=sa.bindparam("approved"),
        decided_by_id=sa.bindparam("by_id"),
        decided_at=sa.bindparam("now"),
        barred_until_on=sa.bindparam("barred_until"),
    )
)
_END = (
    sa.update(SUSPENSION)
    .where(SUSPENSION.c.id == sa.bindparam("suspension_id"))
    .values(ended_at=sa.bindparam("now"), ended_by_id=sa.bindparam("by_id"), ending_reason=sa.bindparam("reason"))
)


def propose_suspension(
    tx: Transaction, member_id: int, *, reason: str, until_on: date, review_id: int | None = None, by: Actor
) -> SuspensionLine:
    """Propose that a member exchanges no points until 24:00 of a day, this year or next. A second person decides.

    Refuses `same_person` about oneself, `suspension_pending` while one waits, and a review that did not find a line of
    this member false.
    """
    _member(tx, member_id, by).require_open()
    lock_account(tx, member_id)
    if not tx.today <= until_on <= date(tx.today.year + 1, 12, 31):
        raise Invalid({"until_on": DATE_OUT_OF_RANGE})
    if review_id is not None and tx.maybe(_FOUND_FALSE, review_id=review_id, member_id=member_id) is None:
        raise Invalid({"review_id": NOT_PROVEN})
    if tx.maybe(_PENDING, member_id=member_id) is not None:
        raise SuspensionPending
    suspension_id = tx.scalar(
        _ADD, member_id=member_id, review_id=review_id, reason=reason, until_on=until_on,
        proposed_by_id=by.staff_id, proposed_at=tx.now,
    )  # fmt: skip
    return _noted(tx, member_id, suspension_id, by)


def approve_suspension(tx: Transaction, member_id: int, suspension_id: int, *, by: Actor) -> SuspensionLine:
    """Let a proposed suspension begin now. Late entries for the member are barred for one year from today.

    Refuses `same_person` to who proposed it, and `already_approved`. The member is told.
    """
    suspension = _to_decide(tx, member_id, suspension_id, by)
    if suspension.until_on < tx.today:
        raise Invalid({"until_on": DATE_OUT_OF_RANGE})
    tx.run(
        _DECIDE, suspension_id=suspension_id, approved=True, by_id=by.staff_id, now=tx.now,
        barred_until=_a_year_after(tx.today),
    )  # fmt: skip
    _tell(tx, suspension, MessageKind.SUSPENDED_UNTIL)
    return _noted(tx, member_id, suspension_id, by)


def reject_suspension(tx: Transaction, member_id: int, suspension_id: int, *, by: Actor) -> SuspensionLine:
    """Turn a proposed suspension down. The member is not told of it."""
    _to_decide(tx, member_id, suspension_id, by)
    tx.run(_DECIDE, suspension_id=suspension_id, approved=False, by_id=by.staff_id, now=tx.now, barred_until=None)
    return _noted(tx, member_id, suspension_id, by)


def end_suspension(tx: Transaction, member_id: int, suspension_id: int, *, reason: str, by: Actor) -> SuspensionLine:
    """End a suspension before its date, and the bar on late entries with it. Refuses `not_approved` and one ended."""
    suspension = suspension_seen(tx, member_id, suspension_id, by)
    refuse_not_in_force(tx, suspension)
    return lift_suspension(tx, suspension, reason=reason, by=by)


def lift_suspension(tx: Transaction, suspension: Any, *, reason: str, by: Actor) -> SuspensionLine:
    """End a suspension that was found to be in force."""
    tx.run(_END, suspension_id=suspension.id, now=tx.now, by_id=by.staff_id, reason=reason)
    _tell(tx, suspension, MessageKind.SUSPENSION_ENDED)
    return _noted(tx, suspension.member_id, suspension.id, by)


def suspension_seen(tx: Transaction, member_id: int, suspension_id: int, by: Actor) -> Any:
    """A suspension for staff who decide about it, the member's account locked. Refuses `same_person` about oneself."""
    _member(tx, member_id, by)
    lock_account(tx, member_id)
    return suspension_line(tx, member_id, suspension_id)


def suspension_line(tx: Transaction, member_id: int, suspension_id: int) -> Any:
    """A suspension of that member. Refuses `not_found`."""
    suspension = tx.maybe(_ONE, id=suspension_id, member_id=member_id)
    if suspension is None:
        raise NotFound
    return suspension


def refuse_not_in_force(tx: Transaction, suspension: Any) -> None:
    """Refuses `not_approved` one that was not decided, or was turned down, and `already_approved` one that is over."""
    if not suspension.is_approved:
        raise NotApproved
    if suspension.is_ended or max(suspension.until_on, suspension.barred_until_on) < tx.today:
        raise AlreadyApproved


def _member(tx: Transaction, member_id: int, by: Actor) -> MemberLine:
    member = member_seen(tx, member_id, task=Task.APPROVE, by=by)
    if by.member_id == member_id:
        raise SamePerson
    return member


def _to_decide(tx: Transaction, member_id: int, suspension_id: int, by: Actor) -> Any:
    suspension = suspension_seen(tx, member_id, suspension_id, by)
    if suspension.is_approved is not None:
        raise AlreadyApproved
    if suspension.proposed_by_id == by.staff_id:
        raise SamePerson
    return suspension


def _noted(tx: Transaction, member_id: int, suspension_id: int, by: Actor) -> SuspensionLine:
    audit.note(tx, by, f"member:{member_id}", f"suspension:{suspension_id}")
    return SuspensionLine.of(tx.one(_ONE, id=suspension_id, member_id=member_id))


def _tell(tx: Transaction, suspension: Any, kind: MessageKind) -> None:
    about, figures = f"suspension:{suspension.id}", {"until_on": str(suspension.until_on)}
    tell(tx, member_id=suspension.member_id, kind=kind, about=about, figures=figures)


def _a_year_after(on: date) -> date:
    """The same day next year; 28 February for a leap day."""
    is_leap_day = (on.month, on.day) == (2, 29)
    return on.replace(year=on.year + 1, day=28 if is_leap_day else on.day)
