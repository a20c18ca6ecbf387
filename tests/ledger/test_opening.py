"""Opening balances: credited once as honour points too, into a lot of the date that the paper said."""

from datetime import date

from points_bank.ledger.opening import OpeningBalance, carry_over
from points_bank.ledger.posting import Posted
from tests.ledger.books import BRANCH, THIS_YEAR, Books


async def brought(books: Books, member_id: int, points: int, lapses_on: date) -> Posted:
    balance = OpeningBalance(
        member_id=member_id, branch_id=BRANCH, points=points, lapses_on=lapses_on, reference=f"opening:{member_id}"
    )
    posted: Posted = await books.write(carry_over, balance)
    return posted


async def test_it_goes_into_a_lot_of_its_date_beside_what_is_there(books: Books) -> None:
    member_id = await books.account(next_year=50)
    assert (await brought(books, member_id, 30, THIS_YEAR)).balance_points == 80
    assert await books.lots(member_id) == [("2026-12-31", 30), ("2027-12-31", 50)]
    account = await books.now(member_id)
    assert (account.balance_points, account.honour_points, account.service_minutes) == (80, 80, 300)


async def test_a_deficit_is_filled_first(books: Books) -> None:
    member_id = await books.account()
    award_id = await books.award(member_id, 20)
    await books.spend(member_id, 20)
    await books.reverse(member_id, 20, award_id)
    assert (await brought(books, member_id, 50, THIS_YEAR)).balance_points == 30
    assert await books.lots(member_id) == [("2026-12-31", 30)]


async def test_a_deficit_may_take_all_of_it(books: Books) -> None:
    member_id = await books.account()
    award_id = await books.award(member_id, 60)
    await books.spend(member_id, 60)
    await books.reverse(member_id, 60, award_id)
    assert (await brought(books, member_id, 50, THIS_YEAR)).balance_points == -10
    assert await books.lots(member_id) == []


async def test_what_lapses_today_can_still_be_spent_today(books: Books) -> None:
    books.it_is("2026-12-31 10:00")
    member_id = await books.account()
    await brought(books, member_id, 50, THIS_YEAR)
    assert await books.spendable(member_id) == 50
    await books.run("2027-01-01 00:00")
    assert await books.balance(member_id) == 0
