"""The bank that others are measured on: of the size asked for, and with books that hold."""

from pathlib import Path

import pytest

from points_bank.database import Database
from points_bank.demo.big_bank import make_big_bank
from points_bank.settings import Environment, Settings
from points_bank.verify import differences

pytestmark = pytest.mark.thorough


async def test_a_big_bank_has_the_size_asked_for_and_its_books_hold(tmp_path: Path) -> None:
    settings = Settings(database_url=f"sqlite:///{tmp_path}/big.db", environment=Environment.TEST)
    months = []

    made = await make_big_bank(
        settings, members=1_000, transfers=10_000, branches=10, progress=lambda done, of: months.append((done, of))
    )

    assert made.members == 1_000
    assert 9_000 <= made.transfers <= 11_000
    assert months[-1] == (22, 22)
    async with Database(settings) as database:
        assert await differences(database) == []
