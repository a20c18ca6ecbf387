"""Who set somebody's password, and so may know it.

Whoever knows a password is whom it belongs to, as soon as they like: a right must not come to an account whose password
is known to somebody who could not have had that right given to themselves.
"""

import sqlalchemy as sa

from points_bank.actor import SYSTEM, Actor, Task
from points_bank.columns import given, table_of
from points_bank.errors import Conflict, message
from points_bank.staff.models import Staff
from points_bank.staff.tokens import staff_actor
from points_bank.transaction import Transaction

STAFF = table_of(Staff)


class PasswordOfAnother(Conflict):
    code = "password_of_another"
    sentence = message(
        "Their password was set by somebody who does not administer this branch. Give them a new password first."
    )


# Who sets a password holds the same lock, so that it is not set between the look and the right.
_LOCK = sa.select(STAFF.c.id).where(*given(STAFF, "id")).with_for_update()
_SETTER = sa.select(STAFF.c.password_set_by).where(*given(STAFF, "id"))
_IN_OFFICE = sa.select(STAFF.c.id).where(*given(STAFF, "id"), STAFF.c.disabled_at.is_(None))


def set_password_of(tx: Transaction, staff_id: int, *, by: Actor) -> bool:
    """Whether this actor is the one who set someone's password last."""
    found: str | None = tx.scalar(_SETTER, id=staff_id)
    return found == by.name


def require_own_password(tx: Transaction, staff_id: int, *, path: str, by: Actor) -> None:
    """Refuse `password_of_another` where someone's password was set by staff who do not administer that branch now, and
    are not the actor.

    What the command line set, or somebody before revision 0013, is known to nobody who stands in the books.
    """
    tx.maybe(_LOCK, id=staff_id)
    setter: str | None = tx.scalar(_SETTER, id=staff_id)
    if setter is None or setter in {by.name, SYSTEM.name}:
        return
    if not _administers(tx, int(setter.removeprefix("staff:")), path):
        raise PasswordOfAnother


def _administers(tx: Transaction, staff_id: int, path: str) -> bool:
    is_in_office = tx.maybe(_IN_OFFICE, id=staff_id) is not None
    return is_in_office and staff_actor(tx, staff_id, None).may(Task.ADMINISTER, path)
