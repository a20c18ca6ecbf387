"""Filling: refused where it must be, and the same again for the same seed."""

import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from points_bank.actor import SYSTEM
from points_bank.branches.tree import DISTRICT_EXISTS
from points_bank.clock import Clock
from points_bank.database import Database
from points_bank.demo.filling import fill
from points_bank.errors import Invalid
from points_bank.keys import Keys, load_keys, write_secret
from points_bank.opening import open_bank
from points_bank.settings import Environment, Settings
from points_bank.verify import differences
from tests.bank import at
from tests.conftest import SECRET
from tests.demo.conftest import END, Filled, fill_in

SALTED = {"cells", "faults", "made_at", "password_hash", "phone", "pin_hash", "proof"}
"""Columns that differ each time: a password is hashed, and a value encrypted, with random bits of its own."""


def books_of(settings: Settings) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table, but for salted columns."""
    with closing(sqlite3.connect(settings.database_path)) as connection:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        columns = {
            table: [name for _, name, *_ in connection.execute(f"PRAGMA table_info({table})") if name not in SALTED]
            for table in tables
        }
        return {
            table: connection.execute(f"SELECT {', '.join(names)} FROM {table} ORDER BY {', '.join(names)}").fetchall()
            for table, names in columns.items()
        }


async def test_the_books_of_a_demo_are_in_order(demo_bank: Database) -> None:
    assert await differences(demo_bank) == []


def test_the_same_seed_and_end_make_the_same_books(filled: Filled, tmp_path: Path) -> None:
    again = fill_in(tmp_path, seed=1)
    assert again.demo == filled.demo
    assert again.settings.key_path.read_text() == filled.settings.key_path.read_text()
    assert books_of(again.settings) == books_of(filled.settings)


async def test_another_seed_and_end_make_another_district(filled: Filled, tmp_path: Path) -> None:
    """It ends in the afternoon of a leap day, in years whose calendar is not known."""
    settings = Settings(database_url=f"sqlite:///{tmp_path / 'bank.db'}", environment=Environment.TEST)
    end = at("2028-02-29 16:10")
    demo = await fill(settings, seed=7, until=end)
    assert demo.until == end
    assert demo.figures.members == filled.demo.figures.members
    assert demo.member.card_no != filled.demo.member.card_no
    async with Database(settings, Clock(end)) as database:
        assert await differences(database) == []


async def test_a_bank_that_has_a_district_is_refused_and_stays_as_it_was(tmp_path: Path) -> None:
    settings = Settings(database_url=f"sqlite:///{tmp_path / 'bank.db'}", environment=Environment.DEMO)
    async with Database(settings, Clock(END)) as database:
        await database.write(open_bank, code="LX", name="龙圩区", by=SYSTEM)
    before = books_of(settings), settings.key_path.read_text()
    with pytest.raises(Invalid) as refusal:
        await fill(settings, seed=1, until=END)
    assert refusal.value.fields == {"code": DISTRICT_EXISTS}
    assert (books_of(settings), settings.key_path.read_text()) == before


async def test_without_an_end_it_is_the_last_full_hour_and_a_key_that_is_there_is_kept(
    filled: Filled, tmp_path: Path
) -> None:
    key_file = tmp_path / "key"
    write_secret(key_file, SECRET)
    settings = Settings(
        database_url=f"sqlite:///{tmp_path / 'bank.db'}",
        environment=Environment.DEMO,
        key_file=key_file,
        clock=END + timedelta(minutes=25),
    )
    demo = await fill(settings, seed=1)
    assert load_keys(key_file).digest("test", 1) == Keys(SECRET.encode()).digest("test", 1)
    assert demo.until == END
    assert demo.figures == filled.demo.figures
    assert demo.member.card_no != filled.demo.member.card_no
