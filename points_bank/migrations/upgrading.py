"""Running Alembic on a database whose schema is not the newest."""

import sqlite3

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util import CommandError

from points_bank.migrations.mismatch import SchemaMismatch
from points_bank.settings import Settings

_MIGRATION_WAIT_SECONDS = 120


def configuration(connection: sa.Connection | None = None) -> Config:
    """Alembic's configuration, in code; its environment takes the connection from here."""
    config = Config()
    config.set_main_option("script_location", "points_bank:migrations")
    config.attributes["connection"] = connection
    return config


def newest_revision() -> str | None:
    """The newest revision that there is a file for."""
    return ScriptDirectory.from_config(configuration()).get_current_head()


def run_revisions(settings: Settings) -> None:
    """Run the revisions that a database lacks.

    Several processes may do so at once: one holds the write lock from the look at the revision to the commit, the
    others wait and find nothing left to do. Raises `SchemaMismatch`, with the file as it was.
    """
    engine = sa.create_engine(
        sa.URL.create("sqlite", database=str(settings.database_path)),
        connect_args={"timeout": _MIGRATION_WAIT_SECONDS, "isolation_level": None},
        poolclass=sa.NullPool,
    )
    try:
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            _upgrade_alone(connection)
    except sa.exc.DatabaseError as error:
        if isinstance(error.orig, sqlite3.OperationalError):
            raise
        raise SchemaMismatch(f"{settings.database_path} is not a database of this bank") from error
    finally:
        engine.dispose()


def _upgrade_alone(connection: sa.Connection) -> None:
    connection.exec_driver_sql("PRAGMA journal_mode=WAL")
    connection.exec_driver_sql("PRAGMA synchronous=FULL")
    # Rebuilding a table drops the old one, which foreign keys would refuse; they are checked below instead.
    connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
    connection.exec_driver_sql("BEGIN IMMEDIATE")
    try:
        command.upgrade(configuration(connection), "head")
        broken = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
        assert broken is None, f"a migration broke a foreign key: {broken}"
    except CommandError as error:
        connection.exec_driver_sql("ROLLBACK")
        raise SchemaMismatch("the database was written by another version of the bank") from error
    except BaseException:
        connection.exec_driver_sql("ROLLBACK")
        raise
    connection.exec_driver_sql("COMMIT")
