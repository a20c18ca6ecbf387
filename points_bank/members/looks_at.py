"""Who looked at a member's data, as the member reads it."""

from datetime import date, datetime

import msgspec
import sqlalchemy as sa

from points_bank.actor import Actor, Task
from points_bank.columns import table_of
from points_bank.looks.models import Look, View
from points_bank.members.finding import member_seen, merged_into
from points_bank.staff.models import Staff
from points_bank.transaction import Transaction

LOOK, STAFF = table_of(Look), table_of(Staff)

LARGEST_ID = 2**62


class LookAtMember(msgspec.Struct, frozen=True):
    """What somebody of the staff saw of a member on a day of the district, from when to when, and how often."""

    id: int
    looked_on: date
    view: View
    staff_name: str
    first_at: datetime
    last_at: datetime
    times: int


_OF_MEMBERS = (
    sa.select(
        LOOK.c.id,
        LOOK.c.looked_on,
        LOOK.c.view,
        STAFF.c.name.label("staff_name"),
        LOOK.c.first_at,
        LOOK.c.last_at,
        LOOK.c.times,
    )
    .join_from(LOOK, STAFF, STAFF.c.id == LOOK.c.staff_id)
    .where(LOOK.c.member_id.in_(sa.bindparam("member_ids", expanding=True)), LOOK.c.id < sa.bindparam("before_id"))
    .order_by(LOOK.c.id.desc())
    .limit(sa.bindparam("most", type_=sa.Integer))
)


def looks_at_member(
    tx: Transaction, member_id: int, *, before_id: int | None = None, limit: int, by: Actor
) -> list[LookAtMember]:
    """Who looked at a member, in passbooks that were merged into theirs as well, newest first; one more than `limit`
    where there are more. For the member, and for who keeps the members of their branch."""
    member_seen(tx, member_id, task=Task.EXPORT_MEMBERS, by=by)
    whom = [member_id, *merged_into(tx, member_id)]
    rows = tx.all(_OF_MEMBERS, member_ids=whom, before_id=before_id or LARGEST_ID, most=limit + 1)
    return [LookAtMember(*row) for row in rows]
