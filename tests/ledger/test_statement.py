"""A member's account line by line."""

from points_bank.ledger.statement import StatementLine, statement
from tests.ledger.books import Books


async def test_lines_are_signed_newest_first_and_come_in_parts(books: Books) -> None:
    member_id = await books.account()
    first = await books.award(member_id, 100)
    exchange = await books.spend(member_id, 60)
    reserved = await books.hold(member_id, 30)
    await books.collect(reserved)
    await books.give_back(member_id, exchange)
    await books.reverse(member_id, 5, first)
    account_id = (await books.now(member_id)).id

    async def lines(before_id: int, most: int) -> list[StatementLine]:
        found: list[StatementLine] = await books.read(statement, account_id, before_id=before_id, most=most)
        return found

    whole = await lines(2**62, 100)
    assert [(line.kind.value, line.amount_points, line.balance_points) for line in whole] == [
        ("reversal", -5, 65),
        ("refund", 60, 70),
        ("hold", -30, 10),
        ("redemption", -60, 40),
        ("award", 100, 100),
    ]
    assert await lines(2**62, 2) + await lines(whole[1].id, 100) == whole
    assert await lines(whole[-1].id, 100) == []


async def test_an_account_without_transfers_has_no_lines(books: Books) -> None:
    account_id = (await books.now(await books.account())).id
    assert await books.read(statement, account_id, before_id=2**62, most=10) == []
