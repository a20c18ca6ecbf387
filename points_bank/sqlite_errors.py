"""What SQLite's errors mean for acts and for those who asked for them."""

import sqlite3

from sqlalchemy.exc import DBAPIError, OperationalError

from points_bank.engine import CannotWrite
from points_bank.errors import Busy

_TAKES_NOTHING = frozenset({
    sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM,
})  # fmt: skip
_PRIMARY = 0xFF
"""SQLite's finer codes have the general one in their last byte."""


def will_pass(error: BaseException) -> bool:
    """Whether the database could not do it now: locked, interrupted, a full disk. Asked again, it may.

    A statement that it can never carry out, on a column that is not there for example, is no such thing.
    """
    if not isinstance(error, OperationalError):
        return False
    return getattr(error.orig, "sqlite_errorcode", sqlite3.SQLITE_BUSY) != sqlite3.SQLITE_ERROR


def lost(error: BaseException) -> Busy:
    """What a caller is told whose act was not carried out for no fault of its own."""
    refusal = CannotWrite() if _takes_nothing(error) else Busy()
    refusal.__cause__ = error
    return refusal


def as_sqlalchemy(error: sqlite3.Error, sql: str) -> BaseException:
    """The driver's error as SQLAlchemy's, so that acts and tests name the same errors on every database."""
    return DBAPIError.instance(sql, None, error, sqlite3.Error)


def _takes_nothing(error: BaseException | None) -> bool:
    """Whether the disk is behind it, or behind what it was raised from."""
    if error is None:
        return False
    if isinstance(error, sqlite3.Error):
        return getattr(error, "sqlite_errorcode", 0) & _PRIMARY in _TAKES_NOTHING
    return _takes_nothing(error.__cause__)
