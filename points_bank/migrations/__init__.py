"""The schema's history, and bringing a database up to date.

Revisions describe tables in plain SQL types and import nothing of the bank, so that old ones never change meaning.
"""

import sqlite3
from contextlib import closing
from pathlib import Path

from points_bank.migrations.mismatch import HalfMoved
from points_bank.settings import DatabaseKind, Settings

HEAD = "0013"
"""The newest revision that this version of the bank knows."""
MOVING_IN = "moving in"
"""What stands for the revision of a database into which a bank is being moved, so that no version of the bank opens it
before all of it is there."""

_REVISION = "SELECT version_num FROM alembic_version"


def upgrade(settings: Settings) -> None:
    """Bring the schema up to date; create a file that is not there. Harmless where nothing is to be done.

    A database on a server must be there. Several processes may do so at once. Raises `SchemaMismatch`, with the
    database as it was; `HalfMoved` is one of them.
    """
    revision = revision_of(settings)
    if revision == HEAD:
        return
    if revision == MOVING_IN:
        raise HalfMoved(f"a bank is being moved into {settings.place}")
    # Alembic takes half a second to import, which every start would pay for what almost none needs.
    from points_bank.migrations.upgrading import run_revisions

    run_revisions(settings)


def is_there(settings: Settings) -> bool:
    """Whether there is a file, or on a server tables of a bank. Makes nothing."""
    if settings.database_kind is DatabaseKind.POSTGRESQL:
        return _revision_on_server(settings) is not None
    return settings.database_path.exists()


def revision_of(settings: Settings) -> str | None:
    """The revision that a database is at; None for one that is new, or none of ours."""
    if settings.database_kind is DatabaseKind.POSTGRESQL:
        return _revision_on_server(settings)
    return _revision_in_file(settings.database_path)


def _revision_in_file(path: Path) -> str | None:
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with closing(sqlite3.connect(path)) as raw:
            row = raw.execute(_REVISION).fetchone()
    except sqlite3.Error:
        return None
    return row[0] if row else None


def _revision_on_server(settings: Settings) -> str | None:
    # The driver is an extra, which a bank in a file does without.
    from psycopg.errors import UndefinedTable

    from points_bank.postgres import connect

    with closing(connect(settings)) as raw:
        try:
            row = raw.execute(_REVISION).fetchone()
        except UndefinedTable:
            return None
    return str(row[0]) if row else None
