"""Who did what: one row in the act's own commit. It names acts, ids and fields, never the values of a person's data."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from points_bank.actor import Actor
from points_bank.columns import instant, key, table_of
from points_bank.transaction import Transaction


class Audit(SQLModel, table=True):
    """Never updated, never deleted; triggers refuse both."""

    __table_args__ = (sa.Index("ix_audit_subject", "subject", "id"), sa.Index("ix_audit_actor", "actor", "id"))

    id: int | None = key()
    at: datetime = instant()
    actor: str = Field(max_length=40)
    act: str = Field(max_length=64)
    subject: str = Field(max_length=64)
    details: list[str] = Field(sa_type=sa.JSON)


_ADD = sa.insert(table_of(Audit))


def note(tx: Transaction, by: Actor, subject: str, *details: str) -> None:
    """Write down that `by` carried out the running act on `subject` (`activity:7`), with names of fields or ids."""
    tx.run(_ADD, at=tx.now, actor=by.name, act=tx.act, subject=subject, details=list(details))


def note_each(tx: Transaction, by: Actor, subjects: Sequence[str]) -> None:
    """`note` for many subjects at once."""
    row = {"at": tx.now, "actor": by.name, "act": tx.act, "details": []}
    tx.many(_ADD, [{**row, "subject": subject} for subject in subjects])
