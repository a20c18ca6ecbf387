"""Two processes make the tables of one empty database, and one is killed at it: the other one makes them all."""

import asyncio
import random
import time
from pathlib import Path

import psycopg
import pytest

from points_bank.actor import SYSTEM
from points_bank.database import Database
from points_bank.migrations import HEAD, revision_of
from points_bank.opening import open_bank
from points_bank.settings import DatabaseKind, Settings
from points_bank.verify import differences
from tests.banks import Banks
from tests.faults.figures import tally
from tests.faults.served import started

pytestmark = [pytest.mark.thorough, pytest.mark.faults]

TIMES = 3
MAKING_SECONDS = 0.6
"""How long it takes to make the tables, about."""


async def test_one_of_two_that_migrate_is_killed(banks: Banks, newly_opened: Settings, tmp_path: Path) -> None:
    instants, log = random.Random(7), tmp_path / "migrate.log"
    with tally("migration killed (SIGKILL)", newly_opened) as counted:
        for number in range(TIMES):
            folder = tmp_path / str(number)
            folder.mkdir()
            with banks.new(folder) as settings, counted.attempt():
                killed = started(settings, log, "migrate")
                other = started(settings, log, "migrate")
                await asyncio.to_thread(wait_until_begun, settings)
                await asyncio.sleep(instants.uniform(0, MAKING_SECONDS))
                killed.kill()
                killed.wait(30)
                assert await asyncio.to_thread(other.wait, 60) == 0, log.read_text()
                assert revision_of(settings) == HEAD
                async with Database(settings) as database:
                    await database.write(open_bank, code="LX", name="龙圩区", by=SYSTEM)
                    assert await differences(database) == []


def wait_until_begun(settings: Settings) -> None:
    """Wait until one of them is making tables."""
    until = time.monotonic() + 30
    while not has_begun(settings):
        assert time.monotonic() < until, "nobody begins"
        time.sleep(0.01)


def has_begun(settings: Settings) -> bool:
    if settings.database_kind is DatabaseKind.SQLITE:
        return settings.database_path.exists()
    with psycopg.connect(settings.database_url) as look:
        database = "SELECT oid FROM pg_database WHERE datname = current_database()"
        found = look.execute(f"SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND database = ({database})".encode())
        return found.fetchone() is not None
