"""Running Alembic on a database whose schema is not the newest."""

import sqlite3
from collections.abc import Callable, Sequence
from functools import cached_property, partial

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError

from points_bank.keys import FIRST_KEY, Keys, OtherKey, load_keys
from points_bank.migrations.mismatch import SchemaMismatch
from points_bank.settings import DatabaseKind, Settings

_MIGRATION_WAIT_SECONDS = 120
_MIGRATION_LOCK = 7_370_626_174
"""Any number that nobody else on the server locks by."""
ENCRYPTED_FROM = "0007"
"""The revision that encrypted what stood in plain before."""


def configuration(connection: sa.Connection | None = None, keys: Callable[[], Keys] | None = None) -> Config:
    """Alembic's configuration, in code; its environment takes the connection from here.

    `keys` finds the bank's keys, for a revision that has something to encrypt.
    """
    config = Config()
    config.set_main_option("script_location", "points_bank:migrations")
    config.attributes["connection"] = connection
    config.attributes["encryption"] = Encryption(keys) if keys is not None else None
    return config


class Encryption:
    """What a revision encrypts with, which is the first key that every bank has; and what it asks of all keys."""

    def __init__(self, find: Callable[[], Keys]) -> None:
        self._find = find

    @cached_property
    def _keys(self) -> Keys:
        return self._find()

    def encrypt(self, text: str, place: str) -> bytes:
        """A text for a place such as `member.phone:7`."""
        return self._keys.encrypt(text, place=place, number=FIRST_KEY)

    def digest(self, purpose: str, subject: str) -> bytes:
        return self._keys.digest(purpose, subject)

    def prove(self, number: int, samples: Sequence[tuple[bytes, str]]) -> bytes:
        """A key's proof. Raises `KeyMissing`, and `OtherKey` where it opens none of the values, each with its place."""
        proof = self._keys.prove(number)
        if samples and not any(self._keys.opens(value, place=place) for value, place in samples):
            raise OtherKey(number)
        return proof

    def require_secret(self, phones: Sequence[tuple[bytes, str, bytes]]) -> None:
        """Raises `OtherKey` where none of the phones, each with its place and hash, was hashed with this secret."""
        known = [each for each in phones if self._keys.opens(each[0], place=each[1])]
        hashes = [(self._keys.digest("phone", self._keys.decrypt(value, place=at)), own) for value, at, own in known]
        if hashes and all(hashed != own for hashed, own in hashes):
            raise OtherKey(FIRST_KEY)


def newest_revision() -> str | None:
    """The newest revision that there is a file for."""
    return ScriptDirectory.from_config(configuration()).get_current_head()


def run_revisions(settings: Settings) -> None:
    """Run the revisions that a database lacks.

    Several processes may do so at once: one holds a lock from the look at the revision to the commit, the others wait
    and find nothing left to do. Raises `SchemaMismatch`, with the database as it was.
    """
    try:
        if settings.database_kind is DatabaseKind.POSTGRESQL:
            _upgrade_on_server(settings)
        else:
            _upgrade_in_file(settings)
    except CommandError as error:
        raise SchemaMismatch("the database was written by another version of the bank") from error


def _upgrade_on_server(settings: Settings) -> None:
    """In one transaction. The lock only spares the others an error: none of them could add a table twice."""
    # The driver is an extra, which a bank in a file does without.
    from points_bank.postgres import connect, hide_values

    raw = connect(settings)
    raw.autocommit = False
    engine = hide_values(sa.create_engine("postgresql+psycopg://", creator=lambda: raw, poolclass=sa.NullPool))
    try:
        with engine.begin() as connection:
            if not connection.exec_driver_sql("SELECT 'B' < 'a'").scalar_one():
                raise SchemaMismatch(f"{settings.place} sorts text by a language; make it with LOCALE 'C'")
            connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{_MIGRATION_WAIT_SECONDS}s'")
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_MIGRATION_LOCK})")
            command.upgrade(configuration(connection, _keys_of(settings)), "head")
    finally:
        engine.dispose()


def _upgrade_in_file(settings: Settings) -> None:
    engine = sa.create_engine(
        sa.URL.create("sqlite", database=str(settings.database_path)),
        connect_args={"timeout": _MIGRATION_WAIT_SECONDS, "isolation_level": None},
        poolclass=sa.NullPool,
    )
    try:
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            if _upgrade_alone(connection, _keys_of(settings)):
                _forget_what_was_plain(connection)
    except sa.exc.DatabaseError as error:
        if isinstance(error.orig, sqlite3.OperationalError):
            raise
        raise SchemaMismatch(f"{settings.database_path} is not a database of this bank") from error
    finally:
        engine.dispose()


def _keys_of(settings: Settings) -> Callable[[], Keys]:
    return partial(load_keys, settings.key_path, may_make=False, text=settings.key_text)


def _upgrade_alone(connection: sa.Connection, keys: Callable[[], Keys]) -> bool:
    """Whether there was something in plain that now is encrypted."""
    connection.exec_driver_sql("PRAGMA journal_mode=WAL")
    connection.exec_driver_sql("PRAGMA synchronous=FULL")
    # Rebuilding a table drops the old one, which foreign keys would refuse; they are checked below instead.
    connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
    connection.exec_driver_sql("PRAGMA secure_delete=ON")
    connection.exec_driver_sql("BEGIN IMMEDIATE")
    try:
        before = MigrationContext.configure(connection).get_current_revision()
        command.upgrade(configuration(connection, keys), "head")
        broken = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
        assert broken is None, f"a migration broke a foreign key: {broken}"
    except BaseException:
        connection.exec_driver_sql("ROLLBACK")
        raise
    connection.exec_driver_sql("COMMIT")
    return before is not None and before < ENCRYPTED_FROM


def _forget_what_was_plain(connection: sa.Connection) -> None:
    """Write the file anew without what earlier changes left behind in free space, and empty its log."""
    connection.exec_driver_sql("VACUUM")
    connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
