"""Reminders: 60 and 15 days before points lapse, each member is told once for each date and round.

A round goes through the lots of a date by their ids, some at a time. A lot that is opened while its round lasts has a
larger id than those before and is told at the next look; after an outage the round that is on by then is told, not
the one that it missed.
"""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

import msgspec
import sqlalchemy as sa

from points_bank.clock import at_time, start_of_day
from points_bank.columns import given, table_of
from points_bank.ledger.accounts import ACCOUNT
from points_bank.ledger.lots import LOT
from points_bank.members.models import Member
from points_bank.messages.models import Reminder
from points_bank.outbox import MessageKind, News, tell_each
from points_bank.transaction import Transaction

REMINDER, MEMBER = table_of(Reminder), table_of(Member)

ROUNDS_DAYS_BEFORE = (60, 15)
REMINDED_AT = time(9)
LOTS_AT_A_TIME = 500
"""How many lots one act looks at: short enough that a desk does not wait."""


class Round(msgspec.Struct, frozen=True):
    """One of the reminders of a date: it lasts from `starts_at` until the next one starts or the points lapse."""

    lapses_on: date
    days_before: int
    starts_at: datetime
    ends_at: datetime


_NEXT_DATE = sa.select(sa.func.min(LOT.c.lapses_on)).where(
    LOT.c.remaining_points > 0, LOT.c.lapses_on > sa.bindparam("after")
)
_TOLD_UP_TO = sa.select(REMINDER.c.last_lot_id).where(*given(REMINDER, "lapses_on", "days_before"))
_NOT_LOOKED_AT = (
    sa.select(LOT.c.id)
    .where(*given(LOT, "lapses_on"), LOT.c.remaining_points > 0, LOT.c.id > sa.bindparam("after_id"))
    .order_by(LOT.c.id)
    .limit(sa.bindparam("most", type_=sa.Integer))
)
_SAME_DATE = LOT.alias("same_date")
_POINTS = (
    sa.select(sa.func.sum(_SAME_DATE.c.remaining_points))
    .where(_SAME_DATE.c.account_id == LOT.c.account_id, _SAME_DATE.c.lapses_on == LOT.c.lapses_on)
    .scalar_subquery()
)
_OWNERS = (
    sa.select(ACCOUNT.c.owner_id, _POINTS.label("points"))
    .distinct()
    .join_from(LOT, ACCOUNT, ACCOUNT.c.id == LOT.c.account_id)
    .join(MEMBER, MEMBER.c.id == ACCOUNT.c.owner_id)
    .where(
        *given(LOT, "lapses_on"),
        LOT.c.remaining_points > 0,
        LOT.c.id > sa.bindparam("after_id"),
        LOT.c.id <= sa.bindparam("until_id"),
        MEMBER.c.closed_at.is_(None),
    )
)
_BEGIN = sa.insert(REMINDER)
_GO_ON = (
    sa.update(REMINDER)
    .where(REMINDER.c.lapses_on == sa.bindparam("date"), REMINDER.c.days_before == sa.bindparam("days"))
    .values(last_lot_id=sa.bindparam("until_id"))
)


def next_reminder(tx: Transaction) -> datetime | None:
    """When the next members are to be reminded, past or to come."""
    return min((each.starts_at for each in _rounds(tx) if _ids_to_look_at(tx, each, most=1)), default=None)


def remind_due(tx: Transaction, *, due_at: datetime) -> int:
    """Remind the owners of some lots for which a round had started by `due_at`; how many lots were looked at."""
    for each in _rounds(tx):
        if each.starts_at <= due_at and (lot_ids := _ids_to_look_at(tx, each, most=LOTS_AT_A_TIME)):
            _remind(tx, each, until_id=lot_ids[-1])
            return len(lot_ids)
    return 0


def _rounds(tx: Transaction) -> Iterator[Round]:
    """The rounds that have not ended, of each date on which something lapses: those that are on, and the next ones."""
    on = tx.today - timedelta(days=1)
    while (on := tx.scalar(_NEXT_DATE, after=on)) is not None:
        rounds = [each for each in _rounds_of(tx, on) if each.ends_at > tx.now]
        yield from rounds
        if rounds[0].starts_at > tx.now:
            return


def _rounds_of(tx: Transaction, lapses_on: date) -> list[Round]:
    starts = [at_time(lapses_on - timedelta(days=days), REMINDED_AT, tx.zone) for days in ROUNDS_DAYS_BEFORE]
    ends = [*starts[1:], start_of_day(lapses_on + timedelta(days=1), tx.zone)]
    return [Round(lapses_on, *each) for each in zip(ROUNDS_DAYS_BEFORE, starts, ends, strict=True)]


def _told_up_to(tx: Transaction, each: Round) -> int | None:
    lot_id: int | None = tx.scalar(_TOLD_UP_TO, lapses_on=each.lapses_on, days_before=each.days_before)
    return lot_id


def _ids_to_look_at(tx: Transaction, each: Round, *, most: int) -> list[int]:
    after_id = _told_up_to(tx, each) or 0
    return [row.id for row in tx.all(_NOT_LOOKED_AT, lapses_on=each.lapses_on, after_id=after_id, most=most)]


def _remind(tx: Transaction, each: Round, *, until_id: int) -> None:
    told_up_to = _told_up_to(tx, each)
    owners = tx.all(_OWNERS, lapses_on=each.lapses_on, after_id=told_up_to or 0, until_id=until_id)
    days = (each.lapses_on - tx.today).days
    tell_each(
        tx,
        [
            News(
                row.owner_id,
                MessageKind.LAPSE_SOON,
                f"lapse:{each.lapses_on}",
                {"points": row.points, "days": days, "lapses_on": each.lapses_on.isoformat()},
                once=f"lapse:{row.owner_id}:{each.lapses_on}:{each.days_before}",
            )
            for row in owners
        ],
    )
    if told_up_to is None:
        tx.run(_BEGIN, lapses_on=each.lapses_on, days_before=each.days_before, last_lot_id=until_id)
    else:
        tx.run(_GO_ON, date=each.lapses_on, days=each.days_before, until_id=until_id)
