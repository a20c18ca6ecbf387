"""Who changes staff, looked up in the act itself.

A process remembers its callers for seconds (points_bank/callers.py). For most of what a caller does that is soon over;
but whoever was shut out must not have those seconds to let themselves in again, by another process that has not heard
of it.
"""

import sqlalchemy as sa
from msgspec.structs import replace

from points_bank.actor import Actor, ActorKind
from points_bank.columns import given, table_of
from points_bank.errors import Unauthenticated
from points_bank.staff.models import Staff, Token
from points_bank.staff.tokens import staff_actor
from points_bank.transaction import Transaction

STAFF, TOKEN = table_of(Staff), table_of(Token)

_STAFF_LOCK = 7_370_626_176
"""Any number that nobody else on the server locks by."""

_ONE_AT_A_TIME = sa.text(f"SELECT CAST(pg_advisory_xact_lock({_STAFF_LOCK}) AS VARCHAR) AS locked")
_IN_OFFICE = sa.select(STAFF.c.id).where(*given(STAFF, "id"), STAFF.c.disabled_at.is_(None))
_GOOD = sa.select(TOKEN.c.id).where(
    *given(TOKEN, "id"), TOKEN.c.revoked_at.is_(None), TOKEN.c.expires_at > sa.bindparam("now")
)


def looked_up(tx: Transaction, by: Actor) -> Actor:
    """The caller with the rights that they have now; from here on no other act changes staff until this one has ended.

    Call it before anything is read that the act decides by. Refuses `unauthenticated` who was shut out, and whose token
    was ended.
    """
    if not tx.writes_alone:
        tx.scalar(_ONE_AT_A_TIME)
    if by.kind is not ActorKind.STAFF:
        return by
    if not is_in_office(tx, by.id):
        raise Unauthenticated
    if by.token_id is not None and tx.maybe(_GOOD, id=by.token_id, now=tx.now) is None:
        raise Unauthenticated
    return replace(by, rights=staff_actor(tx, by.id, by.member_id).rights)


def is_in_office(tx: Transaction, staff_id: int) -> bool:
    """Whether somebody is on the staff and not shut out."""
    return tx.maybe(_IN_OFFICE, id=staff_id) is not None
