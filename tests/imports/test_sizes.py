"""What a server's planner knows of tables that a file has filled."""

import pytest
import sqlalchemy as sa

from points_bank.imports.running import MANY_ROWS
from tests.bank import Bank
from tests.imports.test_members import imported

pytestmark = pytest.mark.only("postgresql", "a file's planner goes by its indexes")

MEMBERS = sa.text("SELECT reltuples::bigint FROM pg_class WHERE relname = 'member'")


async def test_after_a_long_file_the_planner_knows_how_many_members_there_are(bank: Bank) -> None:
    await imported(bank, [["姓名"], *([f"住户{number}"] for number in range(MANY_ROWS))])
    assert await bank.database.read(lambda tx: tx.scalar(MEMBERS)) == MANY_ROWS
