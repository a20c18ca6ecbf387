"""What must be told to a member: a row in the act's own commit, which the member reads and a sender can send.

A row holds ids and figures, never a person's data; its sentence is put together when it is read, in the reader's
language. The bank itself sends nothing to the world outside.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from points_bank.columns import check, instant, key, one_of, refers_to, table_of
from points_bank.errors import message
from points_bank.i18n import Language, translate
from points_bank.transaction import Transaction

Figures = Mapping[str, int | str]


class MessageKind(StrEnum):
    LAPSE_SOON = "lapse_soon"
    CORRECTED = "corrected"
    READY_TO_COLLECT = "ready_to_collect"
    GOODS_BACK = "goods_back"
    GIFT_RECEIVED = "gift_received"
    GAVE_AWAY = "gave_away"
    COLLECTED_BY_PROXY = "collected_by_proxy"
    EXTENDED = "extended"
    REINSTATED = "reinstated"
    OBJECTION_UPHELD = "objection_upheld"
    OBJECTION_REJECTED = "objection_rejected"
    SERVICE_REJECTED = "service_rejected"
    SUSPENDED = "suspended"
    SUSPENDED_UNTIL = "suspended_until"
    SUSPENSION_ENDED = "suspension_ended"
    APPEAL_REJECTED = "appeal_rejected"
    LOST_CARD_PRESENTED = "lost_card_presented"


SENTENCES: Mapping[MessageKind, str] = {
    MessageKind.LAPSE_SOON: message("{points} points lapse at the end of {lapses_on}."),
    MessageKind.CORRECTED: message(
        "Your service of {service_on} was corrected: {minutes_before} min, {points_before} points became "
        "{minutes_after} min, {points_after} points. You may object within {working_days} working days."
    ),
    MessageKind.READY_TO_COLLECT: message("What you reserved is ready at {desk}. Please collect it by {until_on}."),
    MessageKind.GOODS_BACK: message("{reward} is there again at {desk}."),
    MessageKind.GIFT_RECEIVED: message("You were given {points} points. They lapse at the end of {lapses_on}."),
    MessageKind.GAVE_AWAY: message(
        "{points} of your points were given away at the desk, as you asked. If you did not, please tell your branch."
    ),
    MessageKind.COLLECTED_BY_PROXY: message(
        "Whom you authorised has collected goods for {points} points for you. If you know nothing of it, please tell "
        "your branch."
    ),
    MessageKind.EXTENDED: message("{points} of your points now last until the end of {lapses_on} (order {order_no})."),
    MessageKind.REINSTATED: message(
        "{points} points that had lapsed are yours again until the end of {lapses_on} (order {order_no})."
    ),
    MessageKind.OBJECTION_UPHELD: message("Your objection about the service of {service_on} was upheld."),
    MessageKind.OBJECTION_REJECTED: message(
        "Your objection about the service of {service_on} was looked into and not upheld. Your branch can tell you why."
    ),
    MessageKind.SERVICE_REJECTED: message(
        "Your service of {service_on} ({points} points) was looked into and not recognised. Your branch can tell you "
        "why."
    ),
    MessageKind.SUSPENDED: message("You cannot exchange points for now. You may appeal; your branch can tell you how."),
    MessageKind.SUSPENDED_UNTIL: message(
        "You cannot exchange points until the end of {until_on}. You may appeal; your branch can tell you how."
    ),
    MessageKind.SUSPENSION_ENDED: message("You can exchange points again."),
    MessageKind.APPEAL_REJECTED: message(
        "Your appeal was looked into and not upheld. You can exchange points again after {until_on}."
    ),
    MessageKind.LOST_CARD_PRESENTED: message(
        "Somebody showed a card of yours that was lost or replaced. It was refused, and nothing was told about you."
    ),
}
"""What is said, by kind; the named fields are the figures that the message must hold."""


class Message(SQLModel, table=True):
    """Something a member is told. `about` names its cause (`correction:5`); `once` keeps it from being told twice.

    No CHECK lists the kinds: every noun may add one, and a table of millions is not rebuilt for a sentence.
    A sender claims a message until `claimed_until`; one that it does not report as sent by then is claimed anew.
    """

    __table_args__ = (
        check("sending", "(sent_at IS NULL) = (channel IS NULL)"),
        sa.Index("ix_message_member_id", "member_id", "id"),
        sa.Index(
            "ix_message_unsent",
            "id",
            sqlite_where=sa.text("sent_at IS NULL"),
            postgresql_where=sa.text("sent_at IS NULL"),
        ),
    )

    id: int | None = key()
    member_id: int = refers_to("member.id")
    kind: MessageKind = one_of(MessageKind)
    about: str = Field(max_length=64)
    figures: dict[str, Any] = Field(sa_type=sa.JSON)
    once: str | None = Field(default=None, max_length=80, unique=True)
    told_at: datetime = instant()
    read_at: datetime | None = instant(optional=True)
    claimed_until: datetime | None = instant(optional=True)
    sent_at: datetime | None = instant(optional=True)
    channel: str | None = Field(default=None, max_length=32)


class News(msgspec.Struct, frozen=True):
    """A message to be told. `about` names its cause; with the same `once` it is told a single time, whoever tells."""

    member_id: int
    kind: MessageKind
    about: str
    figures: Figures
    once: str | None = None


MESSAGE = table_of(Message)

_TOLD = sa.select(MESSAGE.c.once).where(MESSAGE.c.once.in_(sa.bindparam("keys", expanding=True)))
_ADD = sa.insert(MESSAGE)


def tell(
    tx: Transaction,
    *,
    member_id: int,
    kind: MessageKind,
    about: str,
    figures: Figures | None = None,
    once: str | None = None,
) -> None:
    """Tell a member something. `figures` are the fields of the kind's sentence: ids, figures, dates as text."""
    tell_each(tx, [News(member_id, kind, about, figures or {}, once)])


def tell_each(tx: Transaction, news: Iterable[News]) -> int:
    """`tell` for many; how many had not been told before."""
    fresh = {each.once or number: each for number, each in enumerate(news)}
    keys = [once for once in fresh if isinstance(once, str)]
    for row in tx.all(_TOLD, keys=keys) if keys else ():
        del fresh[row.once]
    tx.many(_ADD, [_row(tx, each) for each in fresh.values()])
    return len(fresh)


def sentence_of(kind: MessageKind, figures: Figures, language: Language) -> str:
    """The message in words, in the reader's language."""
    return translate(SENTENCES[kind], language, **figures)


def _row(tx: Transaction, news: News) -> dict[str, Any]:
    assert SENTENCES[news.kind].format_map(news.figures), "every figure of the sentence is given"
    return {
        "member_id": news.member_id,
        "kind": news.kind,
        "about": news.about,
        "figures": dict(news.figures),
        "once": news.once,
        "told_at": tx.now,
    }
