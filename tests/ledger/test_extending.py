"""Orders: lots that lapse later keep their id; what had lapsed comes back by a new entry, once."""

from datetime import date

import sqlalchemy as sa

from points_bank.ledger.accounts import account_of
from points_bank.ledger.extending import ExtendedLot, Extension, extend_lots
from points_bank.ledger.lots import LOT
from points_bank.ledger.models import TransferKind
from points_bank.ledger.statement import statement
from points_bank.transaction import Transaction
from tests.ledger.books import NEXT_YEAR, THIS_YEAR, Books

NEW_YEAR = "2027-01-01 00:00"
JUNE, SEPTEMBER = date(2027, 6, 30), date(2027, 9, 30)


def figures(extended: list[ExtendedLot]) -> list[tuple[int, int]]:
    """What remains in each lot, and what came back."""
    return [(lot.remaining_points, lot.reinstated_points) for lot in extended]


async def kinds(books: Books, member_id: int) -> list[tuple[TransferKind, int]]:
    def read(tx: Transaction) -> list[tuple[TransferKind, int]]:
        lines = statement(tx, account_of(tx, member_id).id, before_id=2**62, most=100)
        return [(line.kind, line.amount_points) for line in reversed(lines)]

    found: list[tuple[TransferKind, int]] = await books.read(read)
    return found


async def test_a_lot_extended_in_time_does_not_lapse(books: Books) -> None:
    member_id = await books.account(this_year=120, next_year=200)
    assert figures(await books.extend([member_id], THIS_YEAR, JUNE)) == [(120, 0)]
    assert await books.extend([member_id], THIS_YEAR, JUNE) == [], "there is no lot of that date any more"
    assert await books.run(NEW_YEAR) == []
    assert await books.lots(member_id) == [("2027-06-30", 120), ("2027-12-31", 200)]
    assert [done.job for done in await books.run("2027-07-01 00:00")] == ["lapse"]
    assert await books.balance(member_id) == 200


async def test_what_is_given_back_later_follows_the_extended_lot(books: Books) -> None:
    member_id = await books.account(this_year=120)
    spent = await books.spend(member_id, 120)
    assert figures(await books.extend([member_id], THIS_YEAR, JUNE)) == [(0, 0)]
    books.it_is("2027-02-01 09:00")
    await books.give_back(member_id, spent)
    assert await books.lots(member_id) == [("2027-06-30", 120)]


async def test_what_had_lapsed_comes_back_once_and_the_lapse_stays_in_the_books(books: Books) -> None:
    member_id = await books.account(this_year=120, next_year=200)
    await books.run(NEW_YEAR)
    books.it_is("2027-01-05 09:00")
    assert figures(await books.extend([member_id], THIS_YEAR, JUNE)) == [(120, 120)]
    assert await books.lots(member_id) == [("2027-06-30", 120), ("2027-12-31", 200)]
    assert (await kinds(books, member_id))[-2:] == [(TransferKind.LAPSE, -120), (TransferKind.REINSTATEMENT, 120)]
    await books.run("2027-07-01 00:00")
    assert figures(await books.extend([member_id], JUNE, SEPTEMBER)) == [(120, 120)], "the second lapse, not both"


async def test_a_reinstatement_fills_a_deficit_first(books: Books) -> None:
    member_id = await books.account(this_year=50)
    award_id = await books.award(member_id, 30, NEXT_YEAR)
    await books.run(NEW_YEAR)
    await books.spend(member_id, 30)
    await books.reverse(member_id, 30, award_id)
    assert figures(await books.extend([member_id], THIS_YEAR, JUNE)) == [(20, 50)]
    assert (await books.balance(member_id), await books.lots(member_id)) == (20, [("2027-06-30", 20)])


async def test_lots_of_one_date_stand_beside_each_other_after_two_orders(books: Books) -> None:
    member_id = await books.account(this_year=10)
    await books.award(member_id, 20, JUNE)
    await books.extend([member_id], THIS_YEAR, JUNE)
    assert figures(await books.extend([member_id], JUNE, SEPTEMBER)) == [(10, 0), (20, 0)]
    await books.award(member_id, 5, SEPTEMBER)
    assert await books.lots(member_id) == [("2027-09-30", 10), ("2027-09-30", 20), ("2027-09-30", 5)]


async def test_lots_of_one_order_and_date_are_told_apart(books: Books) -> None:
    """An order is carried out again for lots of its date that came later."""
    member_id, order = await books.account(), Extension("龙政〔2026〕9号", "extension:9", THIS_YEAR, JUNE)
    for points in (10, 20, 30, 40):
        await books.award(member_id, points, THIS_YEAR)
        await books.write(extend_lots, order, member_ids=[member_id])
    assert await books.read(order_names) == [order.order_no, *(f"{order.order_no} ({count})" for count in (2, 3, 4))]
    assert sorted(await books.lots(member_id)) == [("2027-06-30", points) for points in (10, 20, 30, 40)]


def order_names(tx: Transaction) -> list[str]:
    return [row.extension_order for row in tx.all(sa.select(LOT.c.extension_order).order_by(LOT.c.id))]


async def test_only_who_is_named_is_extended(books: Books) -> None:
    one, other = await books.account(this_year=10), await books.account(this_year=10)
    assert [each.member_id for each in await books.extend([one], THIS_YEAR, JUNE)] == [one]
    await books.run(NEW_YEAR)
    assert (await books.balance(one), await books.balance(other)) == (10, 0)
