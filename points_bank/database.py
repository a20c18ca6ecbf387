"""The database: `write` an act in a write transaction, `read` one in a read-only one. There is no third way in."""

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import closing
from functools import partial
from typing import Any, Concatenate, ParamSpec, Self, TypeVar

from points_bank.clock import Clock
from points_bank.errors import Busy
from points_bank.keys import load_keys
from points_bank.migrations import upgrade
from points_bank.settings import Settings
from points_bank.sqlite import ActConnection, Reader, Writer
from points_bank.transaction import Context, Transaction

GLANCE_LIMIT_SECONDS = 0.01
"""How long a glance may keep everybody else waiting."""

QUIET_SECONDS = 3.0
"""For how long nobody may have come to a desk before imports take larger steps."""

P = ParamSpec("P")
T = TypeVar("T")


class Database:
    """An open bank. `async with Database(settings) as database` brings the schema up to date, opens and closes it."""

    def __init__(self, settings: Settings, clock: Clock | None = None) -> None:
        self.settings = settings
        self.clock = clock or Clock(settings.clock)

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def open(self) -> None:
        """Migrate, then open the connections. Safe with several processes starting at once."""
        await asyncio.to_thread(upgrade, self.settings)
        may_make = not _has_district(self.settings)
        keys = load_keys(self.settings.key_path, may_make=may_make, text=self.settings.key_text)
        self.keys = keys
        context = Context(self.settings, keys)
        limits = {
            "lock_wait_seconds": self.settings.lock_wait_seconds,
            "act_limit_seconds": self.settings.act_limit_seconds,
        }
        self._writer = Writer(self._connection(**limits), self.clock, context)
        self._readers = [Reader(self._connection(**limits), self.clock, context) for _ in range(self.settings.readers)]
        glancing = self._connection(lock_wait_seconds=0, act_limit_seconds=GLANCE_LIMIT_SECONDS)
        self._glancing = Reader(glancing, self.clock, context)
        self._idle: asyncio.Queue[Reader] = asyncio.Queue()
        await self._writer.open()
        await self._glancing.open()
        for reader in self._readers:
            await reader.open()
            self._idle.put_nowait(reader)

    async def close(self) -> None:
        """Finish what waits and close. Acts that come later are refused as busy."""
        await self._writer.close()
        for reader in (self._glancing, *self._readers):
            await reader.close()

    async def write(self, act: Callable[Concatenate[Transaction, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run an act and keep what it wrote: when this returns, it is on disk.

        Raises what the act raised, after rolling it back. `Busy` means that nothing was written: too many acts wait,
        this one waited too long, or the commit failed. A caller that is cancelled before its act was begun leaves
        nothing; after that the act is carried out all the same, which is what idempotency keys are for.
        """
        value: T = await self._writer.run(_bound(act, args, kwargs), act.__name__)
        return value

    async def write_patiently(
        self, act: Callable[Concatenate[Transaction, P], T], /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """`write` for what nobody stands and waits for: parts of an import, the timetable. Desks go before it.

        The act goes alone, so that it should take 50 ms at most, and it is never refused for having waited.
        """
        value: T = await self._writer.run(_bound(act, args, kwargs), act.__name__, patiently=True)
        return value

    @property
    def quiet_seconds(self) -> float:
        """For how long nobody but patient acts has asked to write, here or (as far as these have seen) elsewhere."""
        return self._writer.quiet_seconds()

    @property
    def is_quiet(self) -> bool:
        return self.quiet_seconds > QUIET_SECONDS

    async def read(self, act: Callable[Concatenate[Transaction, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run an act on a snapshot. Raises `Busy` when no connection is free in time or the act takes too long."""
        try:
            reader = await asyncio.wait_for(self._idle.get(), self.settings.queue_wait_seconds)
        except TimeoutError:
            raise Busy from None
        try:
            value: T = await reader.run(_bound(act, args, kwargs), act.__name__)
            return value
        finally:
            self._idle.put_nowait(reader)

    async def glance(self, act: Callable[Concatenate[Transaction, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """`read` for an act that looks up a handful of rows by their keys, whatever the size of the books.

        It is run at once on the event loop's own thread, since handing it to another one takes longer than the act.
        One that takes long after all is broken off and read as others are.
        """
        try:
            value: T = self._glancing.run_here(_bound(act, args, kwargs), act.__name__)
        except Busy:
            return await self.read(act, *args, **kwargs)
        return value

    def _connection(self, *, lock_wait_seconds: float, act_limit_seconds: float) -> ActConnection:
        return ActConnection(
            self.settings.database_path, lock_wait_seconds=lock_wait_seconds, act_limit_seconds=act_limit_seconds
        )


def _has_district(settings: Settings) -> bool:
    """Whether this is a bank that was opened, so that codes were already derived from its key."""
    with closing(sqlite3.connect(settings.database_path)) as raw:
        (found,) = raw.execute("SELECT EXISTS (SELECT 1 FROM branch)").fetchone()
    return bool(found)


def _bound(act: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Callable[[Transaction], Any]:
    """The act with everything but its transaction; that one comes first, so positional values follow it."""
    if not args:
        return partial(act, **kwargs) if kwargs else act
    return lambda tx: act(tx, *args, **kwargs)
