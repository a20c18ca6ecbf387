"""What runs acts, each in a transaction of its own: SQLite's engine and PostgreSQL's are the two, chosen by the URL."""

import asyncio
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from points_bank.errors import Busy
from points_bank.transaction import Context, Transaction

Act = Callable[[Transaction], Any]


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
    def waiting_acts(self) -> int:
        """How many acts wait to be written."""

    def quiet_seconds(self) -> float:
        """How long ago somebody last asked to write and not patiently."""


def lost(error: BaseException) -> Busy:
    """What a caller is told whose act was not carried out for no fault of its own."""
    busy = Busy()
    busy.__cause__ = error
    return busy
