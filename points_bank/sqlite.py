"""Acts on SQLite: aiosqlite connections that run whole acts on their own thread; one writes in groups, a few read."""

import asyncio
import errno
import logging
import os
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

import aiosqlite
import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import DATE
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import OperationalError

from points_bank.checkpoints import LARGEST_LOG_PAGES, Checkpointer
from points_bank.clock import Clock
from points_bank.engine import Act, Outage, Waiting
from points_bank.errors import Busy, PointsBankError
from points_bank.observing import Watcher
from points_bank.sqlite_errors import as_sqlalchemy, lost, will_pass
from points_bank.statements import Plans
from points_bank.transaction import Context, Transaction

log = logging.getLogger(__name__)

T = TypeVar("T")

_PRAGMAS = (
    *("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "temp_store=MEMORY", "cache_size=-65536"),
    *(f"wal_autocheckpoint={LARGEST_LOG_PAGES}", "secure_delete=ON"),
)
_STEPS_BETWEEN_LOOKS_AT_THE_CLOCK = 50_000

CAREFUL_BATCHES = 32
"""How many batches get savepoints after one had to be undone: where one act is refused late, others will be."""


class BatchLost(Exception):
    """SQLite itself ended the whole transaction (a full disk, an I/O error, an interrupted write)."""


class MustUndo(Exception):
    """An act of a batch without savepoints raised after it had written."""


class _Date(DATE):
    """SQLAlchemy's date on SQLite, written by the date itself: the same text in a tenth of the time."""

    def bind_processor(self, dialect: Dialect) -> Callable[[date | None], str | None]:
        return _date_as_text


@lru_cache(maxsize=4_096)
def _date_as_text(value: date | None) -> str | None:
    return None if value is None else value.isoformat()


class _ActsDialect(SQLiteDialect_pysqlite):
    """How acts' statements are compiled for the driver."""

    supports_statement_cache = True
    colspecs = SQLiteDialect_pysqlite.colspecs | {sa.Date: _Date}


def _as_json(value: Any) -> str:
    return msgspec.json.encode(value).decode()


class InnerConnection:
    """The driver's connection as acts use it, in the transaction that a runner opened."""

    writes_alone = True
    plans = Plans(_ActsDialect(paramstyle="qmark", json_serializer=_as_json, json_deserializer=msgspec.json.decode))

    def __init__(self, raw: sqlite3.Connection) -> None:
        engine = sa.create_engine(
            "sqlite://",
            creator=lambda: raw,
            poolclass=sa.StaticPool, hide_parameters=True,
            json_serializer=_as_json,
            json_deserializer=msgspec.json.decode,
        )  # fmt: skip
        self.core = engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        """SQLAlchemy's view of the same connection, for sessions. It begins and ends no transaction."""
        # It believes itself inside one for ever, so that a session makes a savepoint of its own and ends only that.
        self.core.begin()
        self._execute, self._execute_many = raw.execute, raw.executemany

    def oldest_writer_seconds(self) -> float:
        """One writes after the other, so that all that is there is seen."""
        return 0.0

    def execute(self, sql: str, values: Sequence[Any]) -> sqlite3.Cursor:
        try:
            return self._execute(sql, values)
        except sqlite3.Error as error:
            raise as_sqlalchemy(error, sql) from error

    def stream(self, sql: str, values: Sequence[Any]) -> Iterator[tuple[Any, ...]]:
        return iter(self.execute(sql, values))

    def execute_many(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        try:
            self._execute_many(sql, rows)
        except sqlite3.Error as error:
            raise as_sqlalchemy(error, sql) from error


class ActConnection(aiosqlite.Connection):
    """An aiosqlite connection to which whole functions are posted, instead of one statement at a time."""

    def __init__(self, path: Path, *, lock_wait_seconds: float, act_limit_seconds: float) -> None:
        def connect() -> sqlite3.Connection:
            raw = sqlite3.connect(
                path, isolation_level=None, check_same_thread=False, cached_statements=512, timeout=lock_wait_seconds
            )
            for pragma in _PRAGMAS:
                raw.execute(f"PRAGMA {pragma}")
            return raw

        super().__init__(connect, 64)
        self._act_limit_seconds = act_limit_seconds
        self._act_ends_at = float("inf")

    async def run(self, function: Callable[[], T]) -> T:
        """Run a function on the connection's thread."""
        value: T = await self._execute(function)  # type: ignore[no-untyped-call]  # aiosqlite leaves it untyped
        return value

    def post(self, function: Callable[[], None]) -> None:
        """Have a function run on the connection's thread; it must not raise."""
        self._tx.put_nowait((None, function))

    def prepare(self) -> None:
        """On the connection's thread, once: bound acts in time, and make what acts execute on."""
        self._conn.set_progress_handler(self._is_over_its_limit, _STEPS_BETWEEN_LOOKS_AT_THE_CLOCK)
        self.inner = InnerConnection(self._conn)

    def begin(self, kind: str) -> None:
        self._act_ends_at = float("inf")
        self._conn.execute(f"BEGIN {kind}")

    def limit_act(self) -> None:
        """Start counting the time of an act."""
        self._act_ends_at = time.monotonic() + self._act_limit_seconds

    def end(self, how: str) -> None:
        """COMMIT or ROLLBACK what is open."""
        self._act_ends_at = float("inf")
        if self._conn.in_transaction:
            self._conn.execute(how)

    @property
    def raw(self) -> sqlite3.Connection:
        return self._conn

    def _is_over_its_limit(self) -> bool:
        return time.monotonic() > self._act_ends_at


class Writer:
    """The one connection that writes. What waits goes together: one COMMIT, then the answers.

    An act that raises leaves nothing. Most refuse before they write anything; so a batch is run without savepoints at
    first, which cost a sixth of what is written. Where an act raises after it has written, the whole batch is undone
    and run again, each act in a savepoint of its own.

    Patient acts (imports, the timetable) go one by one, each in a commit of its own, and only when nobody else waits:
    at worst a desk waits for one of them. One that has waited for `patience_seconds` goes next all the same.
    """

    def __init__(self, connection: ActConnection, clock: Clock, context: Context, watcher: Watcher) -> None:
        self._connection, self._clock, self._context, self._watcher = connection, clock, context, watcher
        self._settings = context.settings
        self.outage = Outage()
        self._waiting: deque[Waiting] = deque()
        self._patient: deque[Waiting] = deque()
        self._asked_at = float("-inf")
        self._version: int | None = None
        self._gate = threading.Lock()
        self._is_running = self._is_closing = False
        self._careful_batches = 0
        self._checkpointer = Checkpointer(self._settings.database_path)

    async def open(self) -> None:
        self._loop = asyncio.get_running_loop()
        _require_writable(self._settings.database_path)
        await self._connection
        await self._connection.run(self._connection.prepare)
        self._checkpointer.open()

    async def close(self) -> None:
        """Refuse what comes, finish what waits, close."""
        self._is_closing = True
        await self._connection.run(self._connection.inner.core.close)
        await asyncio.to_thread(self._checkpointer.close)
        await self._connection.close()

    async def run(self, act: Act, name: str, *, patiently: bool = False) -> Any:
        queue = self._patient if patiently else self._waiting
        if self._is_closing or len(queue) >= self._settings.queue_limit_acts:
            raise Busy
        now = time.monotonic()
        if not patiently:
            self._asked_at = now
        waiting = Waiting(act, name, self._loop.create_future(), now, patiently)
        with self._gate:
            queue.append(waiting)
            if not self._is_running:
                self._is_running = True
                self._connection.post(self._drain)
        return await waiting.answer

    @property
    def waiting_acts(self) -> int:
        return len(self._waiting) + len(self._patient)

    def quiet_seconds(self) -> float:
        return time.monotonic() - self._asked_at

    def _drain(self) -> None:
        """On the connection's thread: batch after batch until nobody waits."""
        while True:
            with self._gate:
                batch = self._next_batch()
                if not batch:
                    self._is_running = False
                    return
            outcomes = self._write(batch)
            try:
                self._loop.call_soon_threadsafe(_answer, batch, outcomes)
            except RuntimeError:
                log.warning("the event loop ended before %d answers could be given", len(batch))

    def _next_batch(self) -> list[Waiting]:
        """Who is served next; nobody where nobody waits."""
        if self._patient and (not self._waiting or self._has_waited(self._patient[0], self._settings.patience_seconds)):
            return [self._patient.popleft()]
        size = min(len(self._waiting), self._settings.batch_limit_acts)
        return [self._waiting.popleft() for _ in range(size)]

    def _has_waited(self, waiting: Waiting, seconds: float) -> bool:
        return time.monotonic() - waiting.since > seconds

    def _write(self, batch: list[Waiting]) -> list[Any]:
        """Run a batch in one transaction. An exception among the outcomes is the answer of that act alone."""
        changes = self._connection.raw.total_changes
        try:
            outcomes = self._quickly(batch) if len(batch) > 1 and not self._careful_batches else None
            if outcomes is None:
                self._careful_batches = max(0, self._careful_batches - 1)
                outcomes = self._in_one_transaction(batch, self._in_savepoint)
            if self._connection.raw.total_changes != changes:
                self._checkpointer.committed(self._connection.raw.total_changes)
                self.outage.ends()
            self._watcher.batch_written(len(batch))
            return outcomes
        except BaseException as error:
            self.outage.goes_on(error, refused=len(batch))
            self._context.known.clear()
            self._connection.end("ROLLBACK")
            return [lost(error) for _ in batch]

    def _quickly(self, batch: list[Waiting]) -> list[Any] | None:
        """Without savepoints; None where that was undone."""
        try:
            return self._in_one_transaction(batch, self._as_it_is)
        except MustUndo:
            self._context.known.clear()
            self._connection.end("ROLLBACK")
            self._careful_batches = CAREFUL_BATCHES
            return None

    def _in_one_transaction(self, batch: list[Waiting], run: Callable[[Act, str], Any]) -> list[Any]:
        self._connection.begin("IMMEDIATE")
        if batch[0].patiently:
            self._look_for_others()
        outcomes = [self._attempt(waiting, run) for waiting in batch]
        self._connection.end("COMMIT")
        return outcomes

    def _look_for_others(self) -> None:
        """Notice what another process has committed since the last look; SQLite counts it."""
        (version,) = self._connection.raw.execute("PRAGMA data_version").fetchone()
        if self._version not in {None, version}:
            self._asked_at = time.monotonic()
        self._version = version

    def _attempt(self, waiting: Waiting, run: Callable[[Act, str], Any]) -> Any:
        if waiting.answer.cancelled():
            return None
        if not waiting.patiently and self._has_waited(waiting, self._settings.queue_wait_seconds):
            return Busy()
        outcome = run(waiting.act, waiting.name)
        if isinstance(outcome, PointsBankError) and outcome.remember is not None:
            failure = run(outcome.remember, waiting.name)
            return failure if isinstance(failure, BaseException) else outcome
        return outcome

    def _as_it_is(self, act: Act, name: str) -> Any:
        """What the act returned, or the exception that it raised before it wrote anything."""
        raw = self._connection.raw
        written = raw.total_changes
        outcome, is_kept = self._outcome(act, name)
        if not is_kept and raw.total_changes != written:
            raise MustUndo(name) from outcome
        return outcome

    def _in_savepoint(self, act: Act, name: str) -> Any:
        """What the act returned, or the exception that it raised, with nothing of it left."""
        raw = self._connection.raw
        raw.execute("SAVEPOINT act")
        outcome, is_kept = self._outcome(act, name)
        if not is_kept:
            self._context.known.clear()
            raw.execute("ROLLBACK TO act")
        raw.execute("RELEASE act")
        return outcome

    def _outcome(self, act: Act, name: str) -> tuple[Any, bool]:
        """What the act returned, to be kept, or the exception that it raised."""
        tx = Transaction(self._connection.inner, self._context, now=self._clock.now(), act=name)
        self._connection.limit_act()
        try:
            value = act(tx)
            tx.finish()
        except Exception as error:
            if not self._connection.raw.in_transaction:
                raise BatchLost(name) from error
            tx.abandon()
            return lost(error) if will_pass(error) else error, False
        return value, True


class Reader:
    """A connection that only reads: each act sees one snapshot, held no longer than an act may take."""

    def __init__(self, connection: ActConnection, clock: Clock, context: Context) -> None:
        self._connection, self._clock, self._context = connection, clock, context

    async def open(self) -> None:
        await self._connection
        await self._connection.run(self._connection.prepare)
        await self._connection.run(lambda: self._connection.raw.execute("PRAGMA query_only=ON").close())

    async def close(self) -> None:
        await self._connection.run(self._connection.inner.core.close)
        await self._connection.close()

    async def run(self, act: Act, name: str) -> Any:
        return await self._connection.run(lambda: self.run_here(act, name))

    def run_here(self, act: Act, name: str) -> Any:
        """Run an act on the caller's thread. One act at a time: nobody else may be using the connection."""
        tx = Transaction(self._connection.inner, self._context, now=self._clock.now(), act=name)
        self._connection.begin("DEFERRED")
        self._connection.limit_act()
        try:
            return act(tx)
        except OperationalError as error:
            if not will_pass(error):
                raise
            raise lost(error) from error
        finally:
            tx.abandon()
            self._connection.end("ROLLBACK")


def _require_writable(path: Path) -> None:
    """Raise where SQLite would open the bank only to be read, and never look again whether it can be written."""
    for file in (path, *(path.with_name(path.name + suffix) for suffix in ("-wal", "-shm"))):
        if file.exists() and not os.access(file, os.W_OK):
            raise PermissionError(errno.EACCES, "may not be written", str(file))


def _answer(batch: list[Waiting], outcomes: list[Any]) -> None:
    """On the event loop, after the commit: tell everybody who still waits."""
    for waiting, outcome in zip(batch, outcomes, strict=True):
        waiting.tell(outcome)
