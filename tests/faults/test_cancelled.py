"""A request that is cancelled at each of its awaits, and after each tenth of a millisecond, while others are at work.

Nothing of it is half done: asked again with its key it is answered, and it has happened once. Nobody else notices.
"""

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable, Coroutine, Generator
from types import coroutine
from typing import Any

import httpx
import pytest
from litestar import Litestar

from points_bank.clock import Clock
from points_bank.database import Database
from points_bank.settings import Settings
from tests.bank import at
from tests.faults.figures import tally
from tests.faults.load import Load, all_kept, prepare, redeemed
from tests.serving import serving

pytestmark = [pytest.mark.thorough, pytest.mark.faults]

CLERKS = 3
DELAYS = 300
TENTH_OF_A_MILLISECOND = 0.0001
MOST_AWAITS = 200


@pytest.fixture
async def load(application: Litestar, settings: Settings) -> AsyncIterator[Load]:
    """Clerks who exchange over HTTP with the application that is cancelled."""
    load = await prepare(settings, "")
    async with serving(application, Database(settings, Clock(at("2026-11-16 09:00")))) as load.url:
        yield load


async def test_at_each_await(application: Litestar, settings: Settings, load: Load) -> None:
    with tally("request cancelled at an await", settings, load) as counted:
        async with load.running(CLERKS), asking(application) as client:
            for step in range(1, MOST_AWAITS):
                with counted.attempt():
                    was_cancelled = await cancelled_at(step, send(client, load))
                if not was_cancelled:
                    break
        counted.found = await all_kept(settings, load)
    assert 4 < counted.tried < MOST_AWAITS, "while it comes, is carried out, and is answered; at last it ran to its end"


async def test_at_each_moment(application: Litestar, settings: Settings, load: Load) -> None:
    with tally("request cancelled at a moment", settings, load) as counted:
        async with load.running(CLERKS), asking(application) as client:
            for number in range(DELAYS):
                with counted.attempt():
                    request = asyncio.create_task(send(client, load))
                    await asyncio.sleep(number * TENTH_OF_A_MILLISECOND)
                    request.cancel()
                    await asyncio.gather(request, return_exceptions=True)
        counted.found = await all_kept(settings, load)


async def test_each_way_to_the_database(settings: Settings) -> None:
    """The next act is carried out, whichever way the one before was asked for and wherever it was cancelled."""
    async with Database(settings, Clock(at("2026-11-16 09:00"))) as database:
        ways: list[Callable[..., Coroutine[Any, Any, Any]]] = [
            database.write, database.write_patiently, database.read, database.glance,
        ]  # fmt: skip
        for way in ways:
            for step in itertools.count(1):
                was_cancelled = await cancelled_at(step, way(redeemed))
                assert await asyncio.wait_for(way(redeemed), 30) == []
                if not was_cancelled:
                    break
        assert database.waiting_acts == 0


def asking(application: Litestar) -> httpx.AsyncClient:
    """Whose requests run in the tasks that ask, to be cancelled with these. Each part of one is waited for."""

    async def bit_by_bit(scope: Any, receive: Any, send: Any) -> None:
        async def receive_later() -> Any:
            await asyncio.sleep(0)
            return await receive()

        async def send_later(message: Any) -> None:
            await asyncio.sleep(0)
            await send(message)

        await application(scope, receive_later, send_later)

    return httpx.AsyncClient(transport=httpx.ASGITransport(bit_by_bit), base_url="http://bank")


async def send(client: httpx.AsyncClient, load: Load) -> None:
    """An exchange whose answer nobody needs; clerks ask for it again."""
    headers, order = load.cut_off_request()
    await client.post("/api/v1/redemptions", json=order, headers=headers)


async def cancelled_at(step: int, asked: Coroutine[Any, Any, Any]) -> bool:
    """Cancel what is asked when it waits for the so manieth time; False where it never does."""

    async def cancelling() -> None:
        await _step_by_step(step, asked)

    task = asyncio.create_task(cancelling())
    await asyncio.wait([task])
    return task.cancelled()


@coroutine
def _step_by_step(step: int, asked: Coroutine[Any, Any, Any]) -> Generator[Any, Any, None]:
    """Hand on what a coroutine waits for, and its outcome, as `await` does; at one of them cancel the task."""
    task = asyncio.current_task()
    assert task is not None
    thrown: BaseException | None = None
    for number in itertools.count(1):
        try:
            waited_for = asked.send(None) if thrown is None else asked.throw(thrown)
        except StopIteration:
            return
        if number == step:
            task.cancel()
        try:
            thrown = None
            yield waited_for
        except BaseException as error:
            thrown = error
