"""Handing messages to a sender outside of the bank: claimed for a while, reported as sent, or claimed anew.

So each is handed over at least once; a sender that ends between sending and reporting sends it again.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
import sqlalchemy as sa

from points_bank import audit
from points_bank.actor import Actor, ActorKind
from points_bank.columns import table_of
from points_bank.errors import Forbidden
from points_bank.members.models import Member
from points_bank.members.phones import phone_of
from points_bank.outbox import MESSAGE, MessageKind
from points_bank.transaction import Transaction

MEMBER = table_of(Member)

STALE_DAYS = 30
"""What nobody sent or read for so long is no longer sent: it could be wrong by now. The member still reads it."""


class PendingMessage(msgspec.Struct, frozen=True):
    """A message to be sent. `phone` is where to, asked for only by who sends; None for a member without one."""

    id: int
    member_id: int
    kind: MessageKind
    about: str
    figures: dict[str, Any]
    told_at: datetime
    phone: str | None


_IS_PENDING = sa.and_(
    MESSAGE.c.sent_at.is_(None),
    MESSAGE.c.read_at.is_(None),
    MESSAGE.c.told_at > sa.bindparam("since"),
    sa.or_(MESSAGE.c.claimed_until.is_(None), MESSAGE.c.claimed_until <= sa.bindparam("now")),
)
_PENDING = (
    sa.select(*(MESSAGE.c[name] for name in PendingMessage.__struct_fields__ if name != "phone"), MEMBER.c.phone)
    .join_from(MESSAGE, MEMBER, MEMBER.c.id == MESSAGE.c.member_id)
    .where(_IS_PENDING, MEMBER.c.closed_at.is_(None))
    .order_by(MESSAGE.c.id)
    .limit(sa.bindparam("most"))
)
_CLAIM = (
    sa.update(MESSAGE)
    .where(MESSAGE.c.id.in_(sa.bindparam("ids", expanding=True)), _IS_PENDING)
    .values(claimed_until=sa.bindparam("until"))
    .returning(MESSAGE.c.id)
)
_SENT = (
    sa.update(MESSAGE)
    .where(MESSAGE.c.id.in_(sa.bindparam("ids", expanding=True)), MESSAGE.c.sent_at.is_(None))
    .values(sent_at=sa.bindparam("now"), channel=sa.bindparam("by_channel"))
)


def pending_messages(tx: Transaction, *, limit: int, by: Actor) -> list[PendingMessage]:
    """What waits to be sent, oldest first; who only looks is told no phone."""
    _require_bank(by)
    return [_pending_message(row, None) for row in _pending(tx, limit)]


def claim_messages(tx: Transaction, *, limit: int, minutes: int, by: Actor) -> list[PendingMessage]:
    """What waits to be sent, for one sender alone for so many minutes, with phones; that they were told is kept."""
    _require_bank(by)
    rows = _pending(tx, limit)
    found = {row.id: _pending_message(row, phone_of(tx, row.member_id, row.phone)) for row in rows}
    if not found:
        return []
    until = tx.now + timedelta(minutes=minutes)
    claimed = [row.id for row in tx.all(_CLAIM, ids=list(found), until=until, **_pending_values(tx))]
    audit.note_each(tx, by, [f"message:{message_id}" for message_id in sorted(claimed)])
    return [found[message_id] for message_id in sorted(claimed)]


def report_sent(tx: Transaction, message_ids: Sequence[int], *, channel: str, by: Actor) -> int:
    """Note that messages were sent, and by what (`sms`, `letter`); how many had not been. Safe to repeat."""
    _require_bank(by)
    return tx.run(_SENT, ids=list(message_ids), now=tx.now, by_channel=channel)


def _require_bank(by: Actor) -> None:
    """Messages leave by the bank's own command only, in nobody's name."""
    if by.kind is not ActorKind.SYSTEM:
        raise Forbidden


def _pending(tx: Transaction, limit: int) -> Sequence[Any]:
    return tx.all(_PENDING, most=limit, **_pending_values(tx))


def _pending_message(row: Any, phone: str | None) -> PendingMessage:
    return PendingMessage(**row._asdict() | {"phone": phone})


def _pending_values(tx: Transaction) -> dict[str, datetime]:
    return {"now": tx.now, "since": tx.now - timedelta(days=STALE_DAYS)}
