"""Banks on servers that are durable and can be ended, which the tests of faults have for themselves."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from points_bank.actor import SYSTEM
from points_bank.clock import Clock
from points_bank.database import Database
from points_bank.opening import open_bank
from points_bank.settings import Environment, Settings
from tests.bank import at
from tests.faults.clusters import DATABASE, Server, durable_server


@pytest.fixture
def primary() -> Iterator[Server]:
    """A durable server with an empty database for a bank."""
    with durable_server() as server:
        yield server


@pytest.fixture
async def durable(primary: Server, tmp_path: Path) -> Settings:
    """A bank on the primary, opened as district LX, with the bounds of a bank in service."""
    return await opened(Settings(
        database_url=primary.url(DATABASE), key_file=tmp_path / "bank.key", environment=Environment.TEST,
    ))  # fmt: skip


async def opened(settings: Settings) -> Settings:
    async with Database(settings, Clock(at("2026-01-01 00:00"))) as database:
        await database.write(open_bank, code="LX", name="龙圩区", by=SYSTEM)
    return settings
