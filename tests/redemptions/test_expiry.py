"""Reservations that nobody collects give points and goods back by themselves."""

import asyncio

import pytest

from points_bank.scheduler import do_next, run_due
from tests.redemptions.shop import NEXT_YEAR, THIS_YEAR, Shop


async def test_what_ran_out_goes_back(shop: Shop) -> None:
    shop.now("2026-11-20 10:00")
    member = await shop.member(60, lapses_on=THIS_YEAR)
    await shop.grant(member.id, 100, lapses_on=NEXT_YEAR)
    reward_id = await shop.reward(80)
    await shop.reserve(member.id, (reward_id, 1))
    shop.now("2026-12-20 09:59")
    assert await shop.due() == []
    shop.now("2026-12-20 10:01")
    assert await shop.due() == [("release", 1)]
    assert await shop.lots(member.id) == [("2026-12-31", 60), ("2027-12-31", 100)]
    assert await shop.left(reward_id) == 10
    assert await shop.due() == []


async def test_a_bank_that_was_closed_over_the_year_end_books_the_same(shop: Shop) -> None:
    """Released before the lot's date, its points lapse with the lot, however late the bank opens."""
    shop.now("2026-11-20 10:00")
    member, reward_id = await shop.member(100, lapses_on=THIS_YEAR), await shop.reward(80)
    await shop.reserve(member.id, (reward_id, 1))
    shop.now("2027-03-01 10:00")
    assert await shop.due() == [("release", 1), ("lapse", 1)]
    assert await shop.lots(member.id) == []
    assert await shop.spendable(member.id) == 0


async def test_a_lot_that_lapsed_before_gets_days_of_grace(shop: Shop) -> None:
    """From the day on which the reservation ran out, not from the day on which it was booked."""
    shop.now("2026-12-20 10:00")
    member, reward_id = await shop.member(100, lapses_on=THIS_YEAR), await shop.reward(80)
    await shop.reserve(member.id, (reward_id, 1))
    shop.now("2027-01-25 10:00")
    assert await shop.due() == [("lapse", 1), ("release", 1)]
    assert await shop.lots(member.id) == [("2027-02-18", 80)]


async def test_a_lot_lapses_again_when_points_come_back_after_its_lapse_was_booked(shop: Shop) -> None:
    """Shortly after the year's end a desk may book a lapse before the release that was due just before it."""
    shop.now("2026-12-01 23:59")
    member = await shop.member(180, lapses_on=THIS_YEAR)
    await shop.grant(member.id, 150, lapses_on=NEXT_YEAR)
    reward_id = await shop.reward(80)
    await shop.reserve(member.id, (reward_id, 1))
    shop.now("2027-01-01 00:05")
    assert (await shop.redeem(member.id, (reward_id, 1))).json()["spendable_points"] == 70
    assert await shop.due() == [("release", 1), ("lapse", 1)]
    assert await shop.lots(member.id) == [("2027-12-31", 70)]


async def test_many_run_out_at_once(shop: Shop) -> None:
    shop.now("2026-11-20 10:00")
    members = [await shop.member(200) for _ in range(5)]
    reward_id = await shop.reward(80)
    for member in members:
        await shop.reserve(member.id, (reward_id, 2))
    assert await shop.left(reward_id) == 0
    shop.now("2027-02-01 10:00")
    assert sum(count for job, count in await shop.due() if job == "release") == 5
    assert [await shop.spendable(member.id) for member in members] == [200] * 5
    assert await shop.left(reward_id) == 10


@pytest.mark.racing
async def test_two_who_look_at_once_release_each_once(shop: Shop) -> None:
    shop.now("2026-11-20 10:00")
    reward_id = await shop.reward(50, stock=20)
    members = [await shop.member(100) for _ in range(8)]
    for member in members:
        await shop.reserve(member.id, (reward_id, 1))
    shop.now("2026-12-31 10:00")
    database = shop.server.bank.database
    assert await database.write(do_next, {"close", "seal"}) is not None
    looks = await asyncio.gather(*(run_due(database) for _ in range(3)))
    assert sum(done.count for look in looks for done in look if done.job == "release") == 7
    assert [await shop.spendable(member.id) for member in members] == [100] * 8
