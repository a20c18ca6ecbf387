"""A demo filled once, for all who only look at it."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest

from points_bank.clock import Clock
from points_bank.database import Database
from points_bank.demo.filling import DemoDistrict, fill
from points_bank.settings import Environment, Settings
from tests.bank import at

END = at("2026-11-16 09:00")


@dataclass(frozen=True)
class Filled:
    settings: Settings
    demo: DemoDistrict


def fill_in(folder: Path, *, seed: int, until: datetime = END, key_file: Path | None = None) -> Filled:
    path = folder / "bank.db"
    settings = Settings(database_url=f"sqlite:///{path}", environment=Environment.DEMO, key_file=key_file)
    return Filled(settings, asyncio.run(fill(settings, seed=seed, until=until)))


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Filled:
    return fill_in(tmp_path_factory.mktemp("demo"), seed=1)


@pytest.fixture
async def demo_bank(filled: Filled) -> AsyncIterator[Database]:
    """The filled demo, opened on the day on which it was made. Others look at it too: only read."""
    async with Database(filled.settings, Clock(END)) as database:
        yield database
