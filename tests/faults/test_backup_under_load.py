"""A backup while clerks go on exchanging over HTTP: all that was acknowledged before is in it, and its books hold."""

import asyncio
from pathlib import Path

import pytest

from points_bank.backup import back_up
from points_bank.clock import Clock
from points_bank.database import Database
from points_bank.restoring import restore
from points_bank.settings import Settings
from points_bank.verify import differences
from tests.bank import Bank, at
from tests.faults.test_sigkill import CLIENTS, Load, free_port, prepare, redeemed, served, until_healthy

pytestmark = [pytest.mark.thorough, pytest.mark.only("sqlite", "backups are copies of a file")]


async def until_acknowledged(load: Load, number: int) -> None:
    for _ in range(6_000):
        if len(load.acknowledged) >= number:
            return
        await asyncio.sleep(0.01)
    raise AssertionError("no load")


async def test_a_backup_under_load_has_everything_acknowledged_before_it(settings: Settings, tmp_path: Path) -> None:
    port = free_port()
    async with Database(settings, Clock(at("2026-11-16 09:00"))) as database:
        load = await prepare(await Bank.on(database), f"http://127.0.0.1:{port}")

    with served(settings, port):
        await until_healthy(load.url)
        stop, open_keys = asyncio.Event(), list[str]()
        clerks = [asyncio.create_task(load.run(stop, open_keys)) for _ in range(CLIENTS)]
        await until_acknowledged(load, 100)
        before = set(load.acknowledged.values())
        await back_up(settings, tmp_path / "copy.db", with_key=True)
        stop.set()
        await asyncio.gather(*clerks)
    after = set(load.acknowledged.values())

    again = settings.model_copy(update={"database_url": f"sqlite:///{tmp_path / 'again' / 'bank.db'}"})
    await restore(again, tmp_path / "copy.db")

    async with Database(again, Clock(at("2026-11-16 10:00"))) as database:
        kept = set(await database.read(redeemed))
        assert before <= kept <= after
        assert await differences(database) == []
