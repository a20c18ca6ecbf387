"""Lapse: a lot past its date is spent by nobody, and booked away once, whoever comes first."""

from datetime import date

import pytest
import sqlalchemy as sa

from points_bank.clock import Clock
from points_bank.database import Database
from points_bank.errors import InsufficientPoints
from points_bank.ledger.lapse import ACCOUNTS_AT_A_TIME, lapse_due, next_lapse
from points_bank.ledger.posting import TRANSFER, award, open_account
from points_bank.ledger.statement import statement
from points_bank.scheduler import do_next, run_due
from points_bank.settings import Settings
from points_bank.transaction import Transaction
from tests.bank import at
from tests.ledger.books import GRACE_DAYS, THIS_YEAR, Books

NEW_YEAR = "2027-01-01 00:00"


async def lapsed(books: Books, member_id: int) -> list[tuple[str, int]]:
    """What lapsed of a member's points, by date."""

    def read(tx: Transaction, account_id: int) -> list[tuple[str, int]]:
        lines = statement(tx, account_id, before_id=2**62, most=1_000)
        return [(str(line.occurred_on), -line.amount_points) for line in lines if line.kind == "lapse"]

    found: list[tuple[str, int]] = await books.read(read, (await books.now(member_id)).id)
    return found


async def test_story_5(books: Books) -> None:
    member_id = await books.account(this_year=120, next_year=200)
    books.it_is("2026-12-15 10:00")
    await books.spend(member_id, 100)
    assert await books.run("2026-12-31 23:59") == []
    assert await books.spendable(member_id) == 220
    assert [(done.job, done.count, done.due_at) for done in await books.run(NEW_YEAR)] == [("lapse", 1, at(NEW_YEAR))]
    assert (await books.balance(member_id), await books.lots(member_id)) == (200, [("2027-12-31", 200)])
    assert await lapsed(books, member_id) == [("2026-12-31", 20)]
    assert (await books.now(member_id)).service_minutes == 320 * 6
    for _ in range(2):
        assert await books.run("2027-01-02 00:00") == []
    assert await books.balance(member_id) == 200


async def test_a_lot_past_its_date_is_spent_by_nobody_though_no_job_ran(books: Books) -> None:
    member_id = await books.account(this_year=120, next_year=30)
    books.it_is(NEW_YEAR)
    assert (await books.spendable(member_id), await books.balance(member_id)) == (30, 150)
    with pytest.raises(InsufficientPoints) as refused:
        await books.spend(member_id, 31)
    assert refused.value.fields["spendable_points"] == 30
    assert await lapsed(books, member_id) == [], "a refused act books nothing"
    await books.spend(member_id, 10)
    assert (await books.balance(member_id), await lapsed(books, member_id)) == (20, [("2026-12-31", 120)])
    assert await books.run(NEW_YEAR) == []
    assert await lapsed(books, member_id) == [("2026-12-31", 120)]


async def test_a_job_that_comes_late_books_each_lot_on_its_own_date(books: Books) -> None:
    member_id = await books.account(this_year=5, next_year=7)
    done = await books.run("2028-03-01 09:00")
    assert [(each.count, each.due_at) for each in done] == [(1, at(NEW_YEAR)), (1, at("2028-01-01 00:00"))]
    assert sorted(await lapsed(books, member_id)) == [("2026-12-31", 5), ("2027-12-31", 7)]


async def test_what_is_released_into_a_lapsed_lot_as_of_earlier_lapses_again(books: Books) -> None:
    member_id = await books.account(this_year=60)
    reserved = await books.hold(member_id, 25)
    await books.run(NEW_YEAR)
    await books.release(member_id, reserved, on=THIS_YEAR)
    assert await books.spendable(member_id) == 0
    assert [done.count for done in await run_due(books.database)] == [1]
    assert await lapsed(books, member_id) == [("2026-12-31", 25), ("2026-12-31", 35)]
    assert await books.balance(member_id) == 0


async def test_each_lapse_of_one_lot_has_a_name_of_its_own(books: Books) -> None:
    member_id = await books.account(this_year=60)
    reserved = [await books.hold(member_id, points) for points in (25, 10)]
    await books.run(NEW_YEAR)
    for reference in reserved:
        await books.release(member_id, reference, on=THIS_YEAR)
        await run_due(books.database)
    names: list[str] = await books.read(lapse_names)
    lot = names[0]
    assert names == [lot, f"{lot}/2", f"{lot}/3"]
    (extended,) = await books.extend([member_id], THIS_YEAR, date(2027, 6, 30))
    assert (extended.remaining_points, extended.reinstated_points) == (60, 60)
    assert f"lot:{extended.lot_id}:2026-12-31" == lot
    assert await books.lots(member_id) == [("2027-06-30", 60)]


def lapse_names(tx: Transaction) -> list[str]:
    """What each lapse is called in the books, in order."""
    lapses = sa.select(TRANSFER.c.reference).where(TRANSFER.c.kind == "lapse").order_by(TRANSFER.c.id)
    return [row.reference for row in tx.all(lapses)]


async def test_a_job_that_dies_midway_leaves_the_same_as_one_that_did_not(
    books: Books, settings: Settings, clock: Clock
) -> None:
    many = ACCOUNTS_AT_A_TIME + 20
    owners = range(1_000, 1_000 + many)

    def open_many(tx: Transaction) -> None:
        for owner in owners:
            open_account(tx, owner)
        award(tx, [books.an_award(owner, 20, THIS_YEAR) for owner in owners], grace_days=GRACE_DAYS)

    def die(tx: Transaction) -> None:
        assert lapse_due(tx, due_at=at(NEW_YEAR)) == ACCOUNTS_AT_A_TIME
        raise ZeroDivisionError

    await books.write(open_many)
    books.it_is(NEW_YEAR)
    with pytest.raises(ZeroDivisionError):
        await books.write(die)
    assert sum([await books.balance(owner) for owner in owners]) == 20 * many

    done = await books.write(do_next, {"close", "seal"})
    assert done.count == ACCOUNTS_AT_A_TIME, "one act of the job, before the server died"
    async with Database(settings, clock) as restarted:
        assert [each.count for each in await run_due(restarted) if each.job == "lapse"] == [20]
        assert await run_due(restarted) == []
    assert await books.read(next_lapse) is None
    for owner in (owners[0], owners[-1]):
        assert await lapsed(books, owner) == [("2026-12-31", 20)]
    assert {await books.balance(owner) for owner in owners} == {0}
