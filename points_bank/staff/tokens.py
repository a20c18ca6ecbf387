"""Opaque tokens: shown once, kept as a hash, good until they expire or are revoked; and who a token stands for."""

import hashlib
import secrets
from collections.abc import Collection
from datetime import datetime, timedelta

import sqlalchemy as sa
from msgspec.structs import replace

from points_bank import audit
from points_bank.actor import MAY, Actor, ActorKind, Right, Role, Task
from points_bank.branches.models import Branch
from points_bank.columns import given, table_of
from points_bank.errors import Invalid, NotFound, message
from points_bank.staff.models import Staff, StaffRight, Token
from points_bank.transaction import Transaction

TOKEN, STAFF = table_of(Token), table_of(Staff)
RIGHT, BRANCH = table_of(StaffRight), table_of(Branch)

LONGEST_DAYS = 3_650

NO_SUCH_LOGIN = message("Nobody has this login.")
NEVER_DONE = message("None of this person's rights is good for the task {task}.")
NO_SUCH_DAYS = message("A number of days from 1 to 3650 is needed.")

_ADD = sa.insert(TOKEN)
_PRIVATE = sa.select(STAFF.c.id, STAFF.c.member_id).where(*given(STAFF, "login"), STAFF.c.disabled_at.is_(None))
_BY_LOGIN = sa.select(STAFF.c.id).where(*given(STAFF, "login"), STAFF.c.disabled_at.is_(None))
_OWNER = (
    sa.select(
        TOKEN.c.id,
        TOKEN.c.staff_id,
        TOKEN.c.member_id,
        TOKEN.c.scopes,
        STAFF.c.member_id.label("private_id"),
        STAFF.c.disabled_at,
    )
    .outerjoin_from(TOKEN, STAFF, STAFF.c.id == TOKEN.c.staff_id)
    .where(*given(TOKEN, "token_hash"), TOKEN.c.revoked_at.is_(None), TOKEN.c.expires_at > sa.bindparam("now"))
)
_RIGHTS = (
    sa.select(RIGHT.c.role, BRANCH.c.path)
    .join_from(RIGHT, BRANCH, BRANCH.c.id == RIGHT.c.branch_id)
    .where(
        *given(RIGHT, "staff_id"),
        RIGHT.c.withdrawn_at.is_(None),
        RIGHT.c.from_on <= sa.bindparam("today"),
        sa.or_(RIGHT.c.until_on.is_(None), RIGHT.c.until_on >= sa.bindparam("today")),
    )
    .order_by(RIGHT.c.id)
)
# Running, or to come.
_ROLES = sa.select(RIGHT.c.role).where(
    *given(RIGHT, "staff_id"),
    RIGHT.c.withdrawn_at.is_(None),
    sa.or_(RIGHT.c.until_on.is_(None), RIGHT.c.until_on >= sa.bindparam("today")),
)
_REVOKE = (
    sa.update(TOKEN)
    .where(*given(TOKEN, "token_hash"), TOKEN.c.revoked_at.is_(None))
    .values(revoked_at=sa.bindparam("now"))
)
_END_OF_STAFF = (
    sa.update(TOKEN)
    .where(
        TOKEN.c.staff_id == sa.bindparam("whose"),
        TOKEN.c.revoked_at.is_(None),
        TOKEN.c.expires_at > sa.bindparam("now"),
    )
    .values(revoked_at=sa.bindparam("now"))
)
_END_OF_MEMBER = (
    sa.update(TOKEN)
    .where(TOKEN.c.member_id == sa.bindparam("whose"), TOKEN.c.revoked_at.is_(None))
    .values(revoked_at=sa.bindparam("now"))
)

_END_EVERY = (
    sa.update(TOKEN)
    .where(TOKEN.c.revoked_at.is_(None), TOKEN.c.expires_at > sa.bindparam("now"))
    .values(revoked_at=sa.bindparam("now"))
)


def new_token() -> str:
    """A token to hand out: 256 random bits. Only `hash_of` it is ever kept."""
    return f"pb_{secrets.token_urlsafe(32)}"


def hash_of(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def issue_staff_token(
    tx: Transaction,
    *,
    staff_id: int,
    token_hash: bytes,
    expires_at: datetime,
    scopes: Collection[Task] | None = None,
    by: Actor,
) -> None:
    """Keep a token of staff, for some tasks or, without `scopes`, for all that its holder may do."""
    tx.run(
        _ADD, token_hash=token_hash, staff_id=staff_id, member_id=None, created_at=tx.now, expires_at=expires_at,
        scopes=None if scopes is None else sorted(set(scopes)),
    )  # fmt: skip
    audit.note(tx, by, f"staff:{staff_id}")


def issue_member_token(tx: Transaction, *, member_id: int, token_hash: bytes, expires_at: datetime, by: Actor) -> None:
    tx.run(_ADD, token_hash=token_hash, staff_id=None, member_id=member_id, created_at=tx.now, expires_at=expires_at)
    audit.note(tx, by, f"member:{member_id}")


def issue_client_token(
    tx: Transaction, *, login: str, token_hash: bytes, days: int, scopes: Collection[Task] | None = None, by: Actor
) -> None:
    """A token for a program that works as this member of staff; with `scopes` only where it does one of these tasks.

    Refuses `invalid` an unknown login, odd days, and a task that the holder has no right for, now or to come.
    """
    if not 1 <= days <= LONGEST_DAYS:
        raise Invalid({"days": NO_SUCH_DAYS})
    staff_id, expires_at = _staff_id(tx, login), tx.now + timedelta(days=days)
    _check_scopes(tx, staff_id, scopes or ())
    issue_staff_token(tx, staff_id=staff_id, token_hash=token_hash, expires_at=expires_at, scopes=scopes, by=by)


def revoke_token(tx: Transaction, *, token_hash: bytes, by: Actor) -> None:
    """End a token now. Refuses `not_found` where there is no such token, or it has ended."""
    if not tx.run(_REVOKE, token_hash=token_hash, now=tx.now):
        raise NotFound
    audit.note(tx, by, "token")


def end_token(tx: Transaction, token_hash: bytes) -> None:
    """End a token, if there is one and it is still good."""
    tx.run(_REVOKE, token_hash=token_hash, now=tx.now)


def end_staff_tokens(tx: Transaction, *, login: str, by: Actor) -> int:
    """End every token of a member of staff; how many there were. Refuses `invalid` an unknown login."""
    staff_id = _staff_id(tx, login)
    audit.note(tx, by, f"staff:{staff_id}")
    return end_tokens_of(tx, staff_id)


def end_tokens_of(tx: Transaction, staff_id: int) -> int:
    """End every token of a member of staff, for an act that takes away what they were given by; how many there were."""
    return tx.run(_END_OF_STAFF, whose=staff_id, now=tx.now)


def end_member_tokens(tx: Transaction, member_id: int) -> None:
    """End every token of a member, for an act that takes away what they were given by."""
    tx.run(_END_OF_MEMBER, whose=member_id, now=tx.now)


def end_every_token(tx: Transaction, *, by: Actor) -> int:
    """End every token and session of everybody, as for a bank that comes out of a backup: some of them had been ended
    since. How many there were."""
    audit.note(tx, by, "token")
    return tx.run(_END_EVERY, now=tx.now)


def actor_of_token(tx: Transaction, token_hash: bytes) -> Actor | None:
    """Who a token stands for, with their rights of today; None for a token that is unknown, revoked or expired."""
    owner = tx.maybe(_OWNER, token_hash=token_hash, now=tx.now)
    if owner is None or owner.disabled_at is not None:
        return None
    if owner.member_id is not None:
        return Actor(ActorKind.MEMBER, owner.member_id, owner.member_id)
    holder = staff_actor(tx, owner.staff_id, owner.private_id)
    scopes = None if owner.scopes is None else frozenset(map(Task, owner.scopes))
    return replace(holder, scopes=scopes, token_id=owner.id)


def staff_actor(tx: Transaction, staff_id: int, member_id: int | None) -> Actor:
    """Staff with their rights of today; `member_id` is the member that they are in private life."""
    rights = tx.all(_RIGHTS, staff_id=staff_id, today=tx.today)
    return Actor(ActorKind.STAFF, staff_id, member_id, tuple(Right(row.role, row.path) for row in rights))


def staff_by_login(tx: Transaction, login: str) -> Actor:
    """Staff by their login, for the command line, which asks for no password. Refuses `invalid` an unknown one."""
    row = tx.maybe(_PRIVATE, login=login)
    if row is None:
        raise Invalid({"login": NO_SUCH_LOGIN})
    return staff_actor(tx, row.id, row.member_id)


def _check_scopes(tx: Transaction, staff_id: int, scopes: Collection[Task]) -> None:
    roles = {Role(row.role) for row in tx.all(_ROLES, staff_id=staff_id, today=tx.today)}
    for task in sorted(scopes):
        if not roles & MAY[task]:
            raise Invalid({"scope": NEVER_DONE}, task=task.value)


def _staff_id(tx: Transaction, login: str) -> int:
    staff_id: int | None = tx.scalar(_BY_LOGIN, login=login)
    if staff_id is None:
        raise Invalid({"login": NO_SUCH_LOGIN})
    return staff_id
