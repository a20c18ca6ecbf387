"""Accounts of staff: a new password, shutting somebody out, and letting them in again.

Who may do so administers all that the person has or ever had rights over: otherwise whoever administers one estate
could give a password to somebody of the whole district, and be them, or let in again whom another estate shut out.
"""

from datetime import datetime

import msgspec
import sqlalchemy as sa

from points_bank import audit
from points_bank.actor import Actor
from points_bank.columns import given, table_of
from points_bank.errors import Invalid, SamePerson
from points_bank.staff.administrators import keep_an_administrator
from points_bank.staff.looking_up import looked_up
from points_bank.staff.models import Staff
from points_bank.staff.people import require_all_of
from points_bank.staff.tokens import NO_SUCH_LOGIN, end_tokens_of
from points_bank.transaction import Transaction

STAFF = table_of(Staff)


class Account(msgspec.Struct, frozen=True):
    """With what a member of staff signs in; shut out since `disabled_at`."""

    id: int
    login: str
    disabled_at: datetime | None


_BY_LOGIN = sa.select(STAFF.c.id).where(*given(STAFF, "login"))
# Who is signing in holds the same lock, so that no token is made with what is being ended.
_LOCK = sa.select(STAFF.c.id).where(*given(STAFF, "id")).with_for_update()
_ACCOUNT = sa.select(STAFF.c.id, STAFF.c.login, STAFF.c.disabled_at).where(*given(STAFF, "id"))
_ITS_ID = STAFF.c.id == sa.bindparam("whose")
_CHANGE = sa.update(STAFF).where(_ITS_ID).values(password_hash=sa.bindparam("changed"))
_NAME_SETTER = sa.update(STAFF).where(_ITS_ID).values(password_set_by=sa.bindparam("setter"))
_DISABLE = sa.update(STAFF).where(_ITS_ID, STAFF.c.disabled_at.is_(None)).values(disabled_at=sa.bindparam("now"))
_ENABLE = sa.update(STAFF).where(_ITS_ID, STAFF.c.disabled_at.is_not(None)).values(disabled_at=None)


def change_password(tx: Transaction, staff_id: int, *, password_hash: str, by: Actor) -> Account:
    """Give someone another password; whoever is signed in as them, in a browser or a program, is so no more.

    Refuses `not_found` staff whose rights all lie elsewhere, and `forbidden` whose rights lie or lay elsewhere too.
    """
    by = _lock(tx, staff_id, by=by)
    tx.run(_CHANGE, whose=staff_id, changed=password_hash)
    # Whoever set the password before may be who now sets it as them, so that they stay the one to know it.
    if staff_id != by.staff_id:
        tx.run(_NAME_SETTER, whose=staff_id, setter=by.name)
    end_tokens_of(tx, staff_id)
    audit.note(tx, by, f"staff:{staff_id}")
    return _account(tx, staff_id)


def disable_staff(tx: Transaction, staff_id: int, *, by: Actor) -> Account:
    """Shut someone out, now and until they are let in again; who is shut out already stays so since then.

    Refuses as `change_password` does, `same_person` about oneself, and `last_administrator`.
    """
    by = _lock(tx, staff_id, by=by)
    if staff_id == by.staff_id:
        raise SamePerson
    keep_an_administrator(tx, staff_id)
    if tx.run(_DISABLE, whose=staff_id, now=tx.now):
        end_tokens_of(tx, staff_id)
        audit.note(tx, by, f"staff:{staff_id}")
    return _account(tx, staff_id)


def enable_staff(tx: Transaction, staff_id: int, *, by: Actor) -> Account:
    """Let someone in again, with the password and the rights that they have.

    Refuses as `change_password` does, and `same_person` about oneself.
    """
    by = _lock(tx, staff_id, by=by)
    if staff_id == by.staff_id:
        raise SamePerson
    if tx.run(_ENABLE, whose=staff_id):
        audit.note(tx, by, f"staff:{staff_id}")
    return _account(tx, staff_id)


def staff_with_login(tx: Transaction, login: str) -> int:
    """Whose login it is, shut out or not. Refuses `invalid` one that nobody has."""
    staff_id: int | None = tx.scalar(_BY_LOGIN, login=login)
    if staff_id is None:
        raise Invalid({"login": NO_SUCH_LOGIN})
    return staff_id


def _lock(tx: Transaction, staff_id: int, *, by: Actor) -> Actor:
    """The actor as `looked_up`, once they are known to administer all of the person, who is locked."""
    by = looked_up(tx, by)
    tx.maybe(_LOCK, id=staff_id)
    require_all_of(tx, staff_id, by=by)
    return by


def _account(tx: Transaction, staff_id: int) -> Account:
    return Account(*tx.one(_ACCOUNT, id=staff_id))
