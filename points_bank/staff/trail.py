"""The audit list: who did what to something, or what somebody did, newest first. For the district's administration."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from points_bank.actor import Actor, Task
from points_bank.audit import Audit
from points_bank.branches.tree import district
from points_bank.columns import given, table_of
from points_bank.errors import Invalid, NotFound, message
from points_bank.transaction import Transaction

AUDIT = table_of(Audit)

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


_BEFORE = (
    sa.select(*(AUDIT.c[name] for name in TrailLine.__dataclass_fields__))
    .where(AUDIT.c.id < sa.bindparam("before_id"))
    .order_by(AUDIT.c.id.desc())
    .limit(sa.bindparam("most", type_=sa.Integer))
)
_OF_SUBJECT = _BEFORE.where(*given(AUDIT, "subject"))
_OF_ACTOR = _BEFORE.where(*given(AUDIT, "actor"))


def audit_trail(
    tx: Transaction, *, subject: str | None, actor: str | None, before_id: int, limit: int, by: Actor
) -> list[TrailLine]:
    """What was done to a subject, or by an actor. Refuses `invalid` neither and both."""
    root = district(tx)
    if root is None:
        raise NotFound
    by.require(Task.READ_ADMINISTRATION, root.path)
    if (subject is None) == (actor is None):
        raise Invalid({"subject": SUBJECT_OR_ACTOR})
    if subject is not None:
        rows = tx.all(_OF_SUBJECT, subject=subject, before_id=before_id, most=limit)
    else:
        rows = tx.all(_OF_ACTOR, actor=actor, before_id=before_id, most=limit)
    return [TrailLine(*tuple(row)) for row in rows]
