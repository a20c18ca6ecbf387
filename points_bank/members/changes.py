"""What happens to a member's record after registering: details that change, and closing."""

from datetime import datetime

import msgspec
import sqlalchemy as sa

from points_bank import audit
from points_bank.actor import Actor, Task
from points_bank.columns import given, table_of
from points_bank.encryption import cipher_in_use
from points_bank.errors import Invalid, message
from points_bank.ledger.accounts import lock_account
from points_bank.members.details import NEEDED, Details, columns_of
from points_bank.members.finding import member_seen
from points_bank.members.households import end_residence
from points_bank.members.models import Member
from points_bank.members.phones import phone_columns
from points_bank.staff.tokens import end_member_tokens
from points_bank.transaction import Transaction

MEMBER = table_of(Member)


class ChangedMember(msgspec.Struct, frozen=True):
    """Whose details were changed; what they are is read anew, since outcomes are kept for ever."""

    id: int


class ClosedMember(msgspec.Struct, frozen=True):
    id: int
    closed_at: datetime


_CHANGE = sa.update(MEMBER).where(MEMBER.c.id == sa.bindparam("whose"))
_CLOSE = _CHANGE.values(closed_at=sa.bindparam("now"), closing_reason=sa.bindparam("reason"), pin_hash=None)
_CLOSED = sa.select(MEMBER.c.closing_reason, MEMBER.c.erased_at).where(*given(MEMBER, "id"))
_ADD_REASON = _CHANGE.values(closing_reason=sa.bindparam("reason"))
LONGEST_REASON = 200
TOO_LONG = message("This is too long.")


def change_member(tx: Transaction, member_id: int, details: Details, *, by: Actor) -> ChangedMember:
    """Write what is given and leave the rest; None takes a phone, a date of birth or a guardian away.

    Refuses `invalid` each detail that cannot be, and `member_closed`.
    """
    line = member_seen(tx, member_id, task=Task.KEEP_MEMBERS, by=by)
    line.require_open()
    columns = columns_of(tx, details, born_on=line.born_on)
    if "phone" in columns:
        columns |= phone_columns(cipher_in_use(tx), member_id, columns["phone"])
    if columns:
        tx.run(_CHANGE.values(columns), whose=member_id)
        audit.note(tx, by, f"member:{member_id}", *sorted(details))
    return ChangedMember(member_id)


def close_member(tx: Transaction, member_id: int, *, reason: str, by: Actor) -> ClosedMember:
    """Close a passbook: no service, no goods, no changes from now on; the balance stays where it is.

    The member's tokens end, the card is refused as `member_closed`, and their household goes on without them. What is
    reserved must be ended before, in the same act: this one knows no reservations. Refuses `member_closed` when it is
    closed already.
    """
    if not reason.strip():
        raise Invalid({"reason": NEEDED})
    member_seen(tx, member_id, task=Task.KEEP_MEMBERS, by=by)
    lock_account(tx, member_id)
    member_seen(tx, member_id, task=Task.KEEP_MEMBERS, by=by).require_open()
    tx.run(_CLOSE, whose=member_id, now=tx.now, reason=reason.strip())
    end_member_tokens(tx, member_id)
    end_residence(tx, member_id, by=by)
    audit.note(tx, by, f"member:{member_id}")
    return ClosedMember(member_id, tx.now)


def add_closing_reason(tx: Transaction, member_id: int, *, reason: str) -> None:
    """Write behind the reason of closing why something was done with a closed passbook, in an act of its own.

    Of somebody erased nothing is written down any more. Refuses `invalid` what is too long together.
    """
    row = tx.one(_CLOSED, id=member_id)
    if row.erased_at is not None:
        return
    both = f"{row.closing_reason}; {reason.strip()}"
    if len(both) > LONGEST_REASON:
        raise Invalid({"reason": TOO_LONG})
    tx.run(_ADD_REASON, whose=member_id, reason=both)
