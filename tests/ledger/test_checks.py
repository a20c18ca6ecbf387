"""What the ledger's checks must find: every way in which somebody's hand, or a fault, could have changed the books."""

import pytest

from points_bank.clock import Clock
from points_bank.database import Database
from points_bank.ledger.kinds import WAYS
from points_bank.ledger.models import TransferKind
from points_bank.settings import Settings
from tests.ledger.books import Books
from tests.ledger.conftest import differences
from tests.tampering import tamper


@pytest.fixture
async def lived(settings: Settings, clock: Clock) -> Settings:
    """Books with two awards, a redemption, a reservation that was given back, and a reversal, of two members."""
    async with Database(settings, clock) as database:
        books = Books(database, clock)
        await books.account(this_year=120, next_year=200)
        await books.account(this_year=60)
        await books.spend(1, 50)
        held = await books.hold(1, 30)
        await books.release(1, held)
        await books.reverse(1, 40, 2)
        assert await database.read(differences) == []
    return settings


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        (
            "UPDATE account SET balance_points = 7 WHERE kind = 'member' AND owner_id = 1",
            "balances: member 1 has 7, transfers say 230",
        ),
        (
            "UPDATE transfer SET credit_balance_points = 121 WHERE id = 1",
            "balances after: transfer 1 of member 1 says 121, it was 120",
        ),
        (
            "UPDATE transfer SET credit_balance_points = NULL WHERE id = 1",
            "balances after: transfer 1 of member 1 says None, it was 120",
        ),
        (
            "UPDATE transfer SET debit_balance_points = 5 WHERE id = 4",
            "balances after: transfer 4 of member 1 says 5, it was 270",
        ),
        ("UPDATE lot SET remaining_points = 1 WHERE id = 1", "lots: lot 1 has 1, its uses say 70"),
        ("UPDATE lot SET remaining_points = 1 WHERE id = 1", "lots and balances: member 1 has 230, lots hold 161"),
        (
            "UPDATE lot_use SET points = -49 WHERE points = -50",
            "lot uses: transfer 4 (redemption) of 50 moved -49 in lots",
        ),
        (
            "UPDATE lot_use SET points = 121 WHERE transfer_id = 1",
            "lot uses: transfer 1 (award) of 120 moved 121 in lots",
        ),
        (
            "UPDATE lot SET account_id = (SELECT MAX(id) FROM account WHERE kind = 'member') WHERE id = 2",
            "lot owners: transfer 2 uses lot 2 of somebody else",
        ),
        (
            "UPDATE account SET honour_points = 99 WHERE kind = 'member' AND owner_id = 1",
            "honour points: member 1 has 99, awards say 280",
        ),
        (
            "UPDATE transfer SET amount_points = 201 WHERE kind = 'reversal'",
            "reversals: transfer 2 of 200 is reversed by 201",
        ),
        (
            "UPDATE transfer SET reverses_id = NULL WHERE kind = 'reversal'",
            "links: transfer 7 (reversal) undoes transfer None, which it cannot",
        ),
        (
            "UPDATE transfer SET reverses_id = 4 WHERE kind = 'reversal'",
            "links: transfer 7 (reversal) undoes transfer 4, which it cannot",
        ),
        (
            "UPDATE transfer SET reverses_id = 3 WHERE kind = 'reversal'",
            "links: transfer 7 (reversal) undoes transfer 3, which it cannot",
        ),
        (
            "UPDATE transfer SET reverses_id = 1 WHERE id = 3",
            "links: transfer 3 (award) undoes transfer 1, which it cannot",
        ),
        (
            "UPDATE transfer SET kind = 'hold', reference = 'other' WHERE id = 4",
            "sides of transfers: transfer 4 (hold) goes from member to redeemed",
        ),
        (
            "UPDATE transfer SET amount_points = 5 WHERE kind = 'hold'",
            "accounts of the bank: an account of branch 1 is at -25",
        ),
        ("DELETE FROM transfer WHERE id = 3", "balances: member 4 has 60, transfers say 0"),
        ("DELETE FROM lot_use WHERE transfer_id = 3", "lots: lot 3 has 60, its uses say 0"),
    ],
)
async def test_a_difference_is_named(lived: Settings, clock: Clock, statement: str, said: str) -> None:
    tamper(lived, statement)
    async with Database(lived, clock) as database:
        assert said in await database.read(differences)


async def test_what_goes_into_several_lots_is_added_up(settings: Settings, clock: Clock) -> None:
    async with Database(settings, clock) as database:
        books = Books(database, clock)
        await books.account(this_year=120, next_year=200)
        posted = await books.give_back(1, await books.spend(1, 150))
    tamper(settings, "UPDATE lot_use SET points = 31 WHERE points = 30")
    async with Database(settings, clock) as database:
        said = f"lot uses: transfer {posted.transfer_id} (refund) of 150 moved 151 in lots"
        assert said in await database.read(differences)


def test_every_kind_of_transfer_has_its_way() -> None:
    assert set(WAYS) == set(TransferKind)
