"""The timetable: what is due is done, oldest first and once, whoever looks and however late."""

import asyncio
from datetime import date

import pytest
import sqlalchemy as sa

from points_bank.activities.approval import approve_activity
from points_bank.activities.logbook import log_activity
from points_bank.activities.sheet import Sheet, SheetLine
from points_bank.actor import SYSTEM, Actor, Role
from points_bank.app import create_app
from points_bank.clock import Clock
from points_bank.database import Database
from points_bank.ledger.posting import Award, award
from points_bank.members.register import register_member
from points_bank.rules.rule_set import ServiceRole
from points_bank.scheduler import dues, run_due
from points_bank.settings import Settings
from points_bank.transaction import Transaction
from points_bank.verify import differences
from tests.bank import Bank, at


async def serve(bank: Bank, member_ids: list[int], start: str, *, recorder: Actor, approver: Actor) -> int:
    """An hour of service, logged and approved now; the activity's id."""
    hour = at(start).replace(hour=at(start).hour + 1)
    sheet = Sheet(
        branch_id=bank.district.id, role=ServiceRole.SERVICE, title="清洁", started_at=at(start), ended_at=hour,
        lines=[SheetLine(member_id=member_id) for member_id in member_ids],
    )  # fmt: skip
    logged = await bank.database.write(log_activity, sheet, by=recorder)
    assert logged.id is not None
    await bank.database.write(approve_activity, logged.id, by=approver)
    return logged.id


async def people(bank: Bank, count: int) -> list[int]:
    return [
        (await bank.database.write(register_member, name=f"住户{each}", branch_id=bank.district.id, by=SYSTEM)).id
        for each in range(count)
    ]


def lapse_soon(tx: Transaction, member_id: int, branch_id: int) -> None:
    carried = Award(
        member_id=member_id, branch_id=branch_id, points=70, minutes=0, activities=0, occurred_on=date(2026, 1, 1),
        lapses_on=date(2026, 10, 31), reference="carried:1",
    )  # fmt: skip
    award(tx, [carried], grace_days=30)


def balances(tx: Transaction) -> list[int]:
    return [row.balance_points for row in tx.all(sa.text("SELECT balance_points FROM account WHERE kind = 'member'"))]


async def test_nothing_is_due_in_an_empty_bank(bank: Bank) -> None:
    assert await bank.database.read(dues) == []
    assert await run_due(bank.database) == []


async def test_oldest_first_whatever_the_order_of_the_timetable(bank: Bank) -> None:
    recorder, approver = await bank.staff(Role.RECORDER), await bank.staff(Role.APPROVER)
    member_ids = await people(bank, 2)
    await bank.database.write(lapse_soon, member_ids[0], bank.district.id)
    await serve(bank, member_ids, "2026-10-12 07:00", recorder=recorder, approver=approver)
    bank.clock.set(at("2026-12-01 09:00"))
    done = await run_due(bank.database)
    assert [(each.job, each.due_at) for each in done] == [
        ("seal", at("2026-10-13 00:00")),
        ("settle", at("2026-10-16 00:00")),
        ("lapse", at("2026-11-01 00:00")),
        ("close", at("2026-11-01 00:00")),
        ("close", at("2026-12-01 00:00")),
    ]


@pytest.mark.racing
async def test_several_who_look_at_once_do_everything_once(bank: Bank, settings: Settings) -> None:
    recorder, approver = await bank.staff(Role.RECORDER), await bank.staff(Role.APPROVER)
    member_ids = await people(bank, 3)
    for hour in ("01", "02", "03", "04", "05", "06", "07"):
        await serve(bank, member_ids, f"2026-10-12 {hour}:00", recorder=recorder, approver=approver)
    bank.clock.set(at("2026-10-16 00:00"))
    async with Database(settings, bank.clock) as other:
        looks = await asyncio.gather(*(run_due(each) for each in (bank.database, other) for _ in range(4)))
    assert sum(done.count for look in looks for done in look) == 7
    assert await bank.database.read(balances) == [60, 60, 60], "the cap of a day"


async def test_a_server_that_comes_up_late_does_what_was_due(bank: Bank, settings: Settings) -> None:
    recorder, approver = await bank.staff(Role.RECORDER), await bank.staff(Role.APPROVER)
    member_ids = await people(bank, 1)
    await serve(bank, member_ids, "2026-10-12 07:00", recorder=recorder, approver=approver)
    app = create_app(settings, Clock(at("2027-02-01 09:00")))
    async with app.lifespan():
        for _ in range(200):
            if await bank.database.read(balances) == [10]:
                return
            await asyncio.sleep(0.02)
    raise AssertionError("the notice had ended in October")


async def test_a_job_that_fails_does_not_keep_the_others_waiting(settings: Settings, clock: Clock) -> None:
    async with Database(settings, clock) as database:
        bank = await Bank.on(database)
        recorder, approver = await bank.staff(Role.RECORDER), await bank.staff(Role.APPROVER)
        broken, whole = await people(bank, 2)
        await database.write(lapse_soon, whole, bank.district.id)
        await serve(bank, [broken], "2026-10-12 07:00", recorder=recorder, approver=approver)
        await database.write(
            lambda tx: tx.run(sa.text(f"DELETE FROM account WHERE kind = 'member' AND owner_id = {broken}"))
        )
        clock.set(at("2026-12-01 09:00"))
        done = await run_due(database)
        assert [(each.job, each.count, each.failure is None) for each in done] == [
            ("seal", 1, True),
            ("settle", 0, False),
            ("lapse", 1, True),
        ]
        assert [each.job for each in await run_due(database)] == ["settle"], "it is due again"
        assert any(f"member {broken}" in difference for difference in await differences(database))
