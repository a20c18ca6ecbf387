"""Waiting lists: joined when something is sold out, told in order when it comes back, left when served."""

import asyncio

import httpx
import pytest

from points_bank.actor import Role
from tests.bank import Server
from tests.redemptions.shop import Shop, items, key, open_shop, refusal
from tests.stories.district import get


@pytest.fixture
async def shop(server: Server) -> Shop:
    return await open_shop(server)


async def join(
    shop: Shop, reward_id: int, who: int | str, *, client: httpx.AsyncClient | None = None
) -> httpx.Response:
    body = {"desk_id": shop.desk.id, "card_no" if isinstance(who, str) else "member_id": who}
    return await (client or shop.clerk).post(f"/rewards/{reward_id}/waiting-list", json=body, headers=key())


async def told(shop: Shop, member_id: int) -> list[str]:
    viewer = await shop.server.as_staff(Role.OVERSEER)
    messages = (await get(viewer, f"/members/{member_id}/messages"))["items"]
    return [each["text"] for each in messages if each["kind"] == "goods_back"]


async def in_line(shop: Shop, reward_id: int) -> list[tuple[int, int | None]]:
    found = await get(shop.clerk, f"/rewards/{reward_id}/waiting-list", desk_id=shop.desk.id)
    return [(each["member_id"], each["place"]) for each in found["items"]]


async def test_as_many_are_told_as_came_back_in_the_order_of_joining(shop: Shop) -> None:
    reward_id = await shop.reward(stock=0)
    one, two, three = [await shop.member() for _ in range(3)]
    for member in (one, two, three):
        assert (await join(shop, reward_id, member.id)).status_code == 201
    assert await in_line(shop, reward_id) == [(one.id, 1), (two.id, 2), (three.id, 3)]
    await shop.receive(reward_id, 2)
    assert await in_line(shop, reward_id) == [(one.id, None), (two.id, None), (three.id, 1)]
    assert [len(await told(shop, each.id)) for each in (one, two, three)] == [1, 1, 0]
    assert "佛子兑换点" in (await told(shop, one.id))[0]


async def test_what_a_member_gives_back_or_a_reservation_frees_is_told_too(shop: Shop) -> None:
    reward_id = await shop.reward(80, stock=1)
    buyer, waiting = await shop.member(200), await shop.member()
    redemption = (await shop.redeem(buyer.id, (reward_id, 1))).json()
    await join(shop, reward_id, waiting.card_no)
    await shop.cancel(redemption["id"])
    assert len(await told(shop, waiting.id)) == 1


async def test_who_is_served_waits_no_longer(shop: Shop) -> None:
    reward_id = await shop.reward(80, stock=0)
    one, two = await shop.member(200), await shop.member(200)
    for member in (one, two):
        await join(shop, reward_id, member.id)
    await shop.receive(reward_id, 1)
    assert (await shop.redeem(two.id, (reward_id, 1))).status_code == 201, "nothing is held: first come, first served"
    assert await in_line(shop, reward_id) == [(one.id, None)]
    own = await shop.as_member(one.id)
    assert [each["state"] for each in (await get(own, "/me/waiting-list"))["items"]] == ["told"]


async def test_a_member_joins_and_leaves_alone(shop: Shop) -> None:
    reward_id, member = await shop.reward(stock=0), await shop.member()
    own, body = await shop.as_member(member.id), {"reward_id": reward_id, "desk_id": shop.desk.id}
    joined = [(await own.post("/me/waiting-list", json=body, headers=key())).json() for _ in range(2)]
    assert joined[0] == joined[1], "who is in line keeps the place"
    other = await shop.as_member((await shop.member()).id)
    path = f"/waiting-list/{joined[0]['id']}"
    assert refusal(await other.delete(path)) == (404, "not_found")
    for _ in range(2):
        assert (await own.delete(path)).status_code == 204
    assert (await get(own, "/me/waiting-list"))["items"] == []
    await shop.receive(reward_id, 1)
    assert await told(shop, member.id) == []


async def test_what_is_there_is_not_waited_for(shop: Shop) -> None:
    reward_id, member = await shop.reward(stock=3), await shop.member()
    refused = await join(shop, reward_id, member.id)
    assert (refusal(refused), refused.json()["fields"]["remaining_quantity"]) == ((409, "in_stock"), 3)
    assert refusal(await join(shop, reward_id + 99, member.id)) == (404, "not_found")
    await shop.server.as_staff(Role.RECORDER)
    assert await in_line(shop, reward_id) == []


@pytest.mark.racing
async def test_joining_twice_at_once_is_one_place(shop: Shop) -> None:
    reward_id, member = await shop.reward(stock=0), await shop.member()
    answers = await asyncio.gather(*(join(shop, reward_id, member.id) for _ in range(6)))
    assert {answer.json()["id"] for answer in answers} == {1}
    assert await in_line(shop, reward_id) == [(member.id, 1)]


async def test_broken_goods_that_come_back_are_announced_to_nobody(shop: Shop) -> None:
    reward_id = await shop.reward(80, stock=1)
    buyer, waiting = await shop.member(200), await shop.member()
    redemption = (await shop.redeem(buyer.id, (reward_id, 1))).json()
    await join(shop, reward_id, waiting.id)
    body = {"reason": "坏了", "damaged": items((reward_id, 1))}
    await shop.clerk.post(f"/redemptions/{redemption['id']}/cancellation", json=body, headers=key())
    assert await told(shop, waiting.id) == []
