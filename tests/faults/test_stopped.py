"""A server told to stop under load, with screens open: it answers what was begun, loses nothing, and ends by itself."""

import asyncio
import signal
import time
from contextlib import AsyncExitStack, ExitStack
from datetime import time as time_of_day
from pathlib import Path

import httpx
import pytest

from points_bank.actor import SYSTEM
from points_bank.cli.serving import STOP_WITHIN_SECONDS
from points_bank.clock import PeriodKind
from points_bank.database import Database
from points_bank.leaderboards.boards import create_board
from points_bank.leaderboards.models import Measure
from points_bank.settings import Settings
from tests.bank import TLS, Bank
from tests.faults.load import all_kept, prepare
from tests.faults.served import free_port, served

pytestmark = [pytest.mark.thorough, pytest.mark.faults]

SCREENS = 2


@pytest.mark.parametrize("workers", ["1", "2"])
async def test_a_server_that_is_told_to_stop_waits_for_no_screen(
    settings: Settings, tmp_path: Path, workers: str
) -> None:
    port, log = free_port(), tmp_path / "server.log"
    events = f"http://127.0.0.1:{port}/boards/{await board_in(settings)}/events"
    load = await prepare(settings, f"http://127.0.0.1:{port}")
    with ExitStack() as serving:
        server = serving.enter_context(served(settings, port, log, workers=workers))
        await server.until_healthy()
        async with load.running():
            await load.until_acknowledged(100)
            async with AsyncExitStack() as screens:
                client = await screens.enter_async_context(httpx.AsyncClient(verify=TLS, timeout=60))
                answers = [await screens.enter_async_context(client.stream("GET", events)) for _ in range(SCREENS)]
                lines = [answer.aiter_lines() for answer in answers]
                for each in lines:
                    await anext(each)
                server.process.send_signal(signal.SIGTERM)
                for each in lines:  # to the end that a server writes, not cut off
                    [_ async for _ in each]
            assert await asyncio.to_thread(server.process.wait, STOP_WITHIN_SECONDS + 30) == 0
            again = serving.enter_context(served(settings, port, log))
            await load.recovery(time.monotonic())
        assert await all_kept(settings, load) >= 100
    assert "ERROR" not in again.said, again.said
    assert "Traceback" not in again.said, again.said


async def board_in(settings: Settings) -> int:
    """A board for screens, in a bank that is not served yet."""
    async with Database(settings) as database:
        bank = await Bank.on(database)
        board = await database.write(
            create_board, branch_id=bank.district.id, name="月榜", period=PeriodKind.MONTH, measure=Measure.POINTS,
            top=10, publish_day=5, publish_time=time_of_day(9), objection_working_days=3, by=SYSTEM,
        )  # fmt: skip
    return board.id
