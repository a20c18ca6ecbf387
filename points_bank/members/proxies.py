"""Proxies: a person whom a member authorised on paper to collect for them, for so long and up to so many points."""

from datetime import date, datetime, timedelta
from typing import Any

import msgspec
import sqlalchemy as sa

from points_bank import audit
from points_bank.actor import SYSTEM, Actor, Task
from points_bank.clock import start_of_day
from points_bank.columns import given, table_of
from points_bank.errors import Invalid, NotFound, ProxyEnded, SamePerson, message
from points_bank.ledger.accounts import lock_account
from points_bank.members.details import NOT_YET
from points_bank.members.finding import member_seen
from points_bank.members.models import Proxy
from points_bank.transaction import Transaction

PROXY = table_of(Proxy)

LONGEST_DAYS = 366
KEPT_DAYS = 180
"""How long after its end a proxy's name is kept: the register is checked by the quarter, and then once more."""
NAMES_AT_A_TIME = 200

IS_OVER = message("This date is past.")
TOO_LONG = message("An authorisation lasts at most {days} days.")
WRITTEN_DOWN = message("This paper is written down already, with another limit or end. End that one first.")


class AuthorisedProxy(msgspec.Struct, frozen=True):
    """A proxy as it was written down; the name is read anew."""

    id: int
    member_id: int


class ProxyLine(msgspec.Struct, frozen=True):
    """A proxy as it stands; `name` is null once it is erased, `is_in_force` says whether it can be used today."""

    id: int
    member_id: int
    name: str | None
    paper_reference: str
    authorised_on: date
    until_on: date
    limit_points: int
    ended_at: datetime | None
    is_in_force: bool


_COLUMNS = (
    *(PROXY.c.id, PROXY.c.member_id, PROXY.c.name, PROXY.c.paper_reference, PROXY.c.authorised_on, PROXY.c.until_on),
    *(PROXY.c.limit_points, PROXY.c.ended_at),
)
_BY_ID = sa.select(*_COLUMNS).where(*given(PROXY, "id", "member_id"))
_LOCK = _BY_ID.with_for_update()
_OF_MEMBER = sa.select(*_COLUMNS).where(*given(PROXY, "member_id")).order_by(PROXY.c.id)
_SAME_PAPER = (
    sa.select(PROXY.c.id, PROXY.c.until_on, PROXY.c.limit_points)
    .where(
        *given(PROXY, "member_id", "name", "authorised_on", "paper_reference"),
        PROXY.c.ended_at.is_(None),
        PROXY.c.until_on >= sa.bindparam("today"),
    )
    .order_by(PROXY.c.id)
    .limit(1)
)
_ADD = sa.insert(PROXY).returning(PROXY.c.id)
_END = (
    sa.update(PROXY)
    .where(PROXY.c.id == sa.bindparam("proxy_id"), PROXY.c.ended_at.is_(None))
    .values(ended_at=sa.bindparam("now"))
)
_FIRST_NAMED = sa.select(sa.func.min(PROXY.c.until_on)).where(PROXY.c.name.is_not(None))
_NAMED = (
    sa.select(PROXY.c.id)
    .where(PROXY.c.name.is_not(None), PROXY.c.until_on <= sa.bindparam("last_on"))
    .order_by(PROXY.c.until_on, PROXY.c.id)
    .limit(NAMES_AT_A_TIME)
)
_ERASE = sa.update(PROXY).where(PROXY.c.id == sa.bindparam("proxy_id")).values(name=None)


def register_proxy(
    tx: Transaction,
    member_id: int,
    *,
    name: str,
    authorised_on: date,
    until_on: date,
    limit_points: int,
    paper_reference: str,
    by: Actor,
) -> AuthorisedProxy:
    """Write down from a paper who may collect one order for a member, until the end of `until_on`.

    `paper_reference` says where the paper is kept. The same paper written down again is the one that is there. Refuses
    `member_closed`, `same_person` staff who would write down their own, and `invalid` a paper of the future, one that
    is over, one that lasts longer than a year, and one that is there with another limit or end.
    """
    member_seen(tx, member_id, task=Task.KEEP_MEMBERS, by=by).require_open()
    if by.member_id == member_id:
        raise SamePerson
    problems = {}
    if authorised_on > tx.today:
        problems["authorised_on"] = NOT_YET
    if until_on < tx.today:
        problems["until_on"] = IS_OVER
    elif until_on - authorised_on > timedelta(days=LONGEST_DAYS):
        problems["until_on"] = TOO_LONG
    if problems:
        raise Invalid(problems, days=LONGEST_DAYS)
    lock_account(tx, member_id)
    paper: dict[str, Any] = {
        "member_id": member_id, "name": name, "authorised_on": authorised_on, "paper_reference": paper_reference,
    }  # fmt: skip
    first = tx.maybe(_SAME_PAPER, **paper, today=tx.today)
    if first is not None:
        if (first.until_on, first.limit_points) != (until_on, limit_points):
            raise Invalid({"paper_reference": WRITTEN_DOWN})
        return AuthorisedProxy(first.id, member_id)
    proxy_id: int = tx.scalar(_ADD, **paper, until_on=until_on, limit_points=limit_points, registered_at=tx.now)
    audit.note(tx, by, f"member:{member_id}", f"proxy:{proxy_id}")
    return AuthorisedProxy(proxy_id, member_id)


def end_proxy(tx: Transaction, member_id: int, proxy_id: int, *, by: Actor) -> None:
    """End an authorisation now; ended before, it stays as it was. Refuses `not_found`."""
    member_seen(tx, member_id, task=Task.KEEP_MEMBERS, by=by)
    if tx.maybe(_LOCK, id=proxy_id, member_id=member_id) is None:
        raise NotFound
    if tx.run(_END, proxy_id=proxy_id, now=tx.now):
        audit.note(tx, by, f"member:{member_id}", f"proxy:{proxy_id}")


def proxies_of(tx: Transaction, member_id: int, *, task: Task = Task.READ_MEMBERS, by: Actor) -> list[ProxyLine]:
    """Whom a member authorised, past and present; members see their own."""
    member_seen(tx, member_id, task=task, by=by)
    return [_line(tx, row) for row in tx.all(_OF_MEMBER, member_id=member_id)]


def proxy_in_force(tx: Transaction, proxy_id: int, *, member_id: int) -> ProxyLine:
    """A member's proxy, whom no other act uses until this one ends. Refuses `not_found` and `proxy_ended`."""
    row = tx.maybe(_LOCK, id=proxy_id, member_id=member_id)
    if row is None:
        raise NotFound
    line = _line(tx, row)
    if not line.is_in_force:
        raise ProxyEnded(until_on=line.until_on)
    return line


def next_erasure(tx: Transaction) -> datetime | None:
    """When the next name of a proxy is to be erased, past or to come."""
    until_on: date | None = tx.scalar(_FIRST_NAMED)
    return None if until_on is None else start_of_day(until_on + timedelta(days=KEPT_DAYS + 1), tx.zone)


def erase_due(tx: Transaction, *, due_at: datetime) -> int:
    """Erase some names of proxies who were kept long enough after the last day of their authorisation; how many."""
    last_on = due_at.astimezone(tx.zone).date() - timedelta(days=KEPT_DAYS + 1)
    ids = [row.id for row in tx.all(_NAMED, last_on=last_on)]
    tx.many(_ERASE, [{"proxy_id": proxy_id} for proxy_id in ids])
    audit.note_each(tx, SYSTEM, [f"proxy:{proxy_id}" for proxy_id in ids])
    return len(ids)


def _line(tx: Transaction, row: Any) -> ProxyLine:
    is_in_force = row.ended_at is None and row.authorised_on <= tx.today <= row.until_on
    return ProxyLine(**row._asdict(), is_in_force=is_in_force)
