"""Same key, same request: same answer. The key and what the act returned are kept in the act's own commit."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Generic, TypeVar

import msgspec
import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from points_bank.columns import given, instant, table_of
from points_bank.errors import KeyReused, PointsBankError
from points_bank.transaction import AnsweredMeanwhile, Transaction

T = TypeVar("T")


class IdempotencyKey(SQLModel, table=True):
    """One carried-out request. `outcome` holds ids and figures only: no name, no code, no secret."""

    __tablename__ = "idempotency_key"

    caller: str = Field(primary_key=True, max_length=40)
    route: str = Field(primary_key=True, max_length=120)
    key: str = Field(primary_key=True, max_length=255)
    request_hash: bytes
    outcome: Any = Field(sa_type=sa.JSON)
    created_at: datetime = instant()


class KeyedRequest(msgspec.Struct, frozen=True):
    """A request with its key: who sends it, to which route (with its ids left open), and a hash of path and body."""

    caller: str
    route: str
    key: str
    digest: bytes


class Answer(msgspec.Struct, Generic[T], frozen=True):
    """What the act returned, now or when the key was first used."""

    outcome: T
    is_replayed: bool = False


_KEYS = table_of(IdempotencyKey)
# Locked where it is found, and only then: so an answer that is given again waits for the standby as the first one did,
# also where that one was cut off while it waited and the standby never heard of it.
_FIND = (
    sa.select(_KEYS.c.request_hash, _KEYS.c.outcome).where(*given(_KEYS, "caller", "route", "key")).with_for_update()
)
_KEEP = sa.insert(_KEYS)


def once(
    tx: Transaction, request: KeyedRequest, returns: type[T], act: Callable[[Transaction], T], name: str
) -> Answer[T]:
    """Run the act (called `name` in the books) the first time its key is seen; after that, give that time's outcome.

    `returns` is the type of the act's plain value. A refused act keeps nothing: its key may be sent again.
    Refuses `idempotency_key_reused` when the key was used for another request.
    """
    values = {"caller": request.caller, "route": request.route, "key": request.key}
    # Keyed, because a request may hold a password, which could be found from a plain hash by trying.
    request_hash = tx.keys.digest("request", request.digest.hex())
    kept = tx.maybe(_FIND, **values)
    if kept is not None:
        if kept.request_hash != request_hash:
            raise KeyReused
        return Answer(msgspec.convert(kept.outcome, returns, strict=False), is_replayed=True)
    tx.act = name
    try:
        outcome = act(tx)
    except PointsBankError:
        # The same request, carried out beside this one, may be what refuses it.
        if tx.maybe(_FIND, **values) is not None:
            raise AnsweredMeanwhile from None
        raise
    tx.run(_KEEP, **values, request_hash=request_hash, outcome=msgspec.to_builtins(outcome), created_at=tx.now)
    return Answer(outcome)
