"""A bank in a file: one connection writes, a few read, one glances."""

import asyncio
import sqlite3
from contextlib import closing
from typing import Any

from points_bank.clock import Clock
from points_bank.engine import Act
from points_bank.errors import Busy
from points_bank.observing import Watcher
from points_bank.settings import Settings
from points_bank.sqlite import ActConnection, Reader, Writer
from points_bank.transaction import Context

GLANCE_LIMIT_SECONDS = 0.01
"""How long a glance may keep everybody else waiting."""


class SqliteEngine:
    writes_alone = True

    def __init__(self, settings: Settings, clock: Clock, watcher: Watcher) -> None:
        self._settings, self._clock, self._watcher = settings, clock, watcher

    def has_district(self) -> bool:
        with closing(sqlite3.connect(self._settings.database_path)) as raw:
            (found,) = raw.execute("SELECT EXISTS (SELECT 1 FROM branch)").fetchone()
        return bool(found)

    async def open(self, context: Context) -> None:
        limits = {
            "lock_wait_seconds": self._settings.lock_wait_seconds,
            "act_limit_seconds": self._settings.act_limit_seconds,
        }
        self._writer = Writer(self._connection(**limits), self._clock, context, self._watcher)
        self._readers = [
            Reader(self._connection(**limits), self._clock, context) for _ in range(self._settings.readers)
        ]
        glancing = self._connection(lock_wait_seconds=0, act_limit_seconds=GLANCE_LIMIT_SECONDS)
        self._glancing = Reader(glancing, self._clock, context)
        self._idle: asyncio.Queue[Reader] = asyncio.Queue()
        await self._writer.open()
        await self._glancing.open()
        for reader in self._readers:
            await reader.open()
            self._idle.put_nowait(reader)

    async def close(self) -> None:
        await self._writer.close()
        for reader in (self._glancing, *self._readers):
            await reader.close()

    async def write(self, act: Act, name: str, *, patiently: bool) -> Any:
        return await self._writer.run(act, name, patiently=patiently)

    async def read(self, act: Act, name: str) -> Any:
        try:
            reader = await asyncio.wait_for(self._idle.get(), self._settings.queue_wait_seconds)
        except TimeoutError:
            raise Busy from None
        try:
            return await reader.run(act, name)
        finally:
            self._idle.put_nowait(reader)

    async def glance(self, act: Act, name: str) -> Any:
        """Run at once on the event loop's own thread, since handing it to another one takes longer than the act.

        One that takes long after all is broken off and read as others are.
        """
        try:
            return self._glancing.run_here(act, name)
        except Busy:
            return await self.read(act, name)

    @property
    def is_writing(self) -> bool:
        return not self._writer.outage.is_on

    @property
    def waiting_acts(self) -> int:
        return self._writer.waiting_acts

    def quiet_seconds(self) -> float:
        return self._writer.quiet_seconds()

    def _connection(self, *, lock_wait_seconds: float, act_limit_seconds: float) -> ActConnection:
        return ActConnection(
            self._settings.database_path, lock_wait_seconds=lock_wait_seconds, act_limit_seconds=act_limit_seconds
        )
