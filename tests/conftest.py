"""Fixtures: a migrated file copied for each test, a bank on it, and the bank served over real HTTP."""

import asyncio
import shutil
import sqlite3
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from litestar import Litestar

from points_bank.actor import SYSTEM
from points_bank.app import create_app
from points_bank.clock import Clock
from points_bank.database import Database
from points_bank.keys import write_secret
from points_bank.migrations import upgrade
from points_bank.opening import open_bank
from points_bank.settings import Environment, Settings
from points_bank.verify import differences
from tests.bank import Bank, Server, at
from tests.privacy.phones import phones_in, phones_in_files
from tests.serving import serving

SECRET = "0123456789abcdef" * 4


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database of the newest schema, opened as district LX; copied, never written."""
    path = tmp_path_factory.mktemp("migrated") / "bank.db"
    settings = Settings(database_url=f"sqlite:///{path}", environment=Environment.TEST)
    upgrade(settings)
    write_secret(settings.key_path, SECRET)

    async def found() -> None:
        async with Database(settings, Clock(at("2026-01-01 00:00"))) as database:
            await database.write(open_bank, code="LX", name="龙圩区", by=SYSTEM)

    asyncio.run(found())
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    return path


@pytest.fixture
def settings(tmp_path: Path, migrated_file: Path, caplog: pytest.LogCaptureFixture) -> Iterator[Settings]:
    """The settings of a bank of its own. After the test, no phone number stands in its file or in a log."""
    path = tmp_path / "bank.db"
    shutil.copy(migrated_file, path)
    shutil.copy(f"{migrated_file}.key", f"{path}.key")
    yield Settings(
        database_url=f"sqlite:///{path}",
        environment=Environment.TEST,
        token_cache_seconds=0,
        timetable_seconds=60,
        looks_seconds=0.05,
    )
    assert phones_in_files(path) == []
    assert phones_in(caplog.text.encode()) == []


@pytest.fixture
def clock() -> Clock:
    """Monday 12 October 2026, 09:00 by the district's clock."""
    return Clock(at("2026-10-12 09:00"))


@pytest.fixture
async def bank(settings: Settings, clock: Clock) -> AsyncIterator[Bank]:
    """A bank without HTTP. Its books are verified after the test."""
    async with Database(settings, clock) as database:
        yield await Bank.on(database)
        assert await differences(database) == []


@pytest.fixture(scope="session")
def application(migrated_file: Path) -> Litestar:
    """The bank's application. Making its three hundred handlers takes longer than most tests, so all share it."""
    return create_app(Settings(database_url=f"sqlite:///{migrated_file}", environment=Environment.TEST))


@pytest.fixture
async def server(application: Litestar, settings: Settings, clock: Clock) -> AsyncIterator[Server]:
    """A bank served over HTTP on a free port of loopback. Its books are verified after the test."""
    database = Database(settings, clock)
    async with serving(application, database) as address:
        served = Server(await Bank.on(database), address)
        yield served
        await served.close()
        assert await differences(database) == []
