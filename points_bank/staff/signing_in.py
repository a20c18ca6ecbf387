"""Signing in: a token for who gave the right password."""

from datetime import datetime, timedelta
from functools import partial

import msgspec
import sqlalchemy as sa

from points_bank.actor import Actor, ActorKind
from points_bank.columns import given, table_of
from points_bank.errors import WrongCredentials
from points_bank.staff.models import Staff
from points_bank.staff.tokens import issue_staff_token
from points_bank.staff.tries import GuardedAccount, Origin, check_tries, remember_address, remember_try
from points_bank.transaction import Transaction

STAFF = table_of(Staff)

STAFF_TOKEN_HOURS = 12

_LOCK = sa.select(STAFF.c.id).where(*given(STAFF, "id")).with_for_update()
_BY_LOGIN = sa.select(STAFF.c.id, STAFF.c.password_hash).where(*given(STAFF, "login"), STAFF.c.disabled_at.is_(None))


class Credentials(msgspec.Struct, frozen=True):
    """Whose password to compare with; without a member of staff where nobody has that login."""

    login: str
    staff_id: int | None
    password_hash: str | None
    origin: Origin | None = None

    @property
    def account(self) -> GuardedAccount:
        return GuardedAccount(f"staff:{self.login}", self.password_hash)


def find_credentials(tx: Transaction, *, login: str, origin: Origin | None = None) -> Credentials:
    """What to compare a password with, outside of any act. Refuses `too_many_tries`."""
    found = _credentials(tx, login, origin)
    check_tries(tx, found.account, origin)
    return found


def sign_in(tx: Transaction, found: Credentials, *, is_password: bool, token_hash: bytes) -> datetime:
    """Make the token good for 12 hours; until when. `is_password` is what came out of the comparison with `found`.

    Refuses `unauthenticated`, which is remembered as a try, and `too_many_tries`. What changed during the comparison
    is no better than a wrong password.
    """
    if found.staff_id is not None:
        tx.maybe(_LOCK, id=found.staff_id)
    check_tries(tx, found.account, found.origin)
    if found.staff_id is None or not is_password or _credentials(tx, found.login, found.origin) != found:
        raise WrongCredentials(remember=partial(remember_try, account=found.account, origin=found.origin))
    remember_address(tx, found.account, found.origin)
    expires_at = (tx.now + timedelta(hours=STAFF_TOKEN_HOURS)).replace(microsecond=0)
    by = Actor(ActorKind.STAFF, found.staff_id)
    issue_staff_token(tx, staff_id=found.staff_id, token_hash=token_hash, expires_at=expires_at, by=by)
    return expires_at


def _credentials(tx: Transaction, login: str, origin: Origin | None) -> Credentials:
    row = tx.maybe(_BY_LOGIN, login=login)
    return Credentials(login, row and row.id, row and row.password_hash, origin)
