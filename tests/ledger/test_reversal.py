"""Reversal: from its own lots first, then from the others by date, then a deficit; never more than was awarded."""

from datetime import date

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from points_bank.errors import BalanceFloor
from points_bank.ledger.posting import TRANSFER
from points_bank.ledger.reversal import reverse
from points_bank.transaction import Transaction
from tests.ledger.books import FLOOR, NEXT_YEAR, THIS_YEAR, Books

_REVERSALS = (
    sa.select(TRANSFER.c.reverses_id, TRANSFER.c.amount_points, TRANSFER.c.debit_balance_points, TRANSFER.c.reference)
    .where(TRANSFER.c.kind == "reversal")
    .order_by(TRANSFER.c.id)
)


async def reversals(books: Books) -> list[tuple[int, int, int, str]]:
    """What was reversed of which award, with the balance after and the reference."""

    def read(tx: Transaction) -> list[tuple[int, int, int, str]]:
        return [tuple(row) for row in tx.all(_REVERSALS)]

    found: list[tuple[int, int, int, str]] = await books.read(read)
    return found


async def test_it_takes_from_its_own_lot_first_then_by_date(books: Books) -> None:
    member_id = await books.account(this_year=50)
    middle = await books.award(member_id, 30, date(2027, 6, 30))
    await books.award(member_id, 20, NEXT_YEAR)
    await books.reverse(member_id, 10, middle)
    assert await books.lots(member_id) == [("2026-12-31", 50), ("2027-06-30", 20), ("2027-12-31", 20)]
    await books.spend(member_id, 60)
    assert await books.lots(member_id) == [("2027-06-30", 10), ("2027-12-31", 20)]
    await books.reverse(member_id, 15, middle)
    assert await books.lots(member_id) == [("2027-12-31", 15)]
    account = await books.now(member_id)
    assert (account.balance_points, account.honour_points) == (15, 75)


async def test_its_own_lot_is_known_by_where_the_points_went(books: Books) -> None:
    """Not by the date of lapse: the points of an award that settled late are in a lot of grace."""
    books.it_is("2027-01-05 10:00")
    member_id = await books.account(next_year=40)
    late = await books.award(member_id, 30, THIS_YEAR)
    await books.award(member_id, 25, date(2027, 1, 20))
    await books.reverse(member_id, 30, late)
    assert await books.lots(member_id) == [("2027-01-20", 25), ("2027-12-31", 40)]


async def test_what_is_in_no_lot_becomes_a_deficit(books: Books) -> None:
    member_id = await books.account()
    first = await books.award(member_id, 40)
    await books.spend(member_id, 25)
    await books.reverse(member_id, 30, first)
    assert (await books.balance(member_id), await books.lots(member_id)) == (-15, [])
    account = await books.now(member_id)
    assert (account.honour_points, account.service_minutes, account.activities) == (10, 60, 1)


async def test_what_is_taken_back_wholly_is_no_activity_any_more(books: Books) -> None:
    member_id = await books.account()
    award_id, _ = await books.award(member_id, 40), await books.award(member_id, 30)
    whole = books.an_award(member_id, 40, activities=1)
    await books.write(reverse, whole, of=[award_id], floor_points=FLOOR)
    account = await books.now(member_id)
    assert (account.honour_points, account.service_minutes, account.activities) == (30, 180, 1)


async def test_the_floor_is_reached_and_not_passed(books: Books) -> None:
    member_id = await books.account()
    first = await books.award(member_id, 300)
    exchange = await books.spend(member_id, 290)
    with pytest.raises(BalanceFloor) as refused:
        await books.reverse(member_id, 211, first)
    assert refused.value.fields == {"balance_points": -201, "floor_points": -200}
    assert await books.lots(member_id) == [("2027-12-31", 10)]
    assert (await books.now(member_id)).honour_points == 300
    assert await reversals(books) == []
    await books.reverse(member_id, 210, first)
    assert await books.balance(member_id) == -200
    with pytest.raises(BalanceFloor):
        await books.reverse(member_id, 1, first)
    await books.give_back(member_id, exchange)
    assert await books.lots(member_id) == [("2027-12-31", 90)]


async def test_awards_of_one_cause_are_reversed_newest_first_and_each_by_what_it_was(books: Books) -> None:
    member_id = await books.account()
    first, second = await books.award(member_id, 40), await books.award(member_id, 10)
    ids = await books.reverse(member_id, 25, first, second, reference="correction:7")
    assert len(ids) == 2
    assert await reversals(books) == [(second, 10, 40, "correction:7"), (first, 15, 25, "correction:7/2")]
    await books.reverse(member_id, 25, second, first, reference="correction:8")
    assert (await reversals(books))[2:] == [(first, 25, 0, "correction:8")]
    with pytest.raises(AssertionError, match="no more is reversed than was awarded"):
        await books.reverse(member_id, 1, first, second)
    assert (await books.now(member_id)).honour_points == 0


async def test_it_is_posted_once_by_reference(books: Books) -> None:
    member_id = await books.account()
    first = await books.award(member_id, 40)
    await books.reverse(member_id, 5, first, reference="correction:7")
    with pytest.raises(IntegrityError):
        await books.reverse(member_id, 5, first, reference="correction:7")
    assert await books.balance(member_id) == 35


async def test_what_has_lapsed_is_booked_before_it_is_taken(books: Books) -> None:
    member_id = await books.account()
    first = await books.award(member_id, 40, THIS_YEAR)
    books.it_is("2027-01-03 10:00")
    await books.reverse(member_id, 40, first)
    assert (await books.balance(member_id), await books.lots(member_id)) == (-40, [])
    assert await books.run("2027-01-03 10:00") == []
