"""Damaged goods: off the shelf when one person says so, written off when a second one confirms."""

from typing import Any

import httpx
import pytest

from points_bank.actor import Role
from tests.bank import Server
from tests.redemptions.shop import Shop, items, key, open_shop, refusal
from tests.stories.district import get


@pytest.fixture
async def shop(server: Server) -> Shop:
    return await open_shop(server)


async def damaged(shop: Shop, client: httpx.AsyncClient, reward_id: int, quantity: int = 2) -> Any:
    body = {"desk_id": shop.desk.id, "kind": "damaged", "quantity": quantity, "reason": "伞骨断了"}
    answer = await client.post(f"/rewards/{reward_id}/stock-movements", json=body, headers=key())
    assert answer.status_code == 201, answer.text
    return answer.json()


async def decide(client: httpx.AsyncClient, movement: Any, what: str = "confirmation") -> httpx.Response:
    body = {"reason": "其实是好的"} if what == "rejection" else None
    return await client.post(f"/stock-movements/{movement['id']}/{what}", json=body, headers=key())


async def test_a_second_person_confirms(shop: Shop) -> None:
    keeper, other = [await shop.server.as_staff(Role.STOCK_KEEPER, branch=shop.branch) for _ in range(2)]
    reward_id = await shop.reward(stock=10)
    movement = await damaged(shop, keeper, reward_id)
    assert (movement["needs_confirmation"], movement["remaining"]) == (True, 8)
    assert refusal(await decide(keeper, movement)) == (409, "same_person")
    assert refusal(await decide(shop.clerk, movement)) == (403, "forbidden")
    confirmed = (await decide(other, movement)).json()
    assert (confirmed["state"], confirmed["quantity"]) == ("confirmed", 2)
    assert confirmed["proposed_by"] != confirmed["decided_by"]
    assert refusal(await decide(other, movement)) == (409, "already_approved")
    assert refusal(await decide(other, movement, "rejection")) == (409, "already_approved")
    assert await shop.left(reward_id) == 8


async def test_what_is_found_good_goes_back_on_the_shelf(shop: Shop) -> None:
    keeper, other = [await shop.server.as_staff(Role.STOCK_KEEPER, branch=shop.branch) for _ in range(2)]
    reward_id = await shop.reward(stock=10)
    movement = await damaged(shop, keeper, reward_id)
    assert (await decide(other, movement, "rejection")).json()["state"] == "rejected"
    assert await shop.left(reward_id) == 10
    listed = await get(shop.clerk, f"/desks/{shop.desk.id}/write-offs")
    assert [(each["id"], each["state"]) for each in listed["items"]] == [(movement["id"], "rejected")]


async def test_only_damaged_goods_are_confirmed_and_only_there(shop: Shop) -> None:
    keeper = await shop.server.as_staff(Role.STOCK_KEEPER)
    elsewhere = await shop.server.as_staff(Role.STOCK_KEEPER, branch=await shop.server.bank.branch("银宇小区"))
    reward_id = await shop.reward(stock=10)
    movement = await damaged(shop, keeper, reward_id)
    assert refusal(await decide(elsewhere, movement)) == (404, "not_found")
    for stray in (movement["id"] - 1, movement["id"] + 99):
        assert refusal(await decide(keeper, {"id": stray})) == (404, "not_found")


async def test_a_repeat_decides_once(shop: Shop) -> None:
    keeper, other = [await shop.server.as_staff(Role.STOCK_KEEPER, branch=shop.branch) for _ in range(2)]
    movement = await damaged(shop, keeper, await shop.reward(stock=10))
    path = f"/stock-movements/{movement['id']}/confirmation"
    assert refusal(await other.post(path)) == (422, "idempotency_key_required")
    answers = [await other.post(path, headers={"Idempotency-Key": "same"}) for _ in range(2)]
    assert answers[0].json() == answers[1].json()
    assert answers[1].headers["idempotency-replayed"] == "true"


async def test_what_comes_back_broken_is_put_aside_at_once(shop: Shop) -> None:
    member, reward_id = await shop.member(200), await shop.reward(50, stock=3)
    redemption = (await shop.redeem(member.id, (reward_id, 3))).json()
    path = f"/redemptions/{redemption['id']}/cancellation"
    for broken in (items((reward_id, 4)), items((reward_id + 99, 1)), items((reward_id, 1), (reward_id, 1))):
        refused = await shop.clerk.post(path, json={"reason": "坏了", "damaged": broken}, headers=key())
        assert refusal(refused) == (422, "invalid")
    body = {"reason": "坏了", "damaged": items((reward_id, 2))}
    answer = await shop.clerk.post(path, json=body, headers=key())
    assert (answer.status_code, answer.json()["spendable_points"]) == (200, 200)
    assert await shop.left(reward_id) == 1
    (line,) = (await get(shop.clerk, f"/desks/{shop.desk.id}/write-offs"))["items"]
    assert (line["state"], line["quantity"], line["reason"]) == ("proposed", 2, "坏了")
    keeper = await shop.server.as_staff(Role.STOCK_KEEPER, branch=shop.branch)
    assert (await decide(keeper, line)).json()["state"] == "confirmed"
