"""Numbers of rows that are written with numbers chosen beforehand, many at once."""

from collections.abc import Iterable

import sqlalchemy as sa

from points_bank.transaction import Transaction

_TRIES = 50

# As one statement the numbers follow one another unless somebody takes one in the same instant.
_TAKE = sa.text("""
    SELECT MIN(id) AS first_id, MAX(id) AS last_id FROM (
        SELECT nextval(pg_get_serial_sequence(:name, 'id')) AS id FROM generate_series(1, :count)
    ) AS taken
""")
_MOVE = sa.text("SELECT setval(pg_get_serial_sequence(:name, 'id'), :last_id)")


def take_ids(tx: Transaction, table: sa.Table, count: int) -> range:
    """So many ids of a table that follow one another and that nobody else gets."""
    if tx.writes_alone:
        first_id = _last_id(tx, table) + 1
        return range(first_id, first_id + count)
    for _ in range(_TRIES):
        taken = tx.one(_TAKE, name=table.name, count=count)
        if taken.last_id - taken.first_id == count - 1:
            return range(taken.first_id, taken.last_id + 1)
    raise RuntimeError(f"no {count} ids of {table.name} follow one another")


def go_on_after(tx: Transaction, tables: Iterable[sa.Table]) -> None:
    """Have new rows get ids after those that are there, once rows were written with ids of their own, by nobody else
    meanwhile. SQLite does so by itself."""
    if tx.writes_alone:
        return
    for table in tables:
        has_own = [key.name for key in table.primary_key] == ["id"] and isinstance(table.c.id.type, sa.Integer)
        if has_own and (last_id := _last_id(tx, table)):
            tx.scalar(_MOVE, name=table.name, last_id=last_id)


def _last_id(tx: Transaction, table: sa.Table) -> int:
    found: int = tx.scalar(sa.select(sa.func.coalesce(sa.func.max(table.c.id), 0)))
    return found
