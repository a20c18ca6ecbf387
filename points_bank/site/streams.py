"""Streams to screens that nobody touches: they are told when what they show has changed.

However many screens show the same, it is looked at once in a while, and compared by a mark of all that it shows, so
that a name that must go, goes within seconds.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable

from points_bank.errors import Busy

LOOK_SECONDS = 3.0
STREAM_SECONDS = 55.0
"""How long a stream lasts; browsers open the next one by themselves, and a server that stops need not wait for one."""
MOST_STREAMS = 500


class Streams:
    """The streams of this process, and what was there when it was last looked."""

    def __init__(self) -> None:
        self._seen: dict[str, tuple[float, str]] = {}
        self._open = 0

    def open(self, name: str, look: Callable[[], Awaitable[str]]) -> AsyncIterator[str]:
        """The mark that `look` gives of what is called `name`, and another one each time it has changed.

        Refuses `busy` too many streams.
        """
        if self._open >= MOST_STREAMS:
            raise Busy
        return self._changes(name, look)

    async def _changes(self, name: str, look: Callable[[], Awaitable[str]]) -> AsyncIterator[str]:
        self._open += 1
        try:
            until, told = time.monotonic() + STREAM_SECONDS, ""
            while time.monotonic() < until:
                mark = await self._mark(name, look)
                if mark != told:
                    told = mark
                    yield mark
                await asyncio.sleep(LOOK_SECONDS)
        finally:
            self._open -= 1

    async def _mark(self, name: str, look: Callable[[], Awaitable[str]]) -> str:
        at, mark = self._seen.get(name, (0.0, ""))
        if time.monotonic() - at >= LOOK_SECONDS:
            mark = await look()
            self._seen[name] = (time.monotonic(), mark)
        return mark
