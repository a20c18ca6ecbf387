"""Large demos: drawn to size, by the rules, the same for a seed; and books that hold."""

from pathlib import Path

import pytest
import sqlalchemy as sa
from msgspec.structs import replace

from points_bank.database import Database
from points_bank.demo.large_filling import fill_large
from points_bank.demo.sizes import LONGXU
from points_bank.settings import Environment, Settings
from points_bank.transaction import Transaction
from points_bank.verify import differences
from tests.bank import at

pytestmark = pytest.mark.thorough

LITTLE = replace(
    LONGXU, communities=3, estates=12, hubs=3, members=300, party_members=60, activities=60, mediation=6,
    participations=720, redemptions=60, items=90, rewards=12, sponsors=4,
)  # fmt: skip
UNTIL = at("2026-11-16 09:00")


def settings_in(folder: Path) -> Settings:
    return Settings(database_url=f"sqlite:///{folder / 'demo.db'}", environment=Environment.DEMO)


def content(tx: Transaction) -> list[tuple[object, ...]]:
    """Everything but the salts of hashed passwords and PINs."""
    tables = (
        "home",
        "card",
        "consent",
        "activity",
        "participation",
        "redemption",
        "transfer",
        "lot",
        "lot_use",
        "stock",
    )
    return [row for name in tables for row in tx.each(sa.text(f"SELECT * FROM {name}"))]


async def test_a_large_demo_has_its_size_and_its_books_hold(tmp_path: Path) -> None:
    told: list[str] = []
    made = await fill_large(
        settings_in(tmp_path), LITTLE, seed=1, until=UNTIL, told=lambda what, done, about: told.append(what)
    )

    assert (made.figures.members, made.figures.activities) == (300, 60)
    assert 650 <= made.figures.participations <= 760
    assert made.figures.redemptions > 10
    assert made.figures.editions >= 4
    assert {"participations", "days", "due"} <= set(told)
    async with Database(settings_in(tmp_path)) as database:
        assert await differences(database) == []


async def test_the_same_seed_makes_the_same_district(tmp_path: Path) -> None:
    found = []
    for number in (1, 2):
        folder = tmp_path / str(number)
        folder.mkdir()
        await fill_large(settings_in(folder), LITTLE, seed=7, until=UNTIL)
        async with Database(settings_in(folder)) as database:
            found.append(await database.read(content))
    assert found[0] == found[1]
