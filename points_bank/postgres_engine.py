"""A bank on PostgreSQL: some threads write, a few read, each on a connection of its own, each act in a transaction.

Acts run side by side: they lock, then read, then write (READ COMMITTED). Where two of them come into each other's way,
the server ends one, and that act is run again from its beginning, as a clash of two repeats of one request is.
"""

import asyncio
import logging
import queue
import random
import threading
import time
from collections import ChainMap
from collections.abc import MutableMapping
from contextlib import closing
from typing import Any

import psycopg
from sqlalchemy.exc import DBAPIError

from points_bank.clock import Clock
from points_bank.engine import Act, CannotWrite, NotKnownYet, Outage, Waiting, lost
from points_bank.errors import Busy, PointsBankError
from points_bank.observing import Watcher
from points_bank.postgres import READING, WRITING, AskFirst, CommitUnknown, InnerConnection, connect, told_limits
from points_bank.settings import Settings
from points_bank.transaction import AnsweredMeanwhile, Context, Transaction

log = logging.getLogger(__name__)

RUNS = 12
"""How often an act is begun at most before it is refused as busy."""

PAUSE_SECONDS = 0.002
"""Before an act is run again, on average; twice as long after each time, up to a tenth of a second."""

RUNS_INTO_WHAT_IS_TAKEN = 4
"""How often at most where each run ends at a UNIQUE: run again, an act finds what another one has added meanwhile, and
answers accordingly. One that does not is a mistake of ours."""

_COMES_BETWEEN = {"40001", "40P01"}
_IS_TAKEN = "23505"
_TAKES_NOTHING = (psycopg.errors.DiskFull, psycopg.errors.IoError)


class PostgresEngine:
    writes_alone = False

    def __init__(self, settings: Settings, clock: Clock, watcher: Watcher) -> None:
        self._settings, self._clock, self._watcher = settings, clock, watcher
        self._asked_at = float("-inf")
        self._outage = Outage()

    def has_district(self) -> bool:
        with closing(connect(self._settings)) as raw:
            row = raw.execute("SELECT EXISTS (SELECT 1 FROM branch)").fetchone()
        return row is not None and bool(row[0])

    async def open(self, context: Context) -> None:
        def lanes(name: str, number: int, kind: str) -> Lanes:
            outage = None if kind is READING else self._outage
            runners = [Runner(context, self._clock, kind, self._watcher, outage) for _ in range(number)]
            return Lanes(name, runners, self._settings, outage)

        self._writing = lanes("writer", self._settings.writers, WRITING)
        # Nobody waits for patient acts, so that one at a time will do, and no desk ever stands behind one.
        self._patient = lanes("patient writer", 1, WRITING)
        self._reading = lanes("reader", self._settings.readers, READING)
        self._all = (self._writing, self._patient, self._reading)
        for each in self._all:
            each.open()

    async def close(self) -> None:
        await asyncio.gather(*(each.close() for each in self._all))

    async def write(self, act: Act, name: str, *, patiently: bool) -> Any:
        if patiently:
            return await self._patient.run(act, name, patiently=True)
        self._asked_at = time.monotonic()
        return await self._writing.run(act, name)

    async def read(self, act: Act, name: str) -> Any:
        return await self._reading.run(act, name)

    async def glance(self, act: Act, name: str) -> Any:
        """As others read: whatever goes to a server would keep the event loop waiting."""
        return await self._reading.run(act, name)

    @property
    def is_writing(self) -> bool:
        return not self._outage.is_on

    @property
    def waiting_acts(self) -> int:
        return self._writing.waiting_acts + self._patient.waiting_acts

    def quiet_seconds(self) -> float:
        return time.monotonic() - self._asked_at


class Lanes:
    """Threads that take acts from one queue, first come, first served; each has a runner with its own connection.

    Those that write share an outage, and those that read have none.
    """

    def __init__(self, name: str, runners: list["Runner"], settings: Settings, outage: Outage | None) -> None:
        self._settings, self._outage = settings, outage
        self._queue: queue.SimpleQueue[Waiting | None] = queue.SimpleQueue()
        self._is_closing = False
        self._threads = [threading.Thread(target=self._serve, args=(each,), name=name, daemon=True) for each in runners]

    def open(self) -> None:
        self._loop = asyncio.get_running_loop()
        for thread in self._threads:
            thread.start()

    async def close(self) -> None:
        """Refuse what comes, finish what waits. A commit that is held up for longer than acts live is left alone."""
        self._is_closing = True
        for _ in self._threads:
            self._queue.put(None)
        until = time.monotonic() + self._settings.act_lifetime.total_seconds()
        for thread in self._threads:
            await asyncio.to_thread(thread.join, max(0.0, until - time.monotonic()))

    @property
    def waiting_acts(self) -> int:
        return self._queue.qsize()

    async def run(self, act: Act, name: str, *, patiently: bool = False) -> Any:
        if self._is_closing or self._queue.qsize() >= self._settings.queue_limit_acts:
            raise Busy
        waiting = Waiting(act, name, self._loop.create_future(), time.monotonic(), patiently)
        self._look_in(waiting, self._settings.queue_wait_seconds)
        self._queue.put(waiting)
        try:
            return await waiting.answer
        finally:
            if waiting.timer is not None:
                waiting.timer.cancel()

    def _look_in(self, waiting: Waiting, seconds: float) -> None:
        waiting.timer = self._loop.call_later(seconds, self._look_at, waiting)

    def _look_at(self, waiting: Waiting) -> None:
        """Tell who has waited for long enough that the bank is busy, whatever keeps the threads.

        One that was begun is left to its thread, which may wait for a standby or for a disk: nobody knows yet whether
        it is kept. The connection stays its own, so that the server is not filled up with commits that wait.
        """
        if waiting.begun_at is None:
            if not waiting.patiently and waiting.take():
                waiting.tell(Busy())
            else:
                self._look_in(waiting, self._settings.queue_wait_seconds)
            return
        seconds = time.monotonic() - waiting.begun_at
        if seconds < self._settings.answer_limit_seconds:
            self._look_in(waiting, self._settings.answer_limit_seconds - seconds)
            return
        log.warning("%s has had no answer for %.0f s: whether it is kept will be known later", waiting.name, seconds)
        if self._outage is None:
            waiting.tell(Busy())
            return
        late = NotKnownYet()
        self._outage.goes_on(late, refused=1)
        waiting.tell(late)

    def _serve(self, runner: "Runner") -> None:
        while (waiting := self._queue.get()) is not None:
            outcome = self._outcome(waiting, runner)
            try:
                self._loop.call_soon_threadsafe(waiting.tell, outcome)
            except RuntimeError:
                log.warning("the event loop ended before %s could be answered", waiting.name)
        runner.close()

    def _outcome(self, waiting: Waiting, runner: "Runner") -> Any:
        """What the act returned, or the exception that its caller gets."""
        if not waiting.take():
            return None
        waiting.begun_at = time.monotonic()
        try:
            return runner.run(waiting.act, waiting.name)
        except BaseException as error:
            # One that was told already that it takes too long was counted then.
            if self._outage is not None and _is_of_the_server(error) and not waiting.answer.done():
                self._outage.goes_on(error, refused=1)
            return error


class _ToRemember(Exception):
    """A refusal of which something must be remembered, and whether that was done already."""

    def __init__(self, refusal: PointsBankError, act: Act, *, is_kept: bool) -> None:
        self.refusal, self.act, self.is_kept = refusal, act, is_kept


class Runner:
    """A connection and how acts run on it. It is made when it is first needed, and anew when it was lost."""

    def __init__(
        self, context: Context, clock: Clock, kind: str, watcher: Watcher, outage: Outage | None = None
    ) -> None:
        self._context, self._clock, self._kind, self._watcher = context, clock, kind, watcher
        self._outage = outage
        self._inner: InnerConnection | None = None

    def close(self) -> None:
        if self._inner is not None:
            self._inner.close()
        self._inner = None

    def run(self, act: Act, name: str) -> Any:
        """What the act returned, committed; raises what it raised, rolled back. A clash is run again, not for ever.

        Raises `Busy` where the server is away, too slow, or full, and `NotKnownYet` where it went away during a commit:
        the caller asks again with the same idempotency key, and then it is known.
        """
        for number in range(1, RUNS + 1):
            try:
                return self._run_once(act, name)
            except Exception as error:
                driver = _driver_error(error)
                if not isinstance(driver, psycopg.Error):
                    raise
                if isinstance(driver, psycopg.errors.ReadOnlySqlTransaction):
                    self.close()  # the server became a standby: the next act looks for the one that took over
                if not _may_run_again(driver, number):
                    raise _for_caller(error, driver, name) from error
            log.debug("%s came into the way of another act", name)
            self._watcher.act_repeated(name)
            time.sleep(random.random() * min(0.1, 2 * PAUSE_SECONDS * 2**number))
        raise Busy

    def _run_once(self, act: Act, name: str, *, asks_first: bool = False) -> Any:
        try:
            return self._in_transaction(act, name, asks_first=asks_first)
        except AskFirst:
            return self._run_once(act, name, asks_first=True)
        except AnsweredMeanwhile:
            return self._run_once(act, name, asks_first=asks_first)
        except _ToRemember as told:
            if not told.is_kept:
                self.run(told.act, name)
            raise told.refusal from None

    def _in_transaction(self, act: Act, name: str, *, asks_first: bool) -> Any:
        inner = self._begun(asks_first=asks_first)
        known: ChainMap[Any, Any] = ChainMap({}, self._context.known)
        tx = self._transaction(inner, name, known)
        is_kept = False
        try:
            value = self._carried_out(act, tx, inner)
            tx.finish()
            inner.commit()
            is_kept = True
        finally:
            if not is_kept:
                self._undo(tx, inner)
        self._context.known.update(known.maps[0])
        if self._outage is not None and inner.has_written:
            self._outage.ends()
        if isinstance(value, _ToRemember):
            raise value
        return value

    def _carried_out(self, act: Act, tx: Transaction, inner: InnerConnection) -> Any:
        """What the act returned; where it refused what must be remembered and wrote nothing, that is kept instead.

        It is kept in the same transaction, under the locks that the act has taken: otherwise others could try as well
        before this try counts.
        """
        try:
            return act(tx)
        except PointsBankError as refusal:
            if refusal.remember is None or self._kind is READING:
                raise
            if inner.has_written or tx.has_session:
                raise _ToRemember(refusal, refusal.remember, is_kept=False) from refusal
            refusal.remember(self._transaction(inner, tx.act, tx.known))
            return _ToRemember(refusal, refusal.remember, is_kept=True)

    def _transaction(self, inner: InnerConnection, name: str, known: MutableMapping[Any, Any]) -> Transaction:
        return Transaction(inner, self._context, now=self._clock.now(), act=name, known=known)

    def _undo(self, tx: Transaction, inner: InnerConnection) -> None:
        """Leave nothing of an act: first its session lets go of its savepoint, then the server of all."""
        try:
            if not inner.is_lost:
                tx.abandon()
        finally:
            inner.roll_back()
            if inner.is_lost:
                self.close()

    def _begun(self, *, asks_first: bool) -> InnerConnection:
        """A connection with an open transaction. One that was lost while nobody used it costs nobody their act."""
        limit_seconds = self._context.settings.act_limit_seconds
        try:
            self._connected().begin(self._kind, limit_seconds=limit_seconds, asks_first=asks_first)
        except psycopg.Error:
            if self._inner is None or not self._inner.is_lost:
                raise
            self.close()
            self._connected().begin(self._kind, limit_seconds=limit_seconds, asks_first=asks_first)
        return self._connected()

    def _connected(self) -> InnerConnection:
        if self._inner is None:
            raw = connect(self._context.settings)
            raw.execute(told_limits(self._context.settings).encode())
            self._inner = InnerConnection(raw)
        return self._inner


def _driver_error(error: BaseException | None) -> BaseException | None:
    """What the driver raised, also where an act has put it into an error of its own (`JobFailed`)."""
    while error is not None and not isinstance(error, psycopg.Error):
        error = error.orig if isinstance(error, DBAPIError) else error.__cause__
    return error


def _is_of_the_server(error: BaseException) -> bool:
    """Whether an act is refused for what its server did or did not do, and not for its own sake or another act's."""
    return isinstance(error, Busy) and isinstance(_driver_error(error.__cause__), psycopg.Error)


def _may_run_again(driver: psycopg.Error, number: int) -> bool:
    """Whether an act came into another one's way, so that it may go through, or answer otherwise, when run again."""
    if driver.sqlstate == _IS_TAKEN:
        return number < RUNS_INTO_WHAT_IS_TAKEN
    return driver.sqlstate in _COMES_BETWEEN


def _for_caller(error: BaseException, driver: psycopg.Error, name: str) -> BaseException:
    """Busy for what will pass: a server that is away, too slow, full, or a standby by now; mistakes of ours stay."""
    if not isinstance(driver, psycopg.OperationalError | psycopg.errors.ReadOnlySqlTransaction):
        return error
    log.warning("%s was not carried out: %s", name, driver)
    if isinstance(driver, CommitUnknown):
        return lost(error, NotKnownYet())
    return lost(error, CannotWrite() if isinstance(driver, _TAKES_NOTHING) else Busy())
