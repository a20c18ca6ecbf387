"""Streams to screens: so many to one address, so that others have theirs."""

import asyncio
from collections.abc import AsyncGenerator

import pytest

from points_bank.errors import Busy
from points_bank.site.streams import MOST_OF_ONE, Streams


async def test_one_address_does_not_take_all_streams() -> None:
    streams = Streams()

    async def look() -> str:
        return "mark"

    async def opened(address: str) -> AsyncGenerator[str, None]:
        stream = streams.open("board:1", look, address=address)
        assert await anext(stream) == "mark"
        return stream

    taken = [await opened("192.0.2.1") for _ in range(MOST_OF_ONE)]
    with pytest.raises(Busy):
        await opened("192.0.2.1")
    other = await opened("192.0.2.2")
    await taken.pop().aclose()
    taken.append(await opened("192.0.2.1"))
    for stream in [*taken, other]:
        await stream.aclose()


async def test_a_server_that_stops_ends_its_streams_and_takes_none() -> None:
    streams = Streams()

    async def look() -> str:
        return "mark"

    stream = streams.open("board:1", look, address="192.0.2.1")
    assert await anext(stream) == "mark"
    waiting = asyncio.ensure_future(anext(stream, "ended"))
    await asyncio.sleep(0)
    streams.end()
    assert await waiting == "ended"
    with pytest.raises(Busy):
        streams.open("board:1", look, address="192.0.2.1")
