"""What runs acts, each in a transaction of its own: SQLite's engine and PostgreSQL's are the two, chosen by the URL."""

import asyncio
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from points_bank.errors import Busy, message
from points_bank.transaction import Context, Transaction

log = logging.getLogger(__name__)

Act = Callable[[Transaction], Any]

SECONDS_BETWEEN_COMPLAINTS = 60.0


class CannotWrite(Busy):
    """503: the disk is full or broken, or takes nothing. Trying again helps once somebody has seen to it."""

    sentence = message(
        "The bank cannot write anything down just now. Nothing was changed. Please tell who looks after it."
    )


@dataclass(slots=True)
class Waiting:
    """An act on its way, and who waits for it."""

    act: Act
    name: str
    answer: asyncio.Future[Any]
    since: float
    patiently: bool = False
    begun_at: float | None = None
    timer: asyncio.TimerHandle | None = None
    _taken: threading.Lock = field(default_factory=threading.Lock)

    def take(self) -> bool:
        """Whether it is still to be carried out, to the first who asks: a thread that begins it, or who gives it up."""
        return not self.answer.done() and self._taken.acquire(blocking=False)

    def tell(self, outcome: Any) -> None:
        """On the event loop: give the outcome to whoever still waits; an exception is raised there."""
        if self.answer.done():
            return
        if isinstance(outcome, BaseException):
            self.answer.set_exception(outcome)
        else:
            self.answer.set_result(outcome)


class Outage:
    """Whether what was asked for lately could not be written, for a fault that is not its own: a full disk, a lock.

    The log says so when it begins, once a minute while it goes on, and when it is over. Threads may share one.
    """

    def __init__(self) -> None:
        self._gate = threading.Lock()
        self._refused = 0
        self._since = self._told_at = 0.0

    @property
    def is_on(self) -> bool:
        return self._refused > 0

    def goes_on(self, error: BaseException, *, refused: int) -> None:
        """So many acts could not be written."""
        now = time.monotonic()
        with self._gate:
            if not self.is_on:
                self._since = now
            if not self.is_on or now - self._told_at >= SECONDS_BETWEEN_COMPLAINTS:
                log.error("nothing can be written: %d acts refused so far", self._refused + refused, exc_info=error)
                self._told_at = now
            self._refused += refused

    def ends(self) -> None:
        """Something was written."""
        if not self.is_on:
            return
        with self._gate:
            seconds, refused = time.monotonic() - self._since, self._refused
            self._refused = 0
        if refused:
            log.warning("writing works again after %.1f s, in which %d acts were refused", seconds, refused)


class Engine(Protocol):
    """An open database of one kind. What `Database` promises of `write`, `read` and `glance`, it keeps."""

    writes_alone: bool
    """Whether an act that writes keeps all others from writing, here and in every other process."""

    def has_district(self) -> bool:
        """Whether this is a bank that was opened, so that codes were already derived from its key. Blocks."""

    async def open(self, context: Context) -> None: ...

    async def close(self) -> None:
        """Refuse what comes, finish what waits, close."""

    async def write(self, act: Act, name: str, *, patiently: bool) -> Any: ...

    async def read(self, act: Act, name: str) -> Any: ...

    async def glance(self, act: Act, name: str) -> Any: ...

    @property
    def is_writing(self) -> bool:
        """Whether the last act that wrote anything could do so."""

    @property
    def waiting_acts(self) -> int:
        """How many acts wait to be written."""

    def quiet_seconds(self) -> float:
        """How long ago somebody last asked to write and not patiently."""


class NotKnownYet(Busy):
    """503: the server has not said whether it kept this, or is not sure of it; the same key sent again tells."""

    sentence = message(
        "The bank cannot say yet whether this was kept. Please send the same once more; no point moves twice."
    )

    def __init__(self) -> None:
        super().__init__(retry_after_seconds=5)


def lost(error: BaseException, busy: Busy | None = None) -> Busy:
    """What a caller is told whose act was not carried out for no fault of its own."""
    busy = busy or Busy()
    busy.__cause__ = error
    return busy
