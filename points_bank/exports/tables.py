"""What of the tables goes out, and how a row is written. Secrets stay: they are of no use to whoever reads a file."""

from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlmodel import SQLModel

from points_bank.encryption import Encrypted, decrypt, row_of
from points_bank.transaction import Transaction

SECRET_TABLES = frozenset({"idempotency_key", "known_address", "session", "sign_in_try", "token"})
"""How people and programs prove who they are, and what answers they were given."""
SECRET_COLUMNS = frozenset(
    {
        *("member.phone_hash", "member.phone_tail_hash", "member.pin_hash", "member.pin_serial"),
        *("encryption_key.proof", "staff.password_hash"),
    }
)

ROWS_A_PAGE = 5_000
"""How many rows are in memory at a time."""
ROWS_A_PAGE_OF = {"reward_picture": 10}
"""The same where a row may be a thousand times as long."""


def exported_tables() -> list[sa.Table]:
    """Every table that goes out, in an order in which each comes after those that it refers to.

    Whoever starts the program imports `points_bank.tables`, so that none is missing.
    """
    return [table for table in SQLModel.metadata.sorted_tables if table.name not in SECRET_TABLES]


def exported_columns(table: sa.Table) -> list[sa.Column[Any]]:
    return [column for column in table.columns if f"{table.name}.{column.name}" not in SECRET_COLUMNS]


def told(tx: Transaction, table: sa.Table, row: Any) -> dict[str, Any]:
    """A row by its columns' names, with what is encrypted as the text that it was."""
    values = dict(zip(row._fields, row, strict=True))
    for column in _encrypted(table):
        if values[column.name] is not None:
            values[column.name] = decrypt(tx, column, row_of(column, row), values[column.name])
    return values


@cache
def _encrypted(table: sa.Table) -> list[sa.Column[Any]]:
    return [column for column in exported_columns(table) if isinstance(column.type, Encrypted)]


def pages_of(tx: Transaction, table: sa.Table) -> Iterator[list[dict[str, Any]]]:
    """All rows of a table that go out, a page at a time. All pages are of the transaction's one snapshot."""
    for page in pages_in(tx, table, exported_columns(table)):
        yield [told(tx, table, row) for row in page]


def pages_in(tx: Transaction, table: sa.Table, columns: Sequence[sa.Column[Any]]) -> Iterator[Sequence[Any]]:
    """All rows of a table in the order of its key, which is among the columns, as they are stored."""
    keys = list(table.primary_key.columns)
    first = sa.select(*columns).order_by(*keys).limit(ROWS_A_PAGE_OF.get(table.name, ROWS_A_PAGE))
    after = [sa.bindparam(f"after_{key.name}", type_=key.type) for key in keys]
    further = first.where(sa.tuple_(*keys) > sa.tuple_(*after))
    rows: Sequence[Any] = tx.all(first)
    while rows:
        yield rows
        last = rows[-1]
        rows = tx.all(further, **{f"after_{key.name}": getattr(last, key.name) for key in keys})
