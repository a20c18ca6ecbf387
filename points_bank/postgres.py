"""Connections to PostgreSQL as acts use them: statements with `$1`, prepared by the driver, errors as SQLAlchemy's."""

import time
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from itertools import count
from typing import Any

import msgspec
import psycopg
import sqlalchemy as sa
from psycopg import RawCursor, RawServerCursor
from psycopg.abc import Buffer
from psycopg.adapt import Loader
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.errors import error_from_result
from psycopg.pq import ExecStatus, TransactionStatus
from psycopg.types.json import set_json_dumps, set_json_loads
from psycopg.types.numeric import Int8Dumper
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.exc import DBAPIError

from points_bank.errors import Busy
from points_bank.settings import Settings
from points_bank.statements import Plans

ROWS_AT_A_TIME = 2_000
"""How many rows of a long answer are fetched together."""

_MANNERS = {
    "application_name": "points-bank",
    "connect_timeout": 10,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 15_000,
    "target_session_attrs": "read-write",
}
"""A server that fell silent is given up within half a minute, and one that only stands by is none. What the URL says
goes before."""

# Only the bank's own role needs to be seen, whose backends write transfers. A commit that waits for a standby is open.
_OLDEST_WRITER = """
    SELECT COALESCE(MAX(EXTRACT(EPOCH FROM clock_timestamp() - xact_start)), 0)::float8 FROM pg_stat_activity
    WHERE datname = current_database() AND backend_type = 'client backend' AND backend_xid IS NOT NULL
        AND pid <> pg_backend_pid()
"""
WRITING = "ISOLATION LEVEL READ COMMITTED"
READING = "ISOLATION LEVEL REPEATABLE READ READ ONLY"

_DATA_EXCEPTION = "22"
_STATEMENTS_KEPT = 1_000
_RUNS_BEFORE_PREPARED = 2


class _WholeNumber(Loader):
    """PostgreSQL adds big whole numbers up to a `numeric`; here points stay integers."""

    def load(self, data: Buffer) -> int | Decimal:
        text = bytes(data).decode()
        return Decimal(text) if "." in text else int(text)


def connect(settings: Settings) -> psycopg.Connection[tuple[Any, ...]]:
    """A connection that begins and ends no transaction by itself. Raises `psycopg.OperationalError`."""
    given: dict[str, Any] = _MANNERS | conninfo_to_dict(settings.database_url)
    raw = psycopg.connect(make_conninfo(**given), autocommit=True)
    raw.prepare_threshold, raw.prepared_max = _RUNS_BEFORE_PREPARED, _STATEMENTS_KEPT
    set_json_dumps(msgspec.json.encode, raw)
    set_json_loads(msgspec.json.decode, raw)
    raw.adapters.register_loader("numeric", _WholeNumber)
    # One type for all whole numbers: otherwise each size of them would make a prepared statement of its own.
    raw.adapters.register_dumper(int, Int8Dumper)
    return raw


def hide_values(engine: sa.Engine) -> sa.Engine:
    """Have the errors that an engine raises by itself, for sessions and revisions, name nobody's values either."""

    @sa.event.listens_for(engine, "handle_error")
    def without_values(failed: sa.engine.ExceptionContext) -> BaseException | None:
        error = failed.original_exception
        return _as_sqlalchemy(error, failed.statement) if isinstance(error, psycopg.Error) else None

    return engine


def told_limits(settings: Settings) -> str:
    """What a connection tells the server once: nothing of it may wait or stand open for longer than an act may take.

    `synchronous_commit` may be stricter there; where somebody has put it off, what was acknowledged could be lost.
    """
    act_ms, lock_ms = int(settings.act_limit_seconds * 1_000), int(settings.lock_wait_seconds * 1_000)
    return (
        f"SET statement_timeout = {act_ms}; SET lock_timeout = {lock_ms};"
        f"SET idle_in_transaction_session_timeout = {act_ms};"
        "SET TIME ZONE 'UTC'; SET client_encoding = 'UTF8'; SET default_transaction_isolation = 'read committed';"
        "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'"
    )


class CommitUnknown(psycopg.OperationalError):
    """The server did not say that it has kept a transaction, and not that it has not."""


class AskFirst(Exception):
    """A snapshot was taken already when an act asked what was open when it was taken: run it again, and ask before."""

    outcome = "asks_first"


class InnerConnection:
    """The driver's connection as acts use it, in the transaction that a runner opened."""

    writes_alone = False
    plans = Plans(PGDialect_psycopg(paramstyle="qmark"))  # type: ignore[no-untyped-call]  # SQLAlchemy leaves it so

    def __init__(self, raw: psycopg.Connection[Any]) -> None:
        self.raw = raw
        self._cursor: RawCursor[tuple[Any, ...]] = RawCursor(raw)
        """One for all statements but streams: what one returns is read before the next is run."""
        self._ends_at = float("inf")
        self.has_written = False
        """Whether the act of the open transaction has changed anything."""
        self._is_snapshot = False
        self._oldest_writer_seconds: float | None = None
        self._warnings: list[str] = []
        raw.add_notice_handler(self._notice)
        self._names = (f"each_{number}" for number in count())
        self._engine = hide_values(
            sa.create_engine(
                "postgresql+psycopg://", creator=lambda: raw, poolclass=sa.StaticPool, use_native_hstore=False
            )
        )
        self.core = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        """SQLAlchemy's view of the same connection, for sessions. It begins and ends no transaction."""
        # It believes itself inside one for ever, so that a session makes a savepoint of its own and ends only that.
        self.core.begin()

    def close(self) -> None:
        if self.is_lost:
            self.core.invalidate()
        self.core.close()
        self._engine.dispose()
        self.raw.close()

    def begin(self, kind: str, *, limit_seconds: float, asks_first: bool = False) -> None:
        """Open a transaction for an act that may take so long; `asks_first` for one that raised `AskFirst`."""
        self._oldest_writer_seconds = self._ask_oldest_writer() if asks_first else None
        self._is_snapshot = kind == READING
        self._end(f"BEGIN {kind}".encode())
        self.has_written = False
        self._ends_at = time.monotonic() + limit_seconds

    def commit(self) -> None:
        """Raises what the server says, with nothing kept, or `CommitUnknown`."""
        self._require_time()
        if self.raw.pgconn.transaction_status != TransactionStatus.INTRANS:
            raise RuntimeError("a statement failed and the act went on")
        self._warnings.clear()
        self._end(b"COMMIT")
        if self._warnings:
            # Somebody has ended the wait for the standby: it is kept here and perhaps not there.
            raise CommitUnknown(f"committed with a warning: {self._warnings[0]}")

    def roll_back(self) -> None:
        """Nothing is kept. Does not raise; a connection that is lost has rolled back by that."""
        if not self.is_lost and self.raw.pgconn.transaction_status != TransactionStatus.IDLE:
            self.raw.pgconn.exec_(b"ROLLBACK")

    def oldest_writer_seconds(self) -> float:
        """As of before the transaction's snapshot, so that whatever it does not see was looked at, or began later."""
        if self._oldest_writer_seconds is None:
            if self._is_snapshot:
                raise AskFirst
            self._oldest_writer_seconds = self._ask_oldest_writer()
        return self._oldest_writer_seconds

    @property
    def is_lost(self) -> bool:
        return self.raw.closed or self.raw.pgconn.transaction_status == TransactionStatus.UNKNOWN

    def execute(self, sql: str, values: Sequence[Any]) -> RawCursor[tuple[Any, ...]]:
        self._require_time()
        self.has_written = self.has_written or not sql.lstrip().startswith(("SELECT", "WITH"))
        try:
            return self._cursor.execute(sql.encode(), values)
        except psycopg.Error as error:
            raise _as_sqlalchemy(error, sql) from error

    def execute_many(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        self._require_time()
        self.has_written = True
        try:
            RawCursor(self.raw).executemany(sql.encode(), rows)
        except psycopg.Error as error:
            raise _as_sqlalchemy(error, sql) from error

    def stream(self, sql: str, values: Sequence[Any]) -> Iterator[tuple[Any, ...]]:
        self._require_time()
        cursor: RawServerCursor[tuple[Any, ...]] = RawServerCursor(self.raw, next(self._names))
        try:
            cursor.execute(sql.encode(), values)
            while rows := cursor.fetchmany(ROWS_AT_A_TIME):
                self._require_time()
                yield from rows
        except psycopg.Error as error:
            raise _as_sqlalchemy(error, sql) from error
        finally:
            if self.raw.pgconn.transaction_status == TransactionStatus.INTRANS:
                cursor.close()

    def _ask_oldest_writer(self) -> float:
        row = self.raw.execute(_OLDEST_WRITER).fetchone()
        assert row is not None, "an aggregate has a row"
        return float(row[0])

    def _notice(self, notice: psycopg.errors.Diagnostic) -> None:
        if notice.severity_nonlocalized == "WARNING":
            self._warnings.append(notice.message_primary or "")

    def _require_time(self) -> None:
        if time.monotonic() > self._ends_at:
            raise Busy

    def _end(self, command: bytes) -> None:
        """Past psycopg, which forgets every prepared statement when it sees a transaction rolled back."""
        self._ends_at = float("inf")
        result = self.raw.pgconn.exec_(command)
        if self.is_lost:
            raise (CommitUnknown if command == b"COMMIT" else psycopg.OperationalError)("the connection was lost")
        if result.status != ExecStatus.COMMAND_OK:
            raise _without_values(error_from_result(result))
        if result.command_status != command.split()[0]:
            raise psycopg.OperationalError(f"{command.decode()} was answered by {result.command_status!r}")


def _as_sqlalchemy(error: psycopg.Error, sql: str | None) -> BaseException:
    """The driver's error as SQLAlchemy's, so that acts and tests name the same errors on every database."""
    return DBAPIError.instance(sql, None, _without_values(error), psycopg.Error)


def _without_values(error: psycopg.Error) -> psycopg.Error:
    """The error that says which rule of which table was broken, and no more: what is raised here ends in a log.

    The server's DETAIL shows the row, and the message about a value that is none of its kind shows the value.
    """
    if (said := error.diag.message_primary) is not None:
        is_about_a_value = (error.sqlstate or "").startswith(_DATA_EXCEPTION)
        error.args = (said.partition(': "')[0] if is_about_a_value else said,)
    return error
