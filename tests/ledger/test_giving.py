"""Giving: points change hands, their dates do not; honour points and minutes stay with who earned them."""

import asyncio
from datetime import date

import pytest
import sqlalchemy as sa

from points_bank.errors import InsufficientPoints
from points_bank.ledger.models import TransferKind
from points_bank.ledger.posting import TRANSFER
from points_bank.ledger.statement import statement
from points_bank.transaction import Transaction
from tests.ledger.books import NEXT_YEAR, THIS_YEAR, Books


def sides(tx: Transaction, transfer_id: int) -> list[tuple[TransferKind, int]]:
    """A transfer by its id: what it is, and of how much."""
    found = tx.all(sa.select(TRANSFER.c.kind, TRANSFER.c.amount_points).where(TRANSFER.c.id == transfer_id))
    return [(row.kind, row.amount_points) for row in found]


async def test_each_lot_becomes_one_of_the_same_date(books: Books) -> None:
    giver, receiver = await books.account(this_year=30, next_year=50), await books.account(next_year=5)
    posted = await books.give(giver, receiver, 40)
    assert (posted.balance_points, posted.points_by_date) == (40, {THIS_YEAR: 30, NEXT_YEAR: 10})
    ((kind, amount),) = await books.read(sides, posted.transfer_id)
    assert (kind, amount) == (TransferKind.GIFT, 40)
    assert await books.lots(giver) == [("2027-12-31", 40)]
    assert await books.lots(receiver) == [("2026-12-31", 30), ("2027-12-31", 15)]
    for member_id, earned in ((giver, 80), (receiver, 5)):
        account = await books.now(member_id)
        assert (account.honour_points, account.service_minutes) == (earned, 6 * earned)


async def test_a_deficit_of_the_receiver_is_filled_first(books: Books) -> None:
    giver, receiver = await books.account(this_year=30, next_year=50), await books.account()
    award_id = await books.award(receiver, 20)
    await books.spend(receiver, 20)
    await books.reverse(receiver, 20, award_id)
    await books.give(giver, receiver, 50)
    assert (await books.balance(receiver), await books.lots(receiver)) == (
        30, [("2026-12-31", 10), ("2027-12-31", 20)]
    )  # fmt: skip


async def test_more_than_there_is_is_refused_and_nothing_moves(books: Books) -> None:
    giver, receiver = await books.account(this_year=30), await books.account()
    books.it_is("2027-01-01 00:00")
    await books.award(giver, 5)
    with pytest.raises(InsufficientPoints) as refused:
        await books.give(giver, receiver, 6)
    assert refused.value.fields == {"asked_points": 6, "spendable_points": 5}
    assert (await books.balance(giver), await books.balance(receiver)) == (35, 0)


async def test_what_is_given_from_an_extended_lot_lapses_with_it(books: Books) -> None:
    giver, receiver = await books.account(this_year=30), await books.account(this_year=10)
    await books.extend([giver], THIS_YEAR, date(2027, 6, 30))
    await books.give(giver, receiver, 30)
    assert await books.lots(receiver) == [("2026-12-31", 10), ("2027-06-30", 30)]


async def test_two_lots_of_one_date_become_one(books: Books) -> None:
    giver, receiver = await books.account(this_year=30, next_year=50), await books.account()
    await books.extend([giver], THIS_YEAR, NEXT_YEAR)
    assert await books.lots(giver) == [("2027-12-31", 30), ("2027-12-31", 50)]
    await books.give(giver, receiver, 70)
    assert await books.lots(receiver) == [("2027-12-31", 70)]


@pytest.mark.racing
async def test_both_give_each_other_at_once(books: Books) -> None:
    one, other = await books.account(next_year=60), await books.account(next_year=60)
    await asyncio.gather(*(books.give(*pair, 10) for pair in [(one, other), (other, one)] * 5))
    assert (await books.balance(one), await books.balance(other)) == (60, 60)


async def test_what_was_donated_can_be_granted_with_a_date_of_its_own(books: Books) -> None:
    giver, receiver = await books.account(this_year=30), await books.account()
    await books.spend(giver, 25, TransferKind.DONATION)
    posted = await books.grant(receiver, 25, NEXT_YEAR)
    assert (posted.balance_points, await books.lots(receiver)) == (25, [("2027-12-31", 25)])
    assert (await books.now(receiver)).honour_points == 0
    assert await books.lots(giver) == [("2026-12-31", 5)]


async def test_a_grant_fills_a_deficit_first(books: Books) -> None:
    giver, receiver = await books.account(this_year=30), await books.account()
    award_id = await books.award(receiver, 20)
    await books.spend(receiver, 20)
    await books.reverse(receiver, 20, award_id)
    await books.spend(giver, 30, TransferKind.DONATION)
    posted = await books.grant(receiver, 15)
    assert (posted.balance_points, await books.lots(receiver)) == (-5, [])
    posted = await books.grant(receiver, 15)
    assert (posted.balance_points, await books.lots(receiver)) == (10, [("2027-12-31", 10)])
    account = await books.now(receiver)
    newest, before = await books.read(statement, account.id, before_id=2**62, most=2)
    assert (newest.id, newest.amount_points) == (posted.transfer_id, 15)
    assert (before.kind, before.balance_points) == (TransferKind.GRANT, -5)
