"""The database: `write` an act in a write transaction, `read` one in a read-only one. There is no third way in."""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any, Concatenate, ParamSpec, Self, TypeVar

from points_bank.clock import Clock
from points_bank.encryption import require_keys
from points_bank.engine import Engine
from points_bank.keys import load_keys
from points_bank.migrations import upgrade
from points_bank.observing import Watcher, Watchers
from points_bank.settings import DatabaseKind, Settings
from points_bank.transaction import Context, Transaction

QUIET_SECONDS = 3.0
"""For how long nobody may have come to a desk before imports take larger steps."""

P = ParamSpec("P")
T = TypeVar("T")


class Database:
    """An open bank. `async with Database(settings) as database` brings the schema up to date, opens and closes it."""

    def __init__(
        self, settings: Settings, clock: Clock | None = None, *, prepare: Callable[[Settings], None] = upgrade
    ) -> None:
        """`prepare` has the tables there before anything is opened."""
        self.settings = settings
        self._prepare = prepare
        self.clock = clock or Clock(settings.clock)
        self.watchers = Watchers()
        """Who hears of each act that is asked for here."""

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def open(self) -> None:
        """Migrate, then open the connections. Safe with several processes starting at once.

        Raises `KeyMissing` and `OtherKey` where the keys are not the bank's.
        """
        await asyncio.to_thread(self._prepare, self.settings)
        self._engine = _engine(self.settings, self.clock, self.watchers)
        may_make = not await asyncio.to_thread(self._engine.has_district)
        self.keys = load_keys(self.settings.key_path, may_make=may_make, text=self.settings.key_text)
        await self._engine.open(Context(self.settings, self.keys))
        try:
            await self._engine.read(require_keys, require_keys.__name__)
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        """Finish what waits and close. Acts that come later are refused as busy."""
        await self._engine.close()

    async def write(self, act: Callable[Concatenate[Transaction, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run an act and keep what it wrote: when this returns, it is on disk.

        Raises what the act raised, after rolling it back. `Busy` means that nothing was written: too many acts wait,
        this one waited too long, or the commit failed; only `NotKnownYet` means that a server does not say. A caller
        that is cancelled before its act was begun leaves nothing; after that the act is carried out all the same,
        which is what idempotency keys are for.
        """
        running = self._engine.write(_bound(act, args, kwargs), act.__name__, patiently=False)
        value: T = await self.watchers.see("write", act.__name__, running)
        return value

    async def write_patiently(
        self, act: Callable[Concatenate[Transaction, P], T], /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """`write` for what nobody stands and waits for: parts of an import, the timetable. Desks go before it.

        The act goes alone, so that it should take 50 ms at most, and it is never refused for having waited.
        """
        running = self._engine.write(_bound(act, args, kwargs), act.__name__, patiently=True)
        value: T = await self.watchers.see("write_patiently", act.__name__, running)
        return value

    @property
    def writes_alone(self) -> bool:
        """Whether an act that writes keeps all others from writing."""
        return self._engine.writes_alone

    @property
    def is_writing(self) -> bool:
        """Whether the last act that wrote anything could do so, as far as this process knows."""
        return self._engine.is_writing

    @property
    def waiting_acts(self) -> int:
        """How many acts wait to be written."""
        return self._engine.waiting_acts

    @property
    def quiet_seconds(self) -> float:
        """For how long nobody but patient acts has asked to write, here or (as far as these have seen) elsewhere."""
        return self._engine.quiet_seconds()

    @property
    def is_quiet(self) -> bool:
        return self.quiet_seconds > QUIET_SECONDS

    async def read(self, act: Callable[Concatenate[Transaction, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run an act on a snapshot. Raises `Busy` when no connection is free in time or the act takes too long."""
        running = self._engine.read(_bound(act, args, kwargs), act.__name__)
        value: T = await self.watchers.see("read", act.__name__, running)
        return value

    async def glance(self, act: Callable[Concatenate[Transaction, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """`read` for an act that looks up a handful of rows by their keys, whatever the size of the books."""
        running = self._engine.glance(_bound(act, args, kwargs), act.__name__)
        value: T = await self.watchers.see("glance", act.__name__, running)
        return value


def _engine(settings: Settings, clock: Clock, watcher: Watcher) -> Engine:
    """The only place that tells one kind of database from another for acts. An engine is imported where it is used."""
    if settings.database_kind is DatabaseKind.POSTGRESQL:
        from points_bank.postgres_engine import PostgresEngine

        return PostgresEngine(settings, clock, watcher)
    from points_bank.sqlite_engine import SqliteEngine

    return SqliteEngine(settings, clock, watcher)


def _bound(act: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Callable[[Transaction], Any]:
    """The act with everything but its transaction; that one comes first, so positional values follow it."""
    if not args:
        return partial(act, **kwargs) if kwargs else act
    return lambda tx: act(tx, *args, **kwargs)
