"""The audit list: who did what, and who looked at whose data, newest first. For the district's administration."""

import re
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import cache
from typing import Any

import msgspec
import sqlalchemy as sa

from points_bank.actor import Actor, Task
from points_bank.audit import Audit
from points_bank.branches.tree import district
from points_bank.clock import start_of_day
from points_bank.columns import given, table_of
from points_bank.errors import Invalid, NotFound, message
from points_bank.looks.models import Look, View
from points_bank.staff.models import Staff
from points_bank.transaction import Transaction

AUDIT, LOOK, STAFF = table_of(Audit), table_of(Look), table_of(Staff)

LINES_A_PAGE = 50
LARGEST_ID = 2**62

SUBJECT_OR_ACTOR = message("Say of what or of whom, such as subject=staff:5 or actor=staff:5.")


class TrailLine(msgspec.Struct, frozen=True):
    """`actor` carried out `act` on `subject`; `details` are names of fields and ids, never values."""

    id: int
    at: datetime
    actor: str
    act: str
    subject: str
    details: list[str]


class LookLine(msgspec.Struct, frozen=True):
    """What of a member was seen by somebody on a day, from when to when, and how often."""

    id: int
    staff_id: int
    member_id: int
    view: View
    looked_on: date
    first_at: datetime
    last_at: datetime
    times: int

    @property
    def at(self) -> datetime:
        return self.first_at

    @property
    def actor(self) -> str:
        return f"staff:{self.staff_id}"

    @property
    def subject(self) -> str:
        return f"member:{self.member_id}"


class Deed(StrEnum):
    """What of somebody the audit list tells."""

    DID = "did"
    LOOKED = "looked"


class TrailQuery(msgspec.Struct, frozen=True):
    """Whose deeds and looks are asked for, at what, on which day; None is all. The list goes on before both ids."""

    subject: str | None = None
    actor: str | None = None
    deed: Deed | None = None
    on: date | None = None
    before_id: int | None = None
    before_look_id: int | None = None


class Trail(msgspec.Struct, frozen=True):
    """A part of the list, newest first. `is_more`: it goes on before `next_before_id` and `next_before_look_id`."""

    lines: Sequence[TrailLine | LookLine]
    is_more: bool
    next_before_id: int
    next_before_look_id: int


_BEFORE = (
    sa.select(*(AUDIT.c[name] for name in TrailLine.__struct_fields__))
    .where(AUDIT.c.id < sa.bindparam("before_id"))
    .order_by(AUDIT.c.id.desc())
    .limit(sa.bindparam("most", type_=sa.Integer))
)
_OF_SUBJECT = _BEFORE.where(*given(AUDIT, "subject"))
_OF_ACTOR = _BEFORE.where(*given(AUDIT, "actor"))
_LOOKS = (
    sa.select(*(LOOK.c[name] for name in LookLine.__struct_fields__))
    .where(LOOK.c.id < sa.bindparam("before_id"))
    .order_by(LOOK.c.id.desc())
    .limit(sa.bindparam("most", type_=sa.Integer))
)
_CALLED = sa.select(STAFF.c.id).where(sa.or_(STAFF.c.login == sa.bindparam("called"), *given(STAFF, "name"))).limit(1)
_FROM = sa.select(AUDIT.c.id, AUDIT.c.at).where(AUDIT.c.id >= sa.bindparam("from_id")).order_by(AUDIT.c.id).limit(1)
_LAST = sa.select(sa.func.max(AUDIT.c.id))


def audit_trail(
    tx: Transaction, *, subject: str | None, actor: str | None, before_id: int, limit: int, by: Actor
) -> list[TrailLine]:
    """What was done to a subject, or by an actor. Refuses `invalid` neither and both."""
    _require_reading(tx, by)
    if (subject is None) == (actor is None):
        raise Invalid({"subject": SUBJECT_OR_ACTOR})
    if subject is not None:
        rows = tx.all(_OF_SUBJECT, subject=subject, before_id=before_id, most=limit)
    else:
        rows = tx.all(_OF_ACTOR, actor=actor, before_id=before_id, most=limit)
    return [TrailLine(*tuple(row)) for row in rows]


def looks_seen(
    tx: Transaction, *, member_id: int | None, staff_id: int | None, before_id: int | None, limit: int, by: Actor
) -> list[LookLine]:
    """Who looked at whom, newest first; one more than `limit` where there are more."""
    _require_reading(tx, by)
    return _looks(tx, limit + 1, before_id, member_id=member_id, staff_id=staff_id)


def trail_seen(tx: Transaction, asked: TrailQuery, *, by: Actor) -> Trail:
    """What was done and what was looked at, newest first. Staff may be called by their login or name."""
    _require_reading(tx, by)
    actor = asked.actor and _named(tx, asked.actor)
    deeds = [] if asked.deed is Deed.LOOKED else _deeds(tx, asked, actor)
    looks = [] if asked.deed is Deed.DID else _looks_asked(tx, asked, actor)
    both: list[TrailLine | LookLine] = [*deeds, *looks]
    found = sorted(both, key=lambda line: line.at, reverse=True)
    lines = found[:LINES_A_PAGE]
    return Trail(
        lines,
        len(found) > LINES_A_PAGE,
        min((line.id for line in lines if isinstance(line, TrailLine)), default=asked.before_id or LARGEST_ID),
        min((line.id for line in lines if isinstance(line, LookLine)), default=asked.before_look_id or LARGEST_ID),
    )


def _deeds(tx: Transaction, asked: TrailQuery, actor: str | None) -> list[TrailLine]:
    values: dict[str, Any] = {"subject": asked.subject, "actor": actor}
    before_id = asked.before_id or LARGEST_ID
    if asked.on is not None:
        first, after = (_first_since(tx, start_of_day(asked.on + timedelta(days=days), tx.zone)) for days in (0, 1))
        values["from_id"], before_id = first, min(before_id, after)
    values = {name: value for name, value in values.items() if value is not None}
    rows = tx.all(_deeds_by(frozenset(values)), **values, before_id=before_id, most=LINES_A_PAGE + 1)
    return [TrailLine(*tuple(row)) for row in rows]


@cache
def _deeds_by(names: frozenset[str]) -> sa.Select[Any]:
    statement = _BEFORE.where(*given(AUDIT, *(names - {"from_id"})))
    return statement.where(AUDIT.c.id >= sa.bindparam("from_id")) if "from_id" in names else statement


def _first_since(tx: Transaction, at: datetime) -> int:
    """The first id written at an instant or after it, found in a few steps: instants rise as ids do."""
    low, high = 1, (tx.scalar(_LAST) or 0) + 1
    while low < high:
        middle = (low + high) // 2
        row = tx.maybe(_FROM, from_id=middle)
        if row is None or row.at >= at:
            high = middle
        else:
            low = row.id + 1
    return low


def _looks_asked(tx: Transaction, asked: TrailQuery, actor: str | None) -> list[LookLine]:
    """Looks are of staff at members; whoever asks about somebody else, or about other things, gets none."""
    ids = {"staff_id": _id_of("staff", actor), "member_id": _id_of("member", asked.subject)}
    if (actor and ids["staff_id"] is None) or (asked.subject and ids["member_id"] is None):
        return []
    return _looks(tx, LINES_A_PAGE + 1, asked.before_look_id, looked_on=asked.on, **ids)


def _looks(tx: Transaction, most: int, before_id: int | None, **asked: object) -> list[LookLine]:
    values = {name: value for name, value in asked.items() if value is not None}
    rows = tx.all(_looks_by(frozenset(values)), **values, before_id=before_id or LARGEST_ID, most=most)
    return [LookLine(*tuple(row)) for row in rows]


@cache
def _looks_by(names: frozenset[str]) -> sa.Select[Any]:
    return _LOOKS.where(*given(LOOK, *names))


def _id_of(noun: str, called: str | None) -> int | None:
    """7 of `member:7`."""
    found = re.fullmatch(rf"{noun}:(\d{{1,18}})", called or "", re.ASCII)
    return int(found[1]) if found else None


def _named(tx: Transaction, actor: str) -> str:
    """How the books name somebody who is called by their login or name; else what was given."""
    staff_id = None if ":" in actor else tx.scalar(_CALLED, called=actor, name=actor)
    return actor if staff_id is None else f"staff:{staff_id}"


def _require_reading(tx: Transaction, by: Actor) -> None:
    root = district(tx)
    if root is None:
        raise NotFound
    by.require(Task.READ_ADMINISTRATION, root.path)
