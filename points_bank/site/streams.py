"""Streams to screens that nobody touches: they are told when what they show has changed.

However many screens show the same, it is looked at once in a while, and compared by a mark of all that it shows, so
that a name that must go, goes within seconds.
"""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import suppress

from points_bank.errors import Busy

LOOK_SECONDS = 3.0
STREAM_SECONDS = 55.0
"""How long a stream lasts; browsers open the next one by themselves."""
MOST_STREAMS = 500
MOST_OF_ONE = 50
"""Streams to one address: a house may have many screens behind one, but nobody takes all there are."""


class Streams:
    """The streams of this process, and what was there when it was last looked."""

    def __init__(self) -> None:
        self._seen: dict[str, tuple[float, str]] = {}
        self._open: Counter[str] = Counter()
        self._ending = asyncio.Event()

    def end(self) -> None:
        """End all streams now, and take none any more: the server stops, and waits for whoever has an answer coming."""
        self._ending.set()

    def open(self, name: str, look: Callable[[], Awaitable[str]], *, address: str) -> AsyncGenerator[str, None]:
        """The mark that `look` gives of what is called `name`, and another one each time it has changed.

        Refuses `busy` too many streams, also to one address, and any while the server stops.
        """
        if self._ending.is_set() or self._open.total() >= MOST_STREAMS or self._open[address] >= MOST_OF_ONE:
            raise Busy
        return self._changes(name, look, address)

    async def _changes(self, name: str, look: Callable[[], Awaitable[str]], address: str) -> AsyncGenerator[str, None]:
        self._open[address] += 1
        try:
            until, told = time.monotonic() + STREAM_SECONDS, ""
            while time.monotonic() < until and not self._ending.is_set():
                mark = await self._mark(name, look)
                if mark != told:
                    told = mark
                    yield mark
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._ending.wait(), LOOK_SECONDS)
        finally:
            self._open[address] -= 1
            if not self._open[address]:
                del self._open[address]

    async def _mark(self, name: str, look: Callable[[], Awaitable[str]]) -> str:
        at, mark = self._seen.get(name, (0.0, ""))
        if time.monotonic() - at >= LOOK_SECONDS:
            mark = await look()
            self._seen[name] = (time.monotonic(), mark)
        return mark
