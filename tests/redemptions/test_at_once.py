"""Several clerks in the same second."""

import asyncio

import pytest

from points_bank.actor import Role
from tests.redemptions.shop import Shop, items, key, refusal, statuses

pytestmark = pytest.mark.racing


async def test_the_last_item_goes_once(shop: Shop) -> None:
    """S13: stock belongs to a desk, so both clerks draw on the same row; the second is told and keeps the points."""
    umbrella = await shop.reward(200, stock=1)
    members = [await shop.member(300), await shop.member(300)]
    clerks = [shop.clerk, await shop.server.as_staff(Role.CLERK, branch=shop.branch)]
    answers = await asyncio.gather(
        *(shop.redeem(member.id, (umbrella, 1), client=clerk) for member, clerk in zip(members, clerks, strict=True))
    )
    assert statuses(answers) == {201: 1, "out_of_stock": 1}
    refused = next(answer for answer in answers if not answer.is_success)
    assert refused.json()["fields"] == {"reward_id": umbrella, "remaining_quantity": 0}
    assert sorted([await shop.spendable(member.id) for member in members]) == [100, 300]
    assert await shop.left(umbrella) == 0
    assert len(await shop.register()) == 1


async def test_the_last_item_goes_once_reserved_or_exchanged(shop: Shop) -> None:
    umbrella = await shop.reward(200, stock=3)
    members = [await shop.member(300) for _ in range(8)]
    orders = [shop.reserve, shop.redeem] * 4
    answers = await asyncio.gather(
        *(order(member.id, (umbrella, 1)) for order, member in zip(orders, members, strict=True))
    )
    assert statuses(answers) == {201: 3, "out_of_stock": 5}
    assert sorted([await shop.spendable(member.id) for member in members]) == [100] * 3 + [300] * 5


async def test_a_desk_does_not_take_from_another(shop: Shop) -> None:
    """What another desk still has helps nobody here: whoever wants it goes there."""
    umbrella = await shop.reward(200, stock=0)
    desk = await shop.second_desk()
    await shop.receive(umbrella, 1, desk=desk)
    member = await shop.member(300)
    assert refusal(await shop.redeem(member.id, (umbrella, 1))) == (409, "out_of_stock")
    assert (await shop.redeem(member.id, (umbrella, 1), desk_id=desk.id)).status_code == 201


async def test_sixteen_exchanges_of_one_balance(shop: Shop) -> None:
    """As many succeed as the balance pays: 330 points, 50 each while 100 are there."""
    member, reward_id = await shop.member(330), await shop.reward(50, stock=100)
    answers = await asyncio.gather(*(shop.redeem(member.card_no, (reward_id, 1)) for _ in range(16)))
    assert statuses(answers) == {201: 5, "below_redemption_minimum": 11}
    left = sorted([answer.json()["spendable_points"] for answer in answers if answer.is_success], reverse=True)
    assert left == [280, 230, 180, 130, 80]
    assert (await shop.spendable(member.id), await shop.left(reward_id)) == (80, 95)


async def test_eight_reservations_and_eight_exchanges_of_one_balance(shop: Shop) -> None:
    member, reward_id = await shop.member(330), await shop.reward(50, stock=100)
    orders = [shop.reserve, shop.redeem] * 8
    answers = await asyncio.gather(*(order(member.id, (reward_id, 1)) for order in orders))
    assert statuses(answers) == {201: 5, "below_redemption_minimum": 11}
    assert (await shop.spendable(member.id), await shop.left(reward_id)) == (80, 95)


async def test_sixteen_cancel_one_reservation(shop: Shop) -> None:
    member, reward_id = await shop.member(300), await shop.reward(80)
    reserved = (await shop.reserve(member.id, (reward_id, 1))).json()
    answers = await asyncio.gather(*(shop.cancel(reserved["id"]) for _ in range(16)))
    assert statuses(answers) == {200: 1, "already_cancelled": 15}
    assert (await shop.spendable(member.id), await shop.left(reward_id)) == (300, 10)


async def test_sixteen_exchanges_that_each_take_more_than_half(shop: Shop) -> None:
    member, reward_id = await shop.member(250), await shop.reward(150, stock=100)
    answers = await asyncio.gather(*(shop.redeem(member.id, (reward_id, 1)) for _ in range(16)))
    assert statuses(answers) == {201: 1, "insufficient_points": 15}
    assert await shop.spendable(member.id) == 100


async def test_sixteen_exchanges_against_the_month(shop: Shop) -> None:
    member, reward_id = await shop.member(5_000), await shop.reward(120, stock=100)
    answers = await asyncio.gather(*(shop.redeem(member.id, (reward_id, 1)) for _ in range(16)))
    assert statuses(answers) == {201: 4, "redemption_limit": 12}


async def test_sixty_four_repeats_of_one_key(shop: Shop) -> None:
    member, reward_id = await shop.member(300), await shop.reward(80)
    body = {"member_id": member.id, "desk_id": shop.desk.id, "items": items((reward_id, 1))}
    headers = key()
    for path in ("/redemptions", "/reservations"):
        answers = await asyncio.gather(*(shop.clerk.post(path, json=body, headers=headers) for _ in range(64)))
        assert {answer.status_code for answer in answers} == {201}
        assert len({answer.text for answer in answers}) == 1
        assert sum(answer.headers.get("idempotency-replayed") == "true" for answer in answers) == 63
    assert (await shop.spendable(member.id), await shop.left(reward_id)) == (140, 8)


async def test_collected_and_cancelled_at_once(shop: Shop) -> None:
    member, reward_id = await shop.member(300), await shop.reward(80)
    reserved = (await shop.reserve(member.id, (reward_id, 1))).json()
    answers = await asyncio.gather(
        *(shop.collect(reserved["id"], reserved["code"]) for _ in range(4)),
    )
    assert statuses(answers) == {200: 1, "already_collected": 3}
    answers = await asyncio.gather(*(shop.cancel(reserved["id"]) for _ in range(4)))
    assert statuses(answers) == {200: 1, "already_cancelled": 3}
    assert (await shop.spendable(member.id), await shop.left(reward_id)) == (300, 10)


async def test_guesses_at_once_are_all_counted(shop: Shop) -> None:
    member, reward_id = await shop.member(300), await shop.reward(80)
    reserved = (await shop.reserve(member.id, (reward_id, 1))).json()
    guesses = [f"{(int(reserved['code']) + step) % 1_000_000:06}" for step in range(1, 21)]
    answers = await asyncio.gather(*(shop.collect(reserved["id"], guess) for guess in guesses))
    assert statuses(answers) == {"wrong_code": 5, "too_many_tries": 15}
