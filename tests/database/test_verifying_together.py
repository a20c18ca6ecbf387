"""Large books are checked by two processes on one snapshot, with the findings of one."""

import asyncio
import time
from multiprocessing import active_children

import pytest

from points_bank.actor import SYSTEM
from points_bank.database import Database
from points_bank.ledger.posting import Award, award
from points_bank.members.register import register_member
from points_bank.settings import Settings
from points_bank.transaction import Transaction
from points_bank.verify import check_books, verify
from tests.bank import Bank
from tests.tampering import tamper


async def earn(bank: Bank, number: int) -> None:
    """A new member with an award of no activity, so that the logbook and the ledger agree on nothing of it."""

    def act(tx: Transaction) -> None:
        member = register_member(tx, name="李", branch_id=bank.district.id, by=SYSTEM)
        awards = [
            Award(
                member_id=member.id, branch_id=bank.district.id, points=10, minutes=0, occurred_on=tx.today,
                lapses_on=tx.today, reference=f"opening:{number}", activities=0,
            )
        ]  # fmt: skip
        award(tx, awards, grace_days=0)

    await bank.database.write(act)


async def test_two_processes_find_what_one_finds(bank: Bank, settings: Settings) -> None:
    await earn(bank, 1)
    tamper(settings, "UPDATE account SET balance_points = 7, activities = 9 WHERE kind = 'member'")
    heard: list[str] = []
    alone = await bank.database.read(verify)
    assert await check_books(bank.database, told=lambda what, *_: heard.append(what), shared_from=0) == alone
    assert {finding.check for finding in alone if finding.differences} >= {"balances", "lifetime totals"}
    assert {"transfers", "participations"} <= set(heard)
    assert active_children() == []
    tamper(settings, "UPDATE account SET balance_points = 10, activities = 0 WHERE kind = 'member'")


async def test_books_that_are_being_written_agree_whoever_reads_them(bank: Bank) -> None:
    """Each member comes with an account and an award, in one act; half of the checks would see one without the other
    if both processes did not see the same."""
    may_stop = asyncio.Event()

    async def keep_earning() -> int:
        number = 0
        while not may_stop.is_set():
            number += 1
            await earn(bank, number)
        return number

    earning = asyncio.create_task(keep_earning())
    findings = await check_books(bank.database, shared_from=0)
    may_stop.set()
    assert await earning > 0
    assert [finding for finding in findings if finding.differences] == []


@pytest.mark.only("sqlite", "on PostgreSQL one process reads all")
async def test_a_second_process_that_is_killed_is_told(bank: Bank) -> None:
    """As soon as it is there: it needs longer to begin than to check these few books."""

    def kill() -> None:
        while not (there := active_children()):
            time.sleep(0.001)
        for process in there:
            process.kill()

    killing = asyncio.create_task(asyncio.to_thread(kill))
    with pytest.raises(ChildProcessError):
        await check_books(bank.database, shared_from=0)
    await killing


async def test_books_in_order_are_told_so_by_two(settings: Settings) -> None:
    async with Database(settings) as database:
        findings = await check_books(database, shared_from=0)
    assert len(findings) > 40
    assert not any(finding.differences for finding in findings)
