"""Awards, exchanges, holds and what is given back: where the points go, and what is refused."""

import asyncio
from datetime import date

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from points_bank.errors import InsufficientPoints
from points_bank.ledger.accounts import ACCOUNT
from points_bank.ledger.models import AccountKind, TransferKind
from points_bank.ledger.posting import Posted, award
from points_bank.ledger.spending import spend
from points_bank.transaction import Transaction
from tests.ledger.books import GRACE_DAYS, NEXT_YEAR, THIS_YEAR, Books


async def test_an_award_fills_a_lot_and_the_lifetime_totals(books: Books) -> None:
    member_id = await books.account()
    await books.award(member_id, 25)
    await books.award(member_id, 10)
    account = await books.now(member_id)
    assert (account.balance_points, account.honour_points) == (35, 35)
    assert (account.service_minutes, account.activities) == (210, 2)
    assert await books.lots(member_id) == [("2027-12-31", 35)]


async def test_an_award_of_nothing_counts_the_service_without_a_transfer(books: Books) -> None:
    member_id = await books.account()
    nothing = books.an_award(member_id, 0, minutes=60)
    assert await books.write(award, [nothing], grace_days=GRACE_DAYS) == {}
    account = await books.now(member_id)
    assert (account.balance_points, account.service_minutes, account.activities) == (0, 60, 1)
    assert await books.lots(member_id) == []


async def test_awards_of_a_sheet_are_one_posting(books: Books) -> None:
    members = [await books.account() for _ in range(4)]
    awards = [books.an_award(member_id, points) for member_id, points in zip(members, (40, 0, 10, 5), strict=True)]
    ids = await books.write(award, awards, grace_days=GRACE_DAYS)
    assert set(ids) == {each.reference for each in awards if each.points}
    assert [await books.balance(member_id) for member_id in members] == [40, 0, 10, 5]


async def test_a_reference_is_posted_once(books: Books) -> None:
    member_id, other = await books.account(), await books.account()
    first = books.an_award(member_id, 25)
    await books.write(award, [first], grace_days=GRACE_DAYS)
    of_another = books.an_award(other, 10, reference=first.reference)
    beside_a_good_one = [books.an_award(other, 5), books.an_award(member_id, 25, reference=first.reference)]
    for again in ([first], [of_another], beside_a_good_one):
        with pytest.raises(IntegrityError):
            await books.write(award, again, grace_days=GRACE_DAYS)
    assert (await books.balance(member_id), await books.balance(other)) == (25, 0)
    assert (await books.now(member_id)).service_minutes == 150


async def test_one_sheet_awards_a_member_once(books: Books) -> None:
    member_id = await books.account()
    twice = [books.an_award(member_id, 5), books.an_award(member_id, 5)]
    with pytest.raises(AssertionError, match="one award a member"):
        await books.write(award, twice, grace_days=GRACE_DAYS)
    assert await books.balance(member_id) == 0


async def test_spending_takes_the_lot_that_lapses_first(books: Books) -> None:
    member_id = await books.account(next_year=200, this_year=120)
    assert await books.spendable(member_id) == 320
    await books.spend(member_id, 100)
    assert await books.lots(member_id) == [("2026-12-31", 20), ("2027-12-31", 200)]
    await books.hold(member_id, 50)
    assert await books.lots(member_id) == [("2027-12-31", 170)]
    account = await books.now(member_id)
    assert (account.balance_points, account.honour_points, account.activities) == (170, 320, 2)


async def test_more_than_can_be_spent_is_refused_and_nothing_moves(books: Books) -> None:
    member_id = await books.account(this_year=120)
    with pytest.raises(InsufficientPoints) as refused:
        await books.spend(member_id, 121)
    assert refused.value.fields == {"asked_points": 121, "spendable_points": 120}
    assert await books.lots(member_id) == [("2026-12-31", 120)]
    await books.spend(member_id, 120)
    assert (await books.balance(member_id), await books.lots(member_id)) == (0, [])
    with pytest.raises(InsufficientPoints):
        await books.spend(member_id, 1)


@pytest.mark.racing
async def test_sixteen_spend_one_balance_at_once(books: Books) -> None:
    member_id = await books.account(this_year=30, next_year=70)
    answers = await asyncio.gather(*(books.spend(member_id, 30) for _ in range(16)), return_exceptions=True)
    refused = [answer for answer in answers if isinstance(answer, InsufficientPoints)]
    assert len(refused) == 13
    assert await books.balance(member_id) == 10


async def test_accounts_of_the_bank_hold_no_balance_and_no_totals(books: Books) -> None:
    member_id = await books.account(next_year=200)
    await books.collect(await books.hold(member_id, 50))
    await books.reverse(member_id, 10, 1)

    def read(tx: Transaction) -> dict[str, tuple[int | None, ...]]:
        rows = tx.all(sa.select(ACCOUNT).where(ACCOUNT.c.kind != AccountKind.MEMBER))
        return {row.kind: (row.balance_points, row.honour_points, row.service_minutes, row.activities) for row in rows}

    assert await books.read(read) == dict.fromkeys(("issue", "held", "redeemed"), (None, 0, 0, 0))


async def test_spending_tells_the_transfer_and_the_balance_after_it(books: Books) -> None:
    member_id = await books.account(next_year=200)
    posted: Posted = await books.write(
        spend, member_id=member_id, kind=TransferKind.DONATION, branch_id=1, points=50, on=THIS_YEAR, reference="gift:1"
    )
    assert posted == Posted(2, 150)


async def test_a_refund_goes_to_the_same_lots_with_the_same_dates(books: Books) -> None:
    member_id = await books.account(this_year=120, next_year=200)
    exchange = await books.spend(member_id, 150)
    await books.award(member_id, 7)
    given = await books.give_back(member_id, exchange)
    assert given.balance_points == 327
    assert await books.lots(member_id) == [("2026-12-31", 120), ("2027-12-31", 207)]
    with pytest.raises(IntegrityError):
        await books.give_back(member_id, exchange)
    assert await books.balance(member_id) == 327


async def test_a_reservation_is_held_then_collected_or_released(books: Books) -> None:
    member_id = await books.account(this_year=120, next_year=200)
    collected, released = await books.hold(member_id, 100), await books.hold(member_id, 60)
    await books.collect(collected)
    assert await books.balance(member_id) == 160
    await books.release(member_id, released)
    assert await books.lots(member_id) == [("2026-12-31", 20), ("2027-12-31", 200)]
    with pytest.raises(IntegrityError):
        await books.collect(collected)
    with pytest.raises(IntegrityError):
        await books.release(member_id, released)
    await books.give_back(member_id, collected)
    assert await books.lots(member_id) == [("2026-12-31", 120), ("2027-12-31", 200)]
    assert (await books.now(member_id)).honour_points == 320


async def test_what_comes_back_to_a_lapsed_lot_has_days_of_grace(books: Books) -> None:
    member_id = await books.account(this_year=120, next_year=200)
    exchange = await books.spend(member_id, 150)
    books.it_is("2027-01-10 10:00")
    await books.give_back(member_id, exchange)
    assert await books.lots(member_id) == [("2027-02-09", 120), ("2027-12-31", 200)]
    books.it_is("2027-02-09 23:59")
    assert await books.spendable(member_id) == 320
    books.it_is("2027-02-10 00:00")
    assert await books.spendable(member_id) == 200
    assert [done.count for done in await books.run("2027-02-10 00:00")] == [1]
    assert await books.lots(member_id) == [("2027-12-31", 200)]


async def test_what_comes_back_to_two_lapsed_lots_is_one_of_grace(books: Books) -> None:
    member_id = await books.account(this_year=50)
    await books.award(member_id, 30, date(2026, 11, 30))
    exchange = await books.spend(member_id, 80)
    books.it_is("2027-01-10 10:00")
    await books.give_back(member_id, exchange)
    assert await books.lots(member_id) == [("2027-02-09", 80)]


async def test_a_refund_on_the_last_day_of_a_lot_needs_no_grace(books: Books) -> None:
    member_id = await books.account(this_year=50)
    exchange = await books.spend(member_id, 50)
    books.it_is("2026-12-31 23:59")
    await books.give_back(member_id, exchange)
    assert await books.lots(member_id) == [("2026-12-31", 50)]


async def test_two_refunds_of_one_day_share_a_lot_of_grace(books: Books) -> None:
    member_id = await books.account(this_year=50)
    exchanges = [await books.spend(member_id, 20), await books.spend(member_id, 30)]
    books.it_is("2027-01-10 10:00")
    for exchange in exchanges:
        await books.give_back(member_id, exchange)
    assert await books.lots(member_id) == [("2027-02-09", 50)]


async def test_points_that_settle_after_their_lot_has_lapsed_have_days_of_grace(books: Books) -> None:
    books.it_is("2026-12-31 23:00")
    member_id = await books.account()
    await books.award(member_id, 10, THIS_YEAR)
    books.it_is("2027-01-01 00:00")
    await books.award(member_id, 5, THIS_YEAR)
    await books.award(member_id, 1, NEXT_YEAR)
    assert await books.lots(member_id) == [("2026-12-31", 10), ("2027-01-31", 5), ("2027-12-31", 1)]
    assert await books.spendable(member_id) == 6


async def test_a_credit_fills_the_deficit_before_any_lot(books: Books) -> None:
    member_id = await books.account()
    first = await books.award(member_id, 100)
    exchange = await books.spend(member_id, 90)
    await books.reverse(member_id, 40, first)
    assert (await books.balance(member_id), await books.spendable(member_id)) == (-30, -30)
    with pytest.raises(InsufficientPoints) as refused:
        await books.spend(member_id, 1)
    assert refused.value.fields["spendable_points"] == -30
    await books.award(member_id, 20)
    assert (await books.balance(member_id), await books.lots(member_id)) == (-10, [])
    await books.award(member_id, 15, date(2027, 6, 30))
    assert (await books.balance(member_id), await books.lots(member_id)) == (5, [("2027-06-30", 5)])
    await books.give_back(member_id, exchange)
    assert await books.lots(member_id) == [("2027-06-30", 5), ("2027-12-31", 90)]


async def test_what_comes_back_fills_the_deficit_with_the_points_that_lapse_first(books: Books) -> None:
    member_id = await books.account(this_year=50)
    first = await books.award(member_id, 60)
    exchange = await books.spend(member_id, 110)
    await books.reverse(member_id, 60, first)
    assert await books.balance(member_id) == -60
    assert (await books.give_back(member_id, exchange)).balance_points == 50
    assert await books.lots(member_id) == [("2027-12-31", 50)]
