"""Reminders: once for each date and round, whenever the server was up, and however often or by how many it is run."""

import asyncio
from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa

from points_bank.actor import SYSTEM
from points_bank.database import Database
from points_bank.ledger.posting import TRANSFER, Award, award
from points_bank.ledger.reversal import reverse
from points_bank.members.changes import close_member
from points_bank.messages import reminders
from points_bank.messages.reminders import next_reminder, remind_due
from points_bank.outbox import MESSAGE, MessageKind
from points_bank.scheduler import run_due
from points_bank.settings import Settings
from points_bank.transaction import Transaction
from tests.bank import Bank, at
from tests.members.conftest import Estates, estates_of

THIS_YEAR, NEXT_YEAR = date(2026, 12, 31), date(2027, 12, 31)
_AWARDS = sa.select(TRANSFER.c.id).where(TRANSFER.c.reference.like(sa.bindparam("reference")))
_TOLD = sa.select(MESSAGE.c.member_id, MESSAGE.c.figures, MESSAGE.c.told_at).order_by(MESSAGE.c.id)


@pytest.fixture
async def estates(bank: Bank) -> Estates:
    return await estates_of(bank)


async def owner(estates: Estates, points: int, lapses_on: date = THIS_YEAR) -> int:
    """A new member with points carried over from paper; their id."""
    member = await estates.member()
    await carry(estates, member.id, points, lapses_on)
    return int(member.id)


async def carry(estates: Estates, member_id: int, points: int, lapses_on: date = THIS_YEAR) -> None:
    carried = Award(
        member_id=member_id, branch_id=estates.home.id, points=points, minutes=0, activities=0,
        occurred_on=date(2026, 1, 1), lapses_on=lapses_on, reference=f"carried:{member_id}/{points}",
    )  # fmt: skip
    await estates.write(award, [carried], grace_days=30)


async def told(estates: Estates) -> list[tuple[int, int, int]]:
    """What was told so far: member, points, days that are left."""

    def read(tx: Transaction) -> list[Any]:
        return [(row.member_id, row.figures["points"], row.figures["days"]) for row in tx.all(_TOLD)]

    found: list[tuple[int, int, int]] = await estates.read(read)
    return found


async def at_instant(estates: Estates, when: str) -> list[tuple[int, int, int]]:
    """What is told when the clock comes to an instant."""
    before = len(await told(estates))
    estates.bank.clock.set(at(when))
    await run_due(estates.bank.database)
    return (await told(estates))[before:]


async def test_at_60_and_at_15_days_by_the_districts_clock(estates: Estates) -> None:
    first, second = await owner(estates, 120), await owner(estates, 200, NEXT_YEAR)
    assert await estates.read(next_reminder) == at("2026-11-01 09:00")
    assert await at_instant(estates, "2026-11-01 08:59") == []
    assert await at_instant(estates, "2026-11-01 09:00") == [(first, 120, 60)]
    assert await at_instant(estates, "2026-12-16 08:59") == []
    assert await at_instant(estates, "2026-12-16 09:00") == [(first, 120, 15)]
    assert await at_instant(estates, "2026-12-31 23:59") == []
    assert await at_instant(estates, "2027-11-01 09:00") == [(second, 200, 60)]


async def test_only_what_is_left_is_told_and_nothing_where_nothing_is(estates: Estates) -> None:
    first, second = await owner(estates, 120), await owner(estates, 50)
    await at_instant(estates, "2026-11-01 09:00")
    await estates.write(take_back, first, 100)
    await estates.write(take_back, second, 50)
    assert await at_instant(estates, "2026-12-16 09:00") == [(first, 20, 15)]


def take_back(tx: Transaction, member_id: int, points: int) -> None:
    """Take points of a member's only award back."""
    back = Award(
        member_id=member_id, branch_id=1, points=points, minutes=0, activities=0, occurred_on=tx.today,
        lapses_on=THIS_YEAR, reference=f"back:{member_id}",
    )  # fmt: skip
    awards = [row.id for row in tx.all(_AWARDS, reference=f"carried:{member_id}/%")]
    reverse(tx, back, of=awards, floor_points=0)


async def test_after_an_outage_the_round_that_is_on_is_told_and_not_the_one_missed(estates: Estates) -> None:
    member_id = await owner(estates, 120)
    assert await at_instant(estates, "2026-12-20 10:00") == [(member_id, 120, 11)]
    assert await at_instant(estates, "2026-12-21 10:00") == []


async def test_points_that_come_while_a_round_is_on_are_told_at_the_next_look(estates: Estates) -> None:
    first = await owner(estates, 120)
    await at_instant(estates, "2026-11-01 09:00")
    second = await owner(estates, 30)
    await carry(estates, first, 10)
    assert await at_instant(estates, "2026-11-21 09:00") == [(second, 30, 40)]
    assert await at_instant(estates, "2026-12-16 09:00") == [(first, 130, 15), (second, 30, 15)]


async def test_a_closed_passbook_is_not_reminded(estates: Estates) -> None:
    member_id = await owner(estates, 120)
    await estates.write(close_member, member_id, reason="家属通知", by=SYSTEM)
    assert await at_instant(estates, "2026-11-01 09:00") == []


@pytest.mark.racing
async def test_in_small_parts_by_several_and_killed_half_way_each_is_told_once(
    estates: Estates, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reminders, "LOTS_AT_A_TIME", 2)
    owners = [await owner(estates, 10 + number) for number in range(5)]
    estates.bank.clock.set(at("2026-11-01 09:00"))

    def die(tx: Transaction) -> None:
        assert remind_due(tx, due_at=at("2026-11-01 09:00")) == 2
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await estates.write(die)
    async with Database(settings, estates.bank.clock) as other:
        await asyncio.gather(*(run_due(each) for each in (estates.bank.database, other) for _ in range(3)))
    assert [member_id for member_id, _, _ in await told(estates)] == owners
    assert await estates.read(next_reminder) == at("2026-12-16 09:00")
    kinds = await estates.read(lambda tx: {row.kind for row in tx.all(sa.select(MESSAGE.c.kind))})
    assert kinds == {MessageKind.LAPSE_SOON}
