"""There is always somebody who administers the whole district."""

import sqlalchemy as sa

from points_bank.actor import Role
from points_bank.branches.models import Branch
from points_bank.columns import table_of
from points_bank.errors import Conflict, message
from points_bank.staff.models import Staff, StaffRight
from points_bank.transaction import Transaction

STAFF, RIGHT, BRANCH = table_of(Staff), table_of(StaffRight), table_of(Branch)


class LastAdministrator(Conflict):
    code = "last_administrator"
    sentence = message("There has to be somebody else who administers the whole district first.")


_IS_ONE = sa.exists().where(
    RIGHT.c.staff_id == STAFF.c.id,
    RIGHT.c.role == Role.ADMINISTRATOR,
    RIGHT.c.withdrawn_at.is_(None),
    RIGHT.c.from_on <= sa.bindparam("today"),
    sa.or_(RIGHT.c.until_on.is_(None), RIGHT.c.until_on >= sa.bindparam("today")),
    RIGHT.c.branch_id == BRANCH.c.id,
    BRANCH.c.parent_id.is_(None),
)
_ADMINISTRATORS = sa.select(STAFF.c.id).where(STAFF.c.disabled_at.is_(None), _IS_ONE).order_by(STAFF.c.id)


def keep_an_administrator(tx: Transaction, staff_id: int) -> None:
    """Refuse `last_administrator` where nobody but this person administers the district today.

    Call it after `looked_up`, so that of two who are ended at once one is left.
    """
    if [row.id for row in tx.all(_ADMINISTRATORS, today=tx.today)] == [staff_id]:
        raise LastAdministrator
