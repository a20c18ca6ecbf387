"""A backup while clerks go on exchanging over HTTP: all that was acknowledged before is in it, and its books hold."""

from pathlib import Path

import pytest

from points_bank.backup import back_up
from points_bank.clock import Clock
from points_bank.database import Database
from points_bank.restoring import restore
from points_bank.settings import Settings
from points_bank.verify import differences
from tests.bank import at
from tests.faults.load import prepare, redeemed
from tests.faults.served import free_port, served

pytestmark = [
    pytest.mark.thorough, pytest.mark.faults, pytest.mark.only("sqlite", "backups are copies of a file"),
]  # fmt: skip


async def test_a_backup_under_load_has_everything_acknowledged_before_it(settings: Settings, tmp_path: Path) -> None:
    port = free_port()
    load = await prepare(settings, f"http://127.0.0.1:{port}")

    with served(settings, port, tmp_path / "server.log"):
        async with load.running():
            await load.until_acknowledged(100)
            before = set(load.acknowledged.values())
            await back_up(settings, tmp_path / "copy.db", with_key=True)
    after = set(load.acknowledged.values())

    again = settings.model_copy(update={"database_url": f"sqlite:///{tmp_path / 'again' / 'bank.db'}"})
    await restore(again, tmp_path / "copy.db")

    async with Database(again, Clock(at("2026-11-16 10:00"))) as database:
        kept = set(await database.read(redeemed))
        assert before <= kept <= after
        assert await differences(database) == []
