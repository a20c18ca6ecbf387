"""There is always somebody who administers the whole district."""

from datetime import date

import sqlalchemy as sa

from points_bank.actor import Role
from points_bank.branches.models import Branch
from points_bank.columns import given, table_of
from points_bank.errors import Conflict, message
from points_bank.staff.models import Staff, StaffRight
from points_bank.transaction import Transaction

STAFF, RIGHT, BRANCH = table_of(Staff), table_of(StaffRight), table_of(Branch)


class LastAdministrator(Conflict):
    code = "last_administrator"
    sentence = message("There has to be somebody else first who administers the whole district without a last day.")


_OF_DISTRICT = sa.and_(
    RIGHT.c.staff_id == STAFF.c.id,
    RIGHT.c.role == Role.ADMINISTRATOR,
    RIGHT.c.withdrawn_at.is_(None),
    RIGHT.c.branch_id == BRANCH.c.id,
    BRANCH.c.parent_id.is_(None),
)
_STANDS = sa.or_(RIGHT.c.until_on.is_(None), RIGHT.c.until_on >= sa.bindparam("today"))
_LASTS = sa.and_(RIGHT.c.until_on.is_(None), RIGHT.c.from_on <= sa.bindparam("by_on"))
_THE_PERSON = sa.select(STAFF.c.id).where(*given(STAFF, "id"), sa.exists().where(_OF_DISTRICT, _STANDS))
_OTHERS = sa.select(STAFF.c.id).where(
    STAFF.c.id != sa.bindparam("id"), STAFF.c.disabled_at.is_(None), sa.exists().where(_OF_DISTRICT, _LASTS)
)


def keep_an_administrator(tx: Transaction, staff_id: int, *, by_on: date | None = None) -> None:
    """Refuse `last_administrator` where this person administers the district, or is to, and nobody else does for good.

    For good is who is not shut out and has a right without a last day, which runs today or from `by_on` on: one that
    ends would leave nobody when it does. Call it after `looked_up`, so that of two who are ended at once one is left.
    """
    if tx.maybe(_THE_PERSON, id=staff_id, today=tx.today) is None:
        return
    if not tx.all(_OTHERS, id=staff_id, by_on=by_on or tx.today):
        raise LastAdministrator
