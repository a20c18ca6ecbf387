"""Backups while clerks go on exchanging over HTTP: each has all that was acknowledged before it, and its books hold."""

import asyncio
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from points_bank.backup import back_up
from points_bank.clock import Clock
from points_bank.database import Database
from points_bank.restoring import VERIFY_LIMIT_SECONDS, restore
from points_bank.settings import Settings
from points_bank.verify import differences
from tests.bank import at
from tests.faults.figures import Tally, tally
from tests.faults.load import Load, all_kept, prepare, redeemed
from tests.faults.served import free_port, served

pytestmark = [
    pytest.mark.thorough, pytest.mark.faults, pytest.mark.only("sqlite", "backups are copies of a file"),
]  # fmt: skip

BACKUPS = 5
KILLS = 5


async def test_backups_under_load(settings: Settings, tmp_path: Path) -> None:
    port = free_port()
    load = await prepare(settings, f"http://127.0.0.1:{port}")
    with (
        tally("backup taken under load", settings) as counted,
        served(settings, port, tmp_path / "server.log") as server,
    ):
        await server.until_healthy()
        for number in range(BACKUPS):
            copy = tmp_path / f"copy-{number}.db"
            async with load.running():
                await load.until_acknowledged(50)
                before = set(load.acknowledged.values())
                await back_up(settings, copy, with_key=True)
                await load.until_acknowledged(20)
            with counted.attempt():
                await has_all(settings, copy, before, load, counted)


async def test_a_backup_killed_in_its_middle(settings: Settings, tmp_path: Path) -> None:
    """There is no file under its name. The bank and the next backup know nothing of it."""
    port, copy = free_port(), tmp_path / "copy.db"
    load = await prepare(settings, f"http://127.0.0.1:{port}")
    with (
        tally("backup killed (SIGKILL)", settings) as counted,
        served(settings, port, tmp_path / "server.log") as server,
    ):
        await server.until_healthy()
        async with load.running():
            for number in range(KILLS):
                await load.until_acknowledged(20)
                with counted.attempt():
                    killed = tmp_path / f"killed-{number}.db"
                    await asyncio.to_thread(kill_while_it_copies, settings, killed, after_seconds=number * 0.0005)
                    assert not killed.exists()
                    await load.until_acknowledged(20)
            before = set(load.acknowledged.values())
            await back_up(settings, copy, with_key=True)
        await has_all(settings, copy, before, load, counted)
        await all_kept(settings, load)


def kill_while_it_copies(settings: Settings, copy: Path, *, after_seconds: float) -> None:
    """Start a backup as its operator does, and kill it some time after it has begun a file."""
    environment = os.environ | {"POINTS_BANK_DATABASE_URL": settings.database_url, "POINTS_BANK_ENVIRONMENT": "test"}
    command = [sys.executable, "-m", "points_bank", "backup", str(copy)]
    with subprocess.Popen(command, env=environment) as process:
        while not drafts_of(copy) and process.poll() is None:
            time.sleep(0.0005)
        time.sleep(after_seconds)
        process.kill()
    assert drafts_of(copy), "killed in its middle"


def drafts_of(copy: Path) -> list[Path]:
    return list(copy.parent.glob(f".{copy.name}.*"))


async def has_all(settings: Settings, copy: Path, before: set[int], load: Load, counted: Tally) -> None:
    """Restored elsewhere, it has what had been acknowledged before it, and nothing that never was."""
    folder = copy.with_suffix("")
    more = {"database_url": f"sqlite:///{folder / 'bank.db'}", "act_limit_seconds": VERIFY_LIMIT_SECONDS}
    again = settings.model_copy(update=more)
    await restore(again, copy)
    async with Database(again, Clock(at("2026-11-16 10:00"))) as database:
        kept = set(await database.read(redeemed))
        counted.acknowledged += len(before)
        counted.found += len(kept & before)
        assert before <= kept <= set(load.acknowledged.values())
        assert await differences(database) == []
