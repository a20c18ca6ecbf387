"""Posting a batch in a few statements: the books are as if each had been posted by itself."""

from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa

from points_bank.ledger.bulk import award_all, open_accounts, spend_all
from points_bank.ledger.models import AccountKind, TransferKind
from points_bank.ledger.posting import bank_account
from tests.ledger.books import BRANCH, NEXT_YEAR, THIS_YEAR, Books

ON = date(2026, 10, 1)


def awards(*each: tuple[int, int, str], lapses_on: date = NEXT_YEAR) -> sa.Select[Any]:
    """A query that gives awards of (member, points, reference)."""
    rows = sa.union_all(*(
        sa.select(sa.literal(member_id).label("member_id"), sa.literal(points).label("points"),
                  sa.literal(reference).label("reference"))
        for member_id, points, reference in each
    )).subquery()  # fmt: skip
    return sa.select(
        rows.c.member_id,
        sa.literal(BRANCH).label("branch_id"),
        rows.c.points,
        (rows.c.points * 6).label("minutes"),
        sa.literal(1).label("activities"),
        sa.literal(ON, sa.Date()).label("occurred_on"),
        sa.literal(lapses_on, sa.Date()).label("lapses_on"),
        rows.c.reference,
    )


async def open_bank_accounts(books: Books) -> None:
    for kind in (AccountKind.ISSUE, AccountKind.REDEEMED, AccountKind.HELD):
        await books.write(bank_account, kind, BRANCH)


async def test_awards_of_many_at_once(books: Books) -> None:
    await open_bank_accounts(books)
    one, two, three = await books.account(), await books.account(next_year=30), await books.account(next_year=100)

    posted = await books.write(award_all, awards((one, 20, "c:1"), (two, 10, "c:2"), (three, 0, "c:3")))

    assert posted == 2
    assert [await books.balance(each) for each in (one, two, three)] == [20, 40, 100]
    account = await books.now(one)
    assert (account.honour_points, account.service_minutes, account.activities) == (20, 120, 1)
    assert (await books.now(three)).activities == 2
    assert await books.lots(two) == [("2027-12-31", 40)]


async def test_spending_goes_through_the_lots_that_lapse_first(books: Books) -> None:
    await open_bank_accounts(books)
    one = await books.account(this_year=50, next_year=100)
    two = await books.account(this_year=10, next_year=100)

    await books.write(spend_all, awards((one, 80, "s:1"), (two, 10, "s:2")), kind=TransferKind.REDEMPTION)

    assert await books.lots(one) == [("2027-12-31", 70)]
    assert await books.lots(two) == [("2027-12-31", 100)]
    assert [await books.balance(each) for each in (one, two)] == [70, 100]


async def test_who_has_too_little_is_a_mistake_and_nothing_moves(books: Books) -> None:
    await open_bank_accounts(books)
    one = await books.account(next_year=50)

    with pytest.raises(AssertionError, match="everybody has enough"):
        await books.write(spend_all, awards((one, 51, "s:1")), kind=TransferKind.HOLD)

    assert await books.balance(one) == 50


async def test_an_account_that_is_not_open_is_a_mistake_and_nothing_moves(books: Books) -> None:
    await open_bank_accounts(books)
    one = await books.account()

    with pytest.raises(AssertionError, match="every account is open"):
        await books.write(award_all, awards((one, 20, "c:1"), (99, 20, "c:2")))

    assert await books.balance(one) == 0


async def test_a_second_batch_adds_to_the_same_lots(books: Books) -> None:
    await open_bank_accounts(books)
    one = await books.account()

    await books.write(award_all, awards((one, 20, "c:1")))
    await books.write(award_all, awards((one, 10, "c:2"), lapses_on=THIS_YEAR))
    await books.write(award_all, awards((one, 5, "c:3")))

    assert await books.lots(one) == [("2026-12-31", 10), ("2027-12-31", 25)]


async def test_accounts_opened_by_a_query(books: Books) -> None:
    await books.write(open_accounts, sa.select(sa.literal(41)).union_all(sa.select(sa.literal(42))))

    assert [await books.balance(each) for each in (41, 42)] == [0, 0]
