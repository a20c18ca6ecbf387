"""How far a move into a database has come: one row, in a table that is there only meanwhile.

While it is there, the database's revision is `MOVING_IN`: nothing that belongs to the bank opens it, in no version.
Each page of rows is kept in the commit that says so here, so that whoever goes on knows where.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any

import msgspec
import sqlalchemy as sa
from msgspec.structs import astuple

from points_bank.backup import NotKept
from points_bank.encryption import EncryptionKey
from points_bank.errors import message
from points_bank.ids import go_on_after
from points_bank.migrations import HEAD, MOVING_IN
from points_bank.tables import metadata
from points_bank.transaction import Transaction

NOT_EMPTY = message(
    "There is a bank at {path} already: a whole bank moves only into a database in which there is nothing."
)
OTHER_MOVE = message(
    "Another file is half moved into {path}: repeat the import with that one, or begin with a new database."
)
TAKEN_OVER = message("Another process goes on with this move; this one has stopped.")

PROGRESS = sa.table(
    "moving_in", sa.column("house"), sa.column("holder"),
    sa.column("place", sa.Integer()), sa.column("done_bytes", sa.BigInteger()),
)  # fmt: skip
_MAKE = sa.text("""
    CREATE TABLE moving_in (
        house VARCHAR(64) NOT NULL, holder VARCHAR(32) NOT NULL, place INTEGER NOT NULL, done_bytes BIGINT NOT NULL
    )
""")
_DROP = sa.text("DROP TABLE moving_in")
_ADD = sa.insert(PROGRESS)
_FIND = sa.select(PROGRESS.c.house, PROGRESS.c.place, PROGRESS.c.done_bytes)
_TAKE_OVER = sa.update(PROGRESS).values(holder=sa.bindparam("new_holder"))
_GO_ON = (
    sa.update(PROGRESS)
    .where(
        PROGRESS.c.holder == sa.bindparam("by"),
        PROGRESS.c.place == sa.bindparam("from_place"),
        PROGRESS.c.done_bytes == sa.bindparam("from_bytes"),
    )
    .values(place=sa.bindparam("to_place"), done_bytes=sa.bindparam("to_bytes"))
)
_VERSION = sa.table("alembic_version", sa.column("version_num"))
_REVISION = sa.select(_VERSION.c.version_num)
_SET_REVISION = sa.update(_VERSION).values(version_num=sa.bindparam("revision"))
_ANALYZE = sa.text("ANALYZE")


class Progress(msgspec.Struct, frozen=True):
    """The table, by its place in the order of tables, and up to which byte of its file all rows are there."""

    place: int = 0
    done_bytes: int = 0


def begin_move(tx: Transaction, *, house: str, holder: str) -> Progress | None:
    """Begin to move a file in, known by its digest, or go on with it; from now on only `holder` may.

    None where there is a bank already. Raises `NotKept` where another file is half moved in.
    """
    if tx.scalar(_REVISION) == MOVING_IN:
        # Whoever is just keeping a page is waited for: then it is there, and nobody adds to it any more.
        tx.run(_TAKE_OVER, new_holder=holder)
        found = tx.one(_FIND)
        if found.house != house:
            raise NotKept(OTHER_MOVE, path=tx.settings.place)
        return Progress(found.place, found.done_bytes)
    if any(_has_rows(tx, table) for table in metadata.sorted_tables if table.name != EncryptionKey.__tablename__):
        return None
    # The first key's row came with the tables; the bank brings its own.
    tx.run(sa.delete(metadata.tables[EncryptionKey.__tablename__]))
    tx.run(_MAKE)
    tx.run(_ADD, house=house, holder=holder, place=0, done_bytes=0)
    tx.run(_SET_REVISION, revision=MOVING_IN)
    return Progress()


def take_rows(
    tx: Transaction, table: sa.Table, rows: Sequence[Any], *, at: Progress, then: Progress, holder: str
) -> None:
    """Add rows as they stood, and note how far that is. Raises `NotKept` where another process went on meanwhile."""
    moved = tx.run(
        _GO_ON, by=holder, from_place=at.place, from_bytes=at.done_bytes, to_place=then.place, to_bytes=then.done_bytes
    )
    if not moved:
        raise NotKept(TAKEN_OVER)
    if rows:
        tx.pour(_insert_into(table), tuple(table.columns.keys()), map(astuple, rows))


def settle_in(tx: Transaction) -> None:
    """After the last row: new rows get ids after those that came, and a server learns how many rows there are."""
    go_on_after(tx, metadata.sorted_tables)
    if not tx.writes_alone:
        tx.run(_ANALYZE)


def end_move(tx: Transaction) -> None:
    """From now on it is a bank like every other."""
    tx.run(_DROP)
    tx.run(_SET_REVISION, revision=HEAD)


@cache
def _insert_into(table: sa.Table) -> sa.Insert:
    return sa.insert(table)


def _has_rows(tx: Transaction, table: sa.Table) -> bool:
    return bool(tx.all(sa.select(sa.literal_column("1")).select_from(table).limit(1)))
