"""What is committed gets from the log into the file, beside those who write."""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa

from points_bank.checkpoints import CHANGES_BETWEEN_CHECKPOINTS
from points_bank.clock import Clock
from points_bank.database import Database
from points_bank.settings import Settings
from points_bank.transaction import Transaction

pytestmark = pytest.mark.only("sqlite", "a file and its log")


def make_table(tx: Transaction) -> None:
    tx.run(sa.text("CREATE TABLE test_shelf (id INTEGER PRIMARY KEY, name TEXT NOT NULL)"))


def fill(tx: Transaction, shelves: int) -> None:
    number = "WITH RECURSIVE number (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < :shelves)"
    tx.run(sa.text(f"INSERT INTO test_shelf (name) {number} SELECT 'shelf' || n FROM number"), shelves=shelves)


def shelves_in_file_alone(path: Path, copy: Path) -> int:
    """What somebody reads who has the database file without its log."""
    copy.write_bytes(path.read_bytes())
    with closing(sqlite3.connect(copy)) as raw:
        try:
            (found,) = raw.execute("SELECT COUNT(*) FROM test_shelf").fetchone()
        except sqlite3.OperationalError:
            return 0
    return int(found)


async def test_enough_changes_are_copied_while_the_bank_is_open(
    settings: Settings, clock: Clock, tmp_path: Path
) -> None:
    async with Database(settings, clock) as database:
        await database.write(make_table)
        await database.write(fill, CHANGES_BETWEEN_CHECKPOINTS)
        for number in range(200):
            if shelves_in_file_alone(settings.database_path, tmp_path / f"{number}.db") == CHANGES_BETWEEN_CHECKPOINTS:
                break
            await asyncio.sleep(0.05)
        else:
            raise AssertionError("nothing was copied")


async def test_everything_is_in_the_file_when_the_bank_is_closed(
    settings: Settings, clock: Clock, tmp_path: Path
) -> None:
    async with Database(settings, clock) as database:
        await database.write(make_table)
        await database.write(fill, 10)
    assert shelves_in_file_alone(settings.database_path, tmp_path / "alone.db") == 10
    assert not settings.database_path.with_name(f"{settings.database_path.name}-wal").exists()
