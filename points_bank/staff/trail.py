"""The audit list: who did what to something, or what somebody did, newest first. For the district's administration."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from points_bank.actor import Actor, Task
from points_bank.audit import Audit
from points_bank.branches.tree import district
from points_bank.columns import given, table_of
from points_bank.errors import Invalid, NotFound, message
from points_bank.staff.models import Staff
from points_bank.staff.roster import staff_names
from points_bank.transaction import Transaction

AUDIT, STAFF = table_of(Audit), table_of(Staff)

LINES_A_PAGE = 50
LARGEST_ID = 2**62

SUBJECT_OR_ACTOR = message("Say of what or of whom, such as subject=staff:5 or actor=staff:5.")


@dataclass(frozen=True, slots=True)
class TrailLine:
    """`actor` carried out `act` on `subject`; `details` are names of fields and ids, never values."""

    id: int
    at: datetime
    actor: str
    act: str
    subject: str
    details: list[str]


@dataclass(frozen=True, slots=True)
class Trail:
    """A part of the list. `names` are those of staff, by `staff:5`; `next_before_id` asks for what is older."""

    lines: Sequence[TrailLine]
    names: Mapping[str, str]
    next_before_id: int | None


_BEFORE = (
    sa.select(*(AUDIT.c[name] for name in TrailLine.__dataclass_fields__))
    .where(AUDIT.c.id < sa.bindparam("before_id"))
    .order_by(AUDIT.c.id.desc())
    .limit(sa.bindparam("most", type_=sa.Integer))
)
_OF_SUBJECT = _BEFORE.where(*given(AUDIT, "subject"))
_OF_ACTOR = _BEFORE.where(*given(AUDIT, "actor"))
_OF_BOTH = _OF_SUBJECT.where(*given(AUDIT, "actor"))
_CALLED = sa.select(STAFF.c.id).where(sa.or_(STAFF.c.login == sa.bindparam("called"), *given(STAFF, "name")))


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


def trail_seen(tx: Transaction, *, subject: str | None, actor: str | None, before_id: int | None, by: Actor) -> Trail:
    """What was done: all of it, to a subject, by an actor, or both. Staff may be called by their login or name."""
    _require_reading(tx, by)
    statement = {(False, False): _BEFORE, (True, False): _OF_SUBJECT, (False, True): _OF_ACTOR, (True, True): _OF_BOTH}[
        subject is not None, actor is not None
    ]
    values = {"subject": subject, "actor": actor and _named(tx, actor)}
    asked = {name: value for name, value in values.items() if value is not None}
    rows = tx.all(statement, **asked, before_id=before_id or LARGEST_ID, most=LINES_A_PAGE + 1)
    lines = [TrailLine(*tuple(row)) for row in rows[:LINES_A_PAGE]]
    staff_ids = [int(line.actor[6:]) for line in lines if line.actor.startswith("staff:")]
    names = {f"staff:{staff_id}": name for staff_id, name in staff_names(tx, staff_ids).items()}
    return Trail(lines, names, lines[-1].id if len(rows) > LINES_A_PAGE else None)


def _named(tx: Transaction, actor: str) -> str:
    """How the books name somebody who is called by their login or name; else what was given."""
    staff_id = None if ":" in actor else tx.scalar(_CALLED.limit(1), called=actor, name=actor)
    return actor if staff_id is None else f"staff:{staff_id}"


def _require_reading(tx: Transaction, by: Actor) -> None:
    root = district(tx)
    if root is None:
        raise NotFound
    by.require(Task.READ_ADMINISTRATION, root.path)
