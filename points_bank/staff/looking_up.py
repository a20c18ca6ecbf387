"""Who changes staff, looked up in the act itself.

A process remembers its callers for seconds (points_bank/callers.py). For most of what a caller does that is soon over;
but whoever was shut out must not have those seconds to let themselves in again, by another process that has not heard
of it.
"""

import sqlalchemy as sa
from msgspec.structs import replace

from points_bank.actor import Actor, ActorKind
from points_bank.columns import given, table_of
from points_bank.errors import Conflict, Unauthenticated, message
from points_bank.staff.models import Staff, Token
from points_bank.staff.tokens import staff_actor
from points_bank.transaction import Transaction

STAFF, TOKEN = table_of(Staff), table_of(Token)


class ShutOut(Conflict):
    code = "shut_out"
    sentence = message("They are shut out. Let them in again first.")


# The first who ever was on the staff stays in the books, and so is a row that all who change staff can wait for.
_ONE_AT_A_TIME = sa.select(STAFF.c.id).order_by(STAFF.c.id).limit(1).with_for_update(key_share=True)
_IN_OFFICE = sa.select(STAFF.c.id).where(*given(STAFF, "id"), STAFF.c.disabled_at.is_(None))
_GOOD = sa.select(TOKEN.c.id).where(
    *given(TOKEN, "id"), TOKEN.c.revoked_at.is_(None), TOKEN.c.expires_at > sa.bindparam("now")
)


def looked_up(tx: Transaction, by: Actor) -> Actor:
    """The caller with the rights that they have now; from here on no other act changes staff until this one has ended.

    Call it before anything is read that the act decides by. Refuses `unauthenticated` who was shut out, and whose token
    was ended.
    """
    tx.maybe(_ONE_AT_A_TIME)
    return as_of_now(tx, by)


def as_of_now(tx: Transaction, by: Actor) -> Actor:
    """The caller with the rights that they have now, for an act of something that takes long.

    Refuses `unauthenticated` who was shut out, and whose token was ended.
    """
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


def require_in_office(tx: Transaction, staff_id: int) -> None:
    """Refuse `shut_out` somebody of the staff to whom nothing can be given now."""
    if not is_in_office(tx, staff_id):
        raise ShutOut
