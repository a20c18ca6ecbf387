"""Who looks at whom, gathered in memory and a moment later written in one act that nobody waits for."""

import asyncio
import logging
import math
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Self

from points_bank.actor import Actor, ActorKind
from points_bank.clock import day_of
from points_bank.database import Database
from points_bank.errors import Busy
from points_bank.looks.keeping import Seen, Times, keep_looks
from points_bank.looks.lookups import TooManyLookups, hour_of, keep_lookups, people_looked_up
from points_bank.looks.models import View

log = logging.getLogger(__name__)

LOOKS_AN_ACT = 500
MOST_GATHERED = 50_000
"""More are only there while nothing can be written; further ones are told to the log and not kept."""


class Looks:
    """The looks of a process that are not written down yet. `async with Looks(database)` writes them as they come,
    `looks_seconds` after the first of them, and what is left at the end."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._gathered: dict[Seen, Times] = {}
        self._found: dict[tuple[int, datetime], int] = {}
        self._has_some, self._ends = asyncio.Event(), asyncio.Event()

    async def __aenter__(self) -> Self:
        self._writing = asyncio.create_task(self._write_as_they_come())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._ends.set()
        self._has_some.set()
        await self._writing

    def add(self, view: View, member_ids: Sequence[int], *, by: Actor) -> None:
        """Remember that somebody saw something of these people. What members see of themselves is nobody's look."""
        if by.kind is not ActorKind.STAFF:
            return
        now = self._database.clock.now()
        on = day_of(now, self._database.settings.zone)
        for member_id in member_ids:
            self._add(Seen(by.id, member_id, view, on), Times(now, now))
        self._has_some.set()

    async def require_measure(self, by: Actor) -> None:
        """Refuse `too_many_tries` to staff whom searches have shown too many people in this hour, in any process."""
        if by.kind is not ActorKind.STAFF:
            return
        now, most = self._database.clock.now(), self._database.settings.lookups_an_hour
        hour_at = hour_of(now)
        known = await self._database.glance(people_looked_up, by.id, hour_at)
        if known + self._found.get((by.id, hour_at), 0) >= most:
            log.warning("staff %d looked up %d people within an hour", by.id, most)
            seconds = math.ceil((hour_at + timedelta(hours=1) - now).total_seconds())
            raise TooManyLookups(retry_after_seconds=seconds)

    def found(self, people: int, *, by: Actor) -> None:
        """Count the people whom a search has shown to staff."""
        if by.kind is ActorKind.STAFF and people:
            key = (by.id, hour_of(self._database.clock.now()))
            self._found[key] = self._found.get(key, 0) + people
            self._has_some.set()

    async def write(self) -> None:
        """Write down what was gathered. What cannot be written stays, to be tried again."""
        if found := dict(self._found):
            await self._database.write_patiently(keep_lookups, found)
            self._found = {key: more for key, people in self._found.items() if (more := people - found.get(key, 0))}
        while part := [(seen, self._gathered.pop(seen)) for seen in list(self._gathered)[:LOOKS_AN_ACT]]:
            try:
                await self._database.write_patiently(keep_looks, part)
            except Exception:
                for seen, times in part:
                    self._put_back(seen, times)
                raise

    async def _write_as_they_come(self) -> None:
        while not self._ends.is_set():
            await self._has_some.wait()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._ends.wait(), self._database.settings.looks_seconds)
            self._has_some.clear()
            try:
                await self.write()
            except Busy:
                # While nobody can write, the log says so without us.
                self._has_some.set()
            except Exception:
                log.exception("%d looks could not be written down yet", len(self._gathered))
                self._has_some.set()

    def _add(self, seen: Seen, times: Times) -> None:
        before = self._gathered.get(seen)
        if before is None and len(self._gathered) >= MOST_GATHERED:
            log.error("too many looks wait: that of staff %d at member %d is not kept", seen.staff_id, seen.member_id)
            return
        self._gathered[seen] = before.and_then(times) if before else times

    def _put_back(self, seen: Seen, times: Times) -> None:
        after = self._gathered.get(seen)
        self._gathered[seen] = times.and_then(after) if after else times
