"""Forgetting what was kept long enough, some of it at a time. Killed half way, the next look goes on."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import msgspec
import sqlalchemy as sa

from points_bank.actor import SYSTEM
from points_bank.clock import start_of_day
from points_bank.columns import table_of
from points_bank.looks.models import Lookup
from points_bank.members.erasure import erase_member
from points_bank.members.models import Member, MemberMerger, Visit
from points_bank.outbox import MESSAGE
from points_bank.settings import Settings
from points_bank.staff.models import KnownAddress, Session, SignInTry, Token
from points_bank.staff.tries import KNOWN_DAYS
from points_bank.transaction import Transaction

MEMBER, MERGER = table_of(Member), table_of(MemberMerger)
SESSION, TOKEN = table_of(Session), table_of(Token)
KNOWN, LOOKUP, TRY, VISIT = table_of(KnownAddress), table_of(Lookup), table_of(SignInTry), table_of(Visit)

ROWS_AT_A_TIME = 500
MEMBERS_AT_A_TIME = 20
VISITS_KEPT_DAYS = 31
TRIES_KEPT_DAYS = 2
"""The wait after wrong tries looks back a day."""


class Passing(msgspec.Struct, frozen=True):
    """Rows that are deleted so many days after `since`, with those of another table that refer to them.

    `order` is by what the oldest is found at once.
    """

    since: sa.Column[Any]
    kept_days: Callable[[Settings], int]
    order: sa.Column[Any]
    with_them: sa.Column[Any] | None = None

    @property
    def oldest(self) -> sa.Select[Any]:
        return sa.select(self.since).order_by(self.order).limit(1)

    def deleting(self) -> list[sa.Delete]:
        """For `until`: who refers to the rows first."""
        keys = list(self.since.table.primary_key)
        ripe = sa.select(*keys).where(self.since <= sa.bindparam("until", type_=self.since.type))
        ripe = ripe.order_by(self.order).limit(ROWS_AT_A_TIME)
        referring = [] if self.with_them is None else [sa.delete(self.with_them.table).where(self.with_them.in_(ripe))]
        key = keys[0] if len(keys) == 1 else sa.tuple_(*keys)
        return [*referring, sa.delete(self.since.table).where(key.in_(ripe))]


PASSING = (
    Passing(MESSAGE.c.told_at, lambda settings: settings.messages_kept_days, MESSAGE.c.id),
    Passing(TOKEN.c.expires_at, lambda settings: settings.sessions_kept_days, TOKEN.c.expires_at, SESSION.c.token_id),
    Passing(VISIT.c.visited_on, lambda _: VISITS_KEPT_DAYS, VISIT.c.visited_on),
    Passing(TRY.c.tried_at, lambda _: TRIES_KEPT_DAYS, TRY.c.tried_at),
    Passing(KNOWN.c.signed_in_at, lambda _: KNOWN_DAYS, KNOWN.c.signed_in_at),
    Passing(LOOKUP.c.hour_at, lambda _: TRIES_KEPT_DAYS, LOOKUP.c.hour_at),
)
_STATEMENTS = tuple((each, each.oldest, each.deleting()) for each in PASSING)

# Whose passbook goes on in another one is erased together with that.
_CLOSED = (
    sa.select(MEMBER.c.id, MEMBER.c.closed_at)
    .where(
        MEMBER.c.closed_at.is_not(None),
        MEMBER.c.erased_at.is_(None),
        ~sa.exists().where(MERGER.c.member_id == MEMBER.c.id),
    )
    .order_by(MEMBER.c.closed_at, MEMBER.c.id)
    .limit(sa.bindparam("most", type_=sa.Integer))
)


def next_passing(tx: Transaction) -> datetime | None:
    """When something will have been kept long enough, past or to come."""
    return min((due for each, oldest, _ in _STATEMENTS if (due := _due(tx, each, oldest)) is not None), default=None)


def forget_passing_due(tx: Transaction, *, due_at: datetime) -> int:
    """Delete some of what was kept long enough; how many rows. `due_at` is when the first of it was."""
    for each, oldest, deleting in _STATEMENTS:
        due = _due(tx, each, oldest)
        if due is not None and due <= due_at:
            until = tx.now - timedelta(days=each.kept_days(tx.settings))
            value = until.astimezone(tx.zone).date() if isinstance(each.since.type, sa.Date) else until
            return sum([tx.run(statement, until=value) for statement in deleting])
    return 0


def next_erasure_of_closed(tx: Transaction) -> datetime | None:
    """When the passbook that has been closed longest is to lose its name, past or to come."""
    first = tx.maybe(_CLOSED, most=1)
    if first is None:
        return None
    closed_at: datetime = first.closed_at
    return closed_at + timedelta(days=tx.settings.closed_kept_days)


def erase_closed_due(tx: Transaction, *, due_at: datetime) -> int:
    """Erase some members whose passbooks were closed long enough ago; how many. `due_at` is when the first was."""
    until = tx.now - timedelta(days=tx.settings.closed_kept_days)
    ripe = [row.id for row in tx.all(_CLOSED, most=MEMBERS_AT_A_TIME) if row.closed_at <= until]
    for member_id in ripe:
        erase_member(tx, member_id, by=SYSTEM)
    return len(ripe)


def _due(tx: Transaction, each: Passing, oldest: sa.Select[Any]) -> datetime | None:
    since: date | datetime | None = tx.scalar(oldest)
    if since is None:
        return None
    kept = timedelta(days=each.kept_days(tx.settings))
    return since + kept if isinstance(since, datetime) else start_of_day(since + kept, tx.zone)
