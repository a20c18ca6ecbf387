"""Who set somebody's password, and so may know it.

Whoever knows a password is whom it belongs to, as soon as they like: a right must not come to an account whose password
is known to somebody who could not have had that right given to themselves.
"""

import sqlalchemy as sa

from points_bank.actor import SYSTEM, Actor, Task
from points_bank.columns import given, table_of
from points_bank.errors import Conflict, message
from points_bank.staff.looking_up import is_in_office
from points_bank.staff.models import Staff
from points_bank.staff.tokens import staff_actor
from points_bank.transaction import Transaction

STAFF = table_of(Staff)


class PasswordOfAnother(Conflict):
    code = "password_of_another"
    sentence = message(
        "Their password was set by somebody who does not administer this branch. Give them a new password first."
    )


_SETTER = sa.select(STAFF.c.password_set_by).where(*given(STAFF, "id"))


def set_password_of(tx: Transaction, staff_id: int, *, by: Actor) -> bool:
    """Whether this actor is the one who set someone's password last."""
    found: str | None = tx.scalar(_SETTER, id=staff_id)
    return found == by.name


def require_own_password(tx: Transaction, staff_id: int, *, path: str, by: Actor) -> None:
    """Refuse `password_of_another` where someone's password was set by staff who do not administer that branch now, and
    are not the actor.

    What the command line set, or somebody before revision 0013, is known to nobody who stands in the books.
    """
    setter: str | None = tx.scalar(_SETTER, id=staff_id)
    if setter is None or setter in {by.name, SYSTEM.name}:
        return
    if not _administers(tx, int(setter.removeprefix("staff:")), path):
        raise PasswordOfAnother


def _administers(tx: Transaction, staff_id: int, path: str) -> bool:
    return is_in_office(tx, staff_id) and staff_actor(tx, staff_id, None).may(Task.ADMINISTER, path)
