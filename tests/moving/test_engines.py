"""From a file to a server and back, with a year of a district's life in it; and in little memory, whatever the size."""

import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from points_bank.audit import Audit
from points_bank.clock import Clock
from points_bank.columns import table_of
from points_bank.database import Database
from points_bank.moving.house import HouseManifest
from points_bank.moving.leaving import measure_house, newest_seal
from points_bank.scheduler import run_due
from points_bank.settings import Settings
from points_bank.transaction import Transaction
from points_bank.verify import differences
from tests.bank import Bank
from tests.banks import Databases, Files
from tests.demo.conftest import END, Filled, filled
from tests.moving.conftest import move, pack, quiet
from tests.postgres import running_server

__all__ = ["filled"]

ADD = sa.insert(table_of(Audit))

pytestmark = [pytest.mark.thorough, pytest.mark.only("sqlite", "it has a server of its own beside the files")]


@pytest.fixture(scope="module")
def servers() -> Iterator[Databases]:
    with running_server() as cluster:
        yield Databases(cluster, "moving")


async def settle_at(settings: Settings, house: Path, next_house: Path) -> HouseManifest:
    """Move in, look whether all is well, and pack again."""
    moved = await move(settings, house)
    async with Database(settings, Clock(END)) as bank:
        assert await bank.read(measure_house, told=quiet) == moved.manifest.tables
        assert await bank.read(newest_seal) == moved.manifest.seal
        assert await differences(bank) == []
        return await pack(bank, next_house)


async def test_from_a_file_to_a_server_and_back(filled: Filled, servers: Databases, tmp_path: Path) -> None:
    folders = [tmp_path / name for name in ("first", "second", "third")]
    for folder in folders:
        folder.mkdir()
    houses = [tmp_path / f"{number}.zip" for number in range(4)]
    async with Database(filled.settings, Clock(END)) as bank:
        left = await pack(bank, houses[0])
    assert left.rows > 5_000
    with servers.new(folders[0]) as first, servers.new(folders[1]) as second, Files().new(folders[2]) as third:
        for settings, house, next_house in zip((first, second, third), houses[:3], houses[1:], strict=True):
            arrived = await settle_at(settings, house, next_house)
            assert (arrived.content_hash, arrived.seal) == (left.content_hash, left.seal)
        await _live_on(first)
        await _live_on(third)
    assert houses[0].stat().st_size == pytest.approx(houses[3].stat().st_size, rel=0.01)


async def _live_on(settings: Settings) -> None:
    """A day later everything that is due is done."""
    async with Database(settings, Clock(END)) as database:
        bank = await Bank.on(database)
        await bank.branch()
        bank.clock.set(END.replace(day=END.day + 2))
        assert [done for done in await run_due(database) if done.failure] == []
        assert await differences(database) == []


ROWS = (100, 10_000, 40_000)
"""How many are added: few, so that everything is loaded; more than are in memory at a time; and many more."""


async def test_memory_does_not_grow_with_the_rows(settings: Settings, clock: Clock, tmp_path: Path) -> None:
    peaks = []
    for rows in ROWS:
        house, folder = tmp_path / f"{rows}.zip", tmp_path / str(rows)
        folder.mkdir()
        async with Database(settings, clock) as bank:
            await bank.write(write_much, rows)
            tracemalloc.start()
            await pack(bank, house)
        with Files().new(folder) as empty:
            await move(empty, house)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[2] < 1.25 * peaks[1]


def write_much(tx: Transaction, rows: int) -> None:
    row = {"at": tx.now, "actor": "bank", "act": "write_much", "details": []}
    tx.pour(ADD, (*row, "subject"), ((*row.values(), f"member:{number}") for number in range(rows)))
