"""Writing into the books behind the bank's back, as somebody could who may do anything on the machine."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any, Protocol

import psycopg
import sqlalchemy as sa

from points_bank.settings import DatabaseKind, Settings
from points_bank.transaction import Transaction


class Cursor(Protocol):
    @property
    def rowcount(self) -> int: ...

    def fetchall(self) -> list[Any]: ...


class Hand(Protocol):
    """Runs statements; each is kept at once."""

    def execute(self, sql: str, /) -> Cursor: ...


class _Session:
    """psycopg takes literal strings only, so that nobody puts values into them, or bytes."""

    def __init__(self, server: psycopg.Connection[Any]) -> None:
        self._server = server

    def execute(self, sql: str, /) -> Cursor:
        return self._server.execute(sql.encode())


@contextmanager
def look_into(settings: Settings) -> Iterator[Hand]:
    if settings.database_kind is DatabaseKind.POSTGRESQL:
        with psycopg.connect(settings.database_url, autocommit=True) as server:
            yield _Session(server)
        return
    with closing(sqlite3.connect(settings.database_path, isolation_level=None)) as file:
        yield file


@contextmanager
def behind_its_back(settings: Settings) -> Iterator[Hand]:
    """Neither triggers nor foreign keys hold up what is done there."""
    with look_into(settings) as hand:
        if settings.database_kind is DatabaseKind.POSTGRESQL:
            hand.execute("SET session_replication_role = replica")
        else:
            for (trigger,) in hand.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
                hand.execute(f"DROP TRIGGER {trigger}")
        yield hand


def let_change(tx: Transaction, table: str) -> None:
    """Take away what keeps the rows of a table as they are, for as long as the act lasts that is rolled back."""
    on_table = f" ON {table}" if tx.settings.database_kind is DatabaseKind.POSTGRESQL else ""
    for deed in ("update", "delete"):
        tx.run(sa.text(f"DROP TRIGGER {table}_no_{deed}{on_table}"))


def tamper(settings: Settings, *statements: str) -> None:
    """Statements, each of which must find something to change."""
    with behind_its_back(settings) as hand:
        for statement in statements:
            assert hand.execute(statement).rowcount > 0, statement
