"""Signing in: how often it may be tried, and a token for who gave the right password."""

import math
from datetime import datetime, timedelta
from functools import partial

import msgspec
import sqlalchemy as sa

from points_bank.actor import Actor, ActorKind
from points_bank.columns import given, table_of
from points_bank.errors import TooManyTries, WrongCredentials
from points_bank.staff.models import SignInTry, Staff
from points_bank.staff.tokens import issue_staff_token
from points_bank.transaction import Transaction

TRY, STAFF = table_of(SignInTry), table_of(Staff)

STAFF_TOKEN_HOURS = 12

_LATEST = (
    sa.select(TRY.c.tried_at)
    .where(*given(TRY, "subject_hash"), TRY.c.tried_at > sa.bindparam("since"))
    .order_by(TRY.c.tried_at.desc())
    .limit(sa.bindparam("tries", type_=sa.Integer))
)
_REMEMBER = sa.insert(TRY)
_FORGET = sa.delete(TRY).where(TRY.c.tried_at <= sa.bindparam("since"))
_LOCK = sa.select(STAFF.c.id).where(*given(STAFF, "id")).with_for_update()
_BY_LOGIN = sa.select(STAFF.c.id, STAFF.c.password_hash).where(*given(STAFF, "login"), STAFF.c.disabled_at.is_(None))


class Credentials(msgspec.Struct, frozen=True):
    """Whose password to compare with; without a member of staff where nobody has that login."""

    login: str
    staff_id: int | None
    password_hash: str | None


def check_tries(tx: Transaction, subject: str) -> None:
    """Refuse `too_many_tries` while a subject (`staff:lin`, `card:1024...`) has its wrong tries within the window.

    Call it before the secret is looked at, and again in the act that decides, with whoever it is about locked: several
    may try at once.
    """
    limit, window = tx.settings.sign_in_tries, _window(tx)
    tries = tx.all(_LATEST, subject_hash=_hash_of(tx, subject), since=tx.now - window, tries=limit)
    if len(tries) >= limit:
        seconds = math.ceil((tries[-1].tried_at + window - tx.now).total_seconds())
        raise TooManyTries(retry_after_seconds=seconds)


def remember_try(tx: Transaction, subject: str) -> None:
    """Count a wrong try: `raise WrongCredentials(remember=partial(remember_try, subject=...))`. A right one counts
    nothing and takes nothing back."""
    tx.run(_FORGET, since=tx.now - _window(tx))
    tx.run(_REMEMBER, subject_hash=_hash_of(tx, subject), tried_at=tx.now)


def find_credentials(tx: Transaction, *, login: str) -> Credentials:
    """What to compare a password with, outside of any act. Refuses `too_many_tries`."""
    check_tries(tx, _subject(login))
    return _credentials(tx, login)


def sign_in(tx: Transaction, found: Credentials, *, is_password: bool, token_hash: bytes) -> datetime:
    """Make the token good for 12 hours; until when. `is_password` is what came out of the comparison with `found`.

    Refuses `unauthenticated`, which is remembered as a try, and `too_many_tries`. What changed during the comparison
    is no better than a wrong password.
    """
    subject = _subject(found.login)
    if found.staff_id is not None:
        tx.maybe(_LOCK, id=found.staff_id)
    check_tries(tx, subject)
    if found.staff_id is None or not is_password or _credentials(tx, found.login) != found:
        raise WrongCredentials(remember=partial(remember_try, subject=subject))
    expires_at = (tx.now + timedelta(hours=STAFF_TOKEN_HOURS)).replace(microsecond=0)
    by = Actor(ActorKind.STAFF, found.staff_id)
    issue_staff_token(tx, staff_id=found.staff_id, token_hash=token_hash, expires_at=expires_at, by=by)
    return expires_at


def _credentials(tx: Transaction, login: str) -> Credentials:
    row = tx.maybe(_BY_LOGIN, login=login)
    return Credentials(login, None, None) if row is None else Credentials(login, row.id, row.password_hash)


def _subject(login: str) -> str:
    return f"staff:{login}"


def _hash_of(tx: Transaction, subject: str) -> bytes:
    return tx.keys.digest("sign-in", subject)


def _window(tx: Transaction) -> timedelta:
    return timedelta(minutes=tx.settings.sign_in_window_minutes)
