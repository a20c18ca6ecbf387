"""Reading a member's suspensions: staff who decide and oversee, and the member."""

from datetime import date, datetime

import msgspec
import sqlalchemy as sa

from points_bank.actor import Actor, ActorKind, Task
from points_bank.columns import given, table_of
from points_bank.members.finding import member_seen
from points_bank.staff.models import Staff
from points_bank.suspensions.deciding import BARRED_UNTIL_ON
from points_bank.suspensions.models import Suspension
from points_bank.transaction import Transaction

SUSPENSION, STAFF = table_of(Suspension), table_of(Staff)


class SuspensionRecord(msgspec.Struct, frozen=True):
    """A suspension with its reasons. Who decided is named, also to the member."""

    id: int
    member_id: int
    review_id: int | None
    reason: str
    until_on: date
    is_approved: bool | None
    decided_by: str | None
    decided_at: datetime | None
    barred_until_on: date | None
    appeal: str | None
    appealed_at: datetime | None
    appeal_is_upheld: bool | None
    answer: str | None
    answered_at: datetime | None
    ended_at: datetime | None
    ending_reason: str | None


_TOLD_OTHERWISE = {"decided_by": STAFF.c.name.label("decided_by"), "barred_until_on": BARRED_UNTIL_ON}
_OF_MEMBER = (
    sa.select(
        *(
            _TOLD_OTHERWISE[name] if name in _TOLD_OTHERWISE else SUSPENSION.c[name]
            for name in SuspensionRecord.__struct_fields__
        )
    )
    .outerjoin_from(SUSPENSION, STAFF, STAFF.c.id == SUSPENSION.c.decided_by_id)
    .where(*given(SUSPENSION, "member_id"))
    .order_by(SUSPENSION.c.id.desc())
)
_DECIDED_OF_MEMBER = _OF_MEMBER.where(SUSPENSION.c.is_approved.is_(True))


def suspensions_of(tx: Transaction, member_id: int, *, by: Actor) -> list[SuspensionRecord]:
    """A member's suspensions, newest first, those over included. The member sees those that were decided."""
    is_own = by.kind is ActorKind.MEMBER
    member_seen(tx, member_id, task=Task.READ_MEMBERS if is_own else Task.READ_DOUBTS, by=by)
    rows = tx.all(_DECIDED_OF_MEMBER if is_own else _OF_MEMBER, member_id=member_id)
    return [SuspensionRecord(*row) for row in rows]
