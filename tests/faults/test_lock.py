"""Another process holds SQLite's write lock, an operator's shell for example: the bank waits, but not for ever."""

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest

from points_bank.settings import Settings
from tests.faults.load import can_be_read
from tests.faults.work import at_work

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
    async with at_work("write lock held for 3 seconds", settings, tmp_path / "server.log") as work:
        for _ in range(TIMES):
            await work.load.until_acknowledged(50)
            with work.counted.attempt():
                async with locked(settings.database_path):
                    await asyncio.sleep(3)
                    await can_be_read(work.load)
                work.counted.recovered(await work.load.recovery(time.monotonic()))
    assert work.load.refused == 0
    assert "nothing can be written" not in work.server.said


async def test_a_lock_that_is_held_for_longer(settings: Settings, tmp_path: Path) -> None:
    """Then it is refused, all that waited with it, and nothing of it is done later."""
    fault, soon = "write lock held until clerks are refused", {"POINTS_BANK_LOCK_WAIT_SECONDS": "1"}
    async with at_work(fault, settings, tmp_path / "server.log", **soon) as work:
        for _ in range(TIMES):
            await work.load.until_acknowledged(50)
            with work.counted.attempt():
                async with locked(settings.database_path):
                    await work.load.until_refused(40)
                    await can_be_read(work.load)
                work.counted.recovered(await work.load.recovery(time.monotonic()))
    assert work.load.refusals == {BUSY}
    assert work.server.said.count("nothing can be written") == TIMES
    assert work.server.said.count("database is locked") == TIMES
    assert work.server.said.count("writing works again") == TIMES
