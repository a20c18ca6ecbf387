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
    """A bank on the primary, with the bounds of a bank in service."""
    return await opened(primary, tmp_path)


async def opened(server: Server, folder: Path) -> Settings:
    """A bank on a server, opened as district LX; its key is in the folder."""
    url, key_file = server.url(DATABASE), folder / "bank.key"
    settings = Settings(database_url=url, key_file=key_file, environment=Environment.TEST)
    async with Database(settings, Clock(at("2026-01-01 00:00"))) as database:
        await database.write(open_bank, code="LX", name="龙圩区", by=SYSTEM)
    return settings
