"""What can be seen of the bank's work: every act, with its outcome and its time, is told to whoever watches.

A request's id goes with everything that is done for it: it is in the log's lines, with the acts, and in the answer.
"""

from collections.abc import Awaitable
from contextvars import ContextVar
from time import perf_counter
from typing import Any, TypeVar

import msgspec

from points_bank.errors import PointsBankError

T = TypeVar("T")


class ActSeen(msgspec.Struct, frozen=True):
    """`way` is how it was asked for: write, write_patiently, read or glance. `outcome` is `done`, the code of a
    refusal, the `outcome` that another exception names, or `failed`. `seconds` run until its answer, waiting included.
    """

    way: str
    act: str
    outcome: str
    seconds: float


class Watcher:
    """Hears what is done. These are called on any thread, must not raise, and should take microseconds."""

    def act_ended(self, seen: ActSeen) -> None:
        """An act was answered."""

    def batch_written(self, acts: int) -> None:
        """So many acts shared a commit."""

    def act_repeated(self, act: str) -> None:
        """An act came into the way of another one and is run again."""

    def request_ended(self, method: str, route: str, status: int, seconds: float) -> None:
        """A request was answered."""


class RequestSeen(msgspec.Struct):
    """A request under way, and the acts that were carried out for it until it was answered.

    What goes on after that, the stream of a wall screen for days, is not gathered.
    """

    id: str
    began: float
    acts: list[ActSeen] = []
    is_answered: bool = False


REQUEST: ContextVar[RequestSeen | None] = ContextVar("request", default=None)
"""The request for which something is done; None where the bank does it by itself."""


class Watchers(Watcher):
    """All that watch one database."""

    def __init__(self) -> None:
        self._all: list[Watcher] = []

    def add(self, watcher: Watcher) -> None:
        self._all.append(watcher)

    def act_ended(self, seen: ActSeen) -> None:
        if (request := REQUEST.get()) is not None and not request.is_answered:
            request.acts.append(seen)
        for each in self._all:
            each.act_ended(seen)

    def batch_written(self, acts: int) -> None:
        for each in self._all:
            each.batch_written(acts)

    def act_repeated(self, act: str) -> None:
        for each in self._all:
            each.act_repeated(act)

    def request_ended(self, method: str, route: str, status: int, seconds: float) -> None:
        for each in self._all:
            each.request_ended(method, route, status, seconds)

    async def see(self, way: str, act: str, running: Awaitable[T]) -> T:
        """Wait for an act, and tell how it ended."""
        if not self._all and REQUEST.get() is None:
            return await running
        began, outcome = perf_counter(), "done"
        try:
            return await running
        except BaseException as error:
            outcome = error.code if isinstance(error, PointsBankError) else getattr(error, "outcome", "failed")
            raise
        finally:
            self.act_ended(ActSeen(way, act, outcome, perf_counter() - began))


def request_id() -> str | None:
    """Of the request for which something is done."""
    request = REQUEST.get()
    return request.id if request is not None else None


def as_log(seen: ActSeen) -> dict[str, Any]:
    """An act as a line of the log tells it."""
    return {"act": seen.act, "outcome": seen.outcome, "ms": round(seen.seconds * 1_000, 1)}
