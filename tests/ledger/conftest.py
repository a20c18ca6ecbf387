"""The ledger's own books, checked after each test."""

from collections.abc import AsyncIterator

import pytest

from points_bank.clock import Clock
from points_bank.database import Database
from points_bank.ledger.checks import CHECKS
from points_bank.settings import Settings
from points_bank.transaction import Transaction
from tests.ledger.books import Books


@pytest.fixture
async def books(settings: Settings, clock: Clock) -> AsyncIterator[Books]:
    async with Database(settings, clock) as database:
        yield Books(database, clock)
        assert await database.read(differences) == []


def differences(tx: Transaction) -> list[str]:
    """What the ledger's checks find. The other folders' would miss the redemptions that the transfers name."""
    return [f"{check.name}: {difference}" for check in CHECKS for difference in check.differences(tx)]
