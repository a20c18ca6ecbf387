"""The schema's history, and bringing a database up to date.

Revisions describe tables in plain SQL types and import nothing of the bank, so that old ones never change meaning.
"""

import sqlite3
from contextlib import closing
from pathlib import Path

from points_bank.settings import Settings

HEAD = "0008"
"""The newest revision that this version of the bank knows."""


def upgrade(settings: Settings) -> None:
    """Bring the schema up to date; create the file if it is not there. Harmless where nothing is to be done.

    Several processes may do so at once. Raises `SchemaMismatch`, with the file as it was.
    """
    settings.database_path.parent.mkdir(parents=True, exist_ok=True)
    if _revision(settings.database_path) == HEAD:
        return
    # Alembic takes half a second to import, which every start would pay for what almost none needs.
    from points_bank.migrations.upgrading import run_revisions

    run_revisions(settings)


def _revision(path: Path) -> str | None:
    """The revision that a database is at; None for one that is new, or none of ours."""
    try:
        with closing(sqlite3.connect(path)) as raw:
            row = raw.execute("SELECT version_num FROM alembic_version").fetchone()
    except sqlite3.Error:
        return None
    return row[0] if row else None
