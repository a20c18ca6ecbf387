"""Another process holds SQLite's write lock, an operator's shell for example: the bank waits, but not for ever."""

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest

from points_bank.settings import Settings
from tests.faults.figures import tally
from tests.faults.load import all_kept, can_be_read, prepare
from tests.faults.served import free_port, served

pytestmark = [
    pytest.mark.thorough, pytest.mark.faults, pytest.mark.only("sqlite", "a server has many who write"),
]  # fmt: skip

TIMES = 3
BUSY = "The bank is busy. Nothing was changed; please try again."


@asynccontextmanager
async def locked(path: Path) -> AsyncIterator[None]:
    """Nobody else may write until the block ends."""
    with closing(sqlite3.connect(path, isolation_level=None, timeout=30, check_same_thread=False)) as raw:
        await asyncio.to_thread(raw.execute, "BEGIN IMMEDIATE")
        yield
        raw.execute("ROLLBACK")


async def test_a_lock_that_is_released_in_time(settings: Settings, tmp_path: Path) -> None:
    """Within `lock_wait_seconds` what was asked for waits, and then it is done."""
    port = free_port()
    load = await prepare(settings, f"http://127.0.0.1:{port}")
    with (
        tally("write lock held for 3 seconds", settings, load) as counted,
        served(settings, port, tmp_path / "server.log") as server,
    ):
        async with load.running():
            for _ in range(TIMES):
                await load.until_acknowledged(50)
                with counted.attempt():
                    async with locked(settings.database_path):
                        await asyncio.sleep(3)
                        await can_be_read(load)
                    counted.recovered(await load.recovery(time.monotonic()))
        counted.found = await all_kept(settings, load)
    assert load.refused == 0
    assert "nothing can be written" not in server.said


async def test_a_lock_that_is_held_for_longer(settings: Settings, tmp_path: Path) -> None:
    """Then it is refused, all that waited with it, and nothing of it is done later."""
    port = free_port()
    load = await prepare(settings, f"http://127.0.0.1:{port}")
    with (
        tally("write lock held until clerks are refused", settings, load) as counted,
        served(settings, port, tmp_path / "server.log", POINTS_BANK_LOCK_WAIT_SECONDS="1") as server,
    ):
        async with load.running():
            for _ in range(TIMES):
                await load.until_acknowledged(50)
                with counted.attempt():
                    async with locked(settings.database_path):
                        await load.until_refused(40)
                        await can_be_read(load)
                    counted.recovered(await load.recovery(time.monotonic()))
        counted.found = await all_kept(settings, load)
    assert load.refusals == {BUSY}
    assert server.said.count("nothing can be written") == TIMES
    assert server.said.count("database is locked") == TIMES
    assert server.said.count("writing works again") == TIMES
