"""Whatever happens at a desk, in whatever order: the books agree, and nothing is had for nothing."""

import random
from datetime import timedelta
from typing import Any

import pytest

from points_bank.actor import SYSTEM
from points_bank.errors import Conflict, NotFound
from points_bank.redemptions.cancellation import cancel_redemption
from points_bank.redemptions.desk import redeem
from points_bank.redemptions.reservation import collect_reservation, reservation_code, reserve
from points_bank.rewards.stock import Goods
from points_bank.verify import differences
from tests.bank import at
from tests.redemptions.shop import NEXT_YEAR, THIS_YEAR, Shop

STEPS = 120


async def step(shop: Shop, chance: random.Random, members: list[int], rewards: list[int], ordered: list[int]) -> str:
    """Do one thing that may or may not be allowed; its name."""
    deed = chance.choice(["redeem", "redeem", "reserve", "reserve", "collect", "cancel", "grant", "due"])
    member_id = chance.choice(members)
    goods = [Goods(each, chance.randint(1, 2)) for each in chance.sample(rewards, chance.randint(1, 2))]
    order: dict[str, Any] = {"desk_id": shop.desk.id, "items": goods, "member_id": member_id, "by": SYSTEM}
    if deed == "redeem":
        ordered.append((await shop.write(redeem, **order)).id)
    elif deed == "reserve":
        ordered.append((await shop.write(reserve, **order)).id)
    elif deed == "grant":
        lapses_on = chance.choice([THIS_YEAR, NEXT_YEAR])
        await shop.grant(member_id, chance.randint(20, 200), lapses_on=lapses_on)
    elif deed == "due":
        await shop.due()
    elif ordered:
        redemption_id = chance.choice(ordered)
        if deed == "cancel":
            await shop.write(cancel_redemption, redemption_id, reason="退", by=SYSTEM)
        else:
            code = await shop.read(reservation_code, redemption_id)
            await shop.write(collect_reservation, redemption_id, desk_id=shop.desk.id, code=code, by=SYSTEM)
    return deed


@pytest.mark.parametrize("seed", range(4))
async def test_the_books_agree(shop: Shop, seed: int) -> None:
    """From December into March, over the year's end, with a bank that now and then does what is due."""
    chance, now = random.Random(seed), at("2026-12-01 09:00")
    members = [(await shop.member(chance.randint(100, 400), lapses_on=THIS_YEAR)).id for _ in range(4)]
    rewards = [await shop.reward(cost, stock=12) for cost in (30, 50, 80, 150)]
    ordered: list[int] = []
    done: dict[str, int] = {}
    for _ in range(STEPS):
        now += timedelta(hours=chance.randint(0, 36))
        shop.server.bank.clock.set(now)
        try:
            deed = await step(shop, chance, members, rewards, ordered)
        except (Conflict, NotFound) as refusal:
            deed = refusal.code
        done[deed] = done.get(deed, 0) + 1
        assert min([await shop.spendable(member_id) for member_id in members]) >= 0
    await shop.due()
    assert await differences(shop.server.bank.database) == []
    assert {"redeem", "reserve", "collect", "cancel"} <= done.keys()
