"""A member's messages, newest first: for themselves, and for staff who read them aloud or print them."""

from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from points_bank.actor import Actor, Task
from points_bank.columns import given
from points_bank.errors import NotFound
from points_bank.members.finding import member_seen
from points_bank.outbox import MESSAGE, MessageKind
from points_bank.transaction import Transaction

NEWEST = 2**62


class MessageLine(msgspec.Struct, frozen=True):
    """A message as it stands; `outbox.sentence_of` puts it into words."""

    id: int
    kind: MessageKind
    about: str
    figures: dict[str, Any]
    told_at: datetime
    read_at: datetime | None


class ReadMessage(msgspec.Struct, frozen=True):
    id: int
    read_at: datetime


_LINES = (
    sa.select(*(MESSAGE.c[name] for name in MessageLine.__struct_fields__))
    .where(*given(MESSAGE, "member_id"), MESSAGE.c.id < sa.bindparam("before_id"))
    .order_by(MESSAGE.c.id.desc())
    .limit(sa.bindparam("most"))
)
_UNREAD_LINES = _LINES.where(MESSAGE.c.read_at.is_(None))
_OWN = sa.select(MESSAGE.c.read_at).where(*given(MESSAGE, "id", "member_id"))
_READ = sa.update(MESSAGE).where(MESSAGE.c.id == sa.bindparam("which")).values(read_at=sa.bindparam("now"))
_READ_ALL = (
    sa.update(MESSAGE)
    .where(
        MESSAGE.c.member_id == sa.bindparam("whose"),
        MESSAGE.c.id <= sa.bindparam("up_to_id"),
        MESSAGE.c.read_at.is_(None),
    )
    .values(read_at=sa.bindparam("now"))
)


def messages_of(
    tx: Transaction, member_id: int, *, is_unread: bool, before_id: int | None, limit: int, by: Actor
) -> list[MessageLine]:
    """The messages of a member, only those not read where it is asked for; one more than the limit.

    They tell of single lines, so that those of a visitor are not found, as the lines of their passbook.
    """
    member_seen(tx, member_id, task=Task.READ_TRANSFERS, by=by)
    lines = _UNREAD_LINES if is_unread else _LINES
    return [
        MessageLine(*row) for row in tx.all(lines, member_id=member_id, before_id=before_id or NEWEST, most=limit + 1)
    ]


def read_message(tx: Transaction, message_id: int, *, by: Actor) -> ReadMessage:
    """Note that the member who asks has read a message. Read again, it stays as it was; another's is `not_found`."""
    own = tx.maybe(_OWN, id=message_id, member_id=by.member_id)
    if own is None:
        raise NotFound
    if own.read_at is None:
        tx.run(_READ, which=message_id, now=tx.now)
    return ReadMessage(message_id, own.read_at or tx.now)


def read_messages(tx: Transaction, *, up_to_id: int, by: Actor) -> None:
    """Note that the member who asks has read everything up to a message; what was read before stays as it was."""
    tx.run(_READ_ALL, whose=by.member_id, up_to_id=up_to_id, now=tx.now)
