"""Screens on a wall: they are told when what they show has changed.

However many screens hang there, a board is looked at once in a while; what it shows is compared by a hash, so that a
name that must go, goes within seconds.
"""

import asyncio
import hashlib
import time
from collections.abc import AsyncIterator
from typing import Any

from points_bank.database import Database
from points_bank.errors import Busy
from points_bank.leaderboards.hall import BoardView, live_view

LOOK_SECONDS = 3.0
STREAM_SECONDS = 55.0
"""How long a stream lasts; browsers open the next one by themselves, and a server that stops need not wait for one."""
MOST_STREAMS = 500


class Walls:
    """The streams of this process, and what its boards showed when they were last looked at."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._seen: dict[int, tuple[float, str]] = {}
        self._streams = 0

    async def changes(self, board_id: int) -> AsyncIterator[str]:
        """A mark at first, and another one each time something else is shown. Refuses `busy` too many streams."""
        if self._streams >= MOST_STREAMS:
            raise Busy
        self._streams += 1
        try:
            until, told = time.monotonic() + STREAM_SECONDS, ""
            while time.monotonic() < until:
                mark = await self._mark(board_id)
                if mark != told:
                    told = mark
                    yield mark
                await asyncio.sleep(LOOK_SECONDS)
        finally:
            self._streams -= 1

    async def _mark(self, board_id: int) -> str:
        at, mark = self._seen.get(board_id, (0.0, ""))
        if time.monotonic() - at >= LOOK_SECONDS:
            mark = mark_of(await self._database.read(live_view, board_id))
            self._seen[board_id] = (time.monotonic(), mark)
        return mark


def mark_of(view: BoardView) -> str:
    """A short hash of all that a wall shows."""
    shown: list[Any] = [view.board.name, view.period]
    if view.running is not None:
        shown += [(line.rank, line.display_name, line.value) for line in view.running.standings]
        shown.append(view.running.participants)
    return hashlib.sha256(repr(shown).encode()).hexdigest()[:16]
