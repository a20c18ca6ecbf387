"""Sponsors and what came of their goods, in counts and without names."""

from typing import Any

import httpx
import pytest

from points_bank.actor import Role
from tests.bank import Server
from tests.redemptions.shop import Shop, key, open_shop, refusal
from tests.stories.district import get, post


@pytest.fixture
async def shop(server: Server) -> Shop:
    return await open_shop(server)


@pytest.fixture
async def root(shop: Shop) -> httpx.AsyncClient:
    return await shop.server.as_staff(Role.ADMINISTRATOR)


async def sponsor(shop: Shop, root: httpx.AsyncClient, name: str) -> int:
    body = {"name": name, "branch_id": shop.server.bank.district.id}
    return int((await post(root, "/sponsors", body, status=201))["id"])


async def move(
    shop: Shop, root: httpx.AsyncClient, reward_id: int, kind: str, quantity: int, **more: Any
) -> httpx.Response:
    body = {"desk_id": shop.desk.id, "kind": kind, "quantity": quantity, "reason": "-"} | more
    return await root.post(f"/rewards/{reward_id}/stock-movements", json=body, headers=key())


async def sheet(root: httpx.AsyncClient, sponsor_id: int, month: str) -> list[list[int]]:
    """Opening, received, issued, damaged, unconfirmed, counted, left; a line a reward."""
    found = await get(root, f"/sponsors/{sponsor_id}/months/{month}")
    names = ("opening", "received", "issued", "damaged", "damaged_unconfirmed", "counted", "left")
    return [[line[name] for name in names] for line in found["goods"]]


async def test_the_oldest_goods_of_a_reward_are_issued_first(shop: Shop, root: httpx.AsyncClient) -> None:
    reward_id, member = await shop.reward(50, stock=0), await shop.member(500)
    shoes, market = await sponsor(shop, root, "鞋材市场"), await sponsor(shop, root, "便民超市")
    assert (await move(shop, root, reward_id, "received", 3, sponsor_id=shoes)).json()["sponsor_id"] == shoes
    await move(shop, root, reward_id, "received", 2)
    await move(shop, root, reward_id, "received", 5, sponsor_id=market)
    shop.now("2026-11-02 09:00")
    first = (await shop.redeem(member.id, (reward_id, 3))).json()
    await shop.redeem(member.id, (reward_id, 3))
    await shop.cancel(first["id"])
    await move(shop, root, reward_id, "damaged", 1)
    await move(shop, root, reward_id, "counted", 5)
    assert await sheet(root, shoes, "2026-10") == [[0, 3, 0, 0, 0, 0, 3]]
    assert await sheet(root, shoes, "2026-11") == [[3, 0, 0, 1, 1, -1, 1]]
    assert await sheet(root, market, "2026-11") == [[5, 0, 1, 0, 0, 0, 4]]
    assert await sheet(root, shoes, "2026-10") == [[0, 3, 0, 0, 0, 0, 3]]


async def test_what_was_found_good_is_not_damaged(shop: Shop, root: httpx.AsyncClient) -> None:
    reward_id, shoes = await shop.reward(50, stock=0), await sponsor(shop, root, "鞋材市场")
    await move(shop, root, reward_id, "received", 3, sponsor_id=shoes)
    damaged = (await move(shop, root, reward_id, "damaged", 2)).json()
    assert await sheet(root, shoes, "2026-10") == [[0, 3, 0, 2, 2, 0, 1]]
    await post(root, f"/stock-movements/{damaged['id']}/rejection", {"reason": "是好的"})
    assert await sheet(root, shoes, "2026-10") == [[0, 3, 0, 0, 0, 0, 3]]


async def test_a_count_finds_first_what_counts_had_missed(shop: Shop, root: httpx.AsyncClient) -> None:
    reward_id = await shop.reward(50, stock=0)
    shoes, market = await sponsor(shop, root, "鞋材市场"), await sponsor(shop, root, "便民超市")
    await move(shop, root, reward_id, "received", 50, sponsor_id=shoes)
    await move(shop, root, reward_id, "counted", 0)
    assert await sheet(root, shoes, "2026-10") == [[0, 50, 0, 0, 0, -50, 0]]
    await move(shop, root, reward_id, "counted", 50)
    assert await sheet(root, shoes, "2026-10") == [[0, 50, 0, 0, 0, 0, 50]]
    await move(shop, root, reward_id, "received", 10, sponsor_id=market)
    await move(shop, root, reward_id, "counted", 5)
    # The market's were missed last and are found first; what is found beyond all that was missed is the bank's own.
    await move(shop, root, reward_id, "counted", 20)
    assert await sheet(root, shoes, "2026-10") == [[0, 50, 0, 0, 0, -40, 10]]
    assert await sheet(root, market, "2026-10") == [[0, 10, 0, 0, 0, 0, 10]]
    await move(shop, root, reward_id, "counted", 70)
    assert await sheet(root, shoes, "2026-10") == [[0, 50, 0, 0, 0, 0, 50]]
    assert await sheet(root, market, "2026-10") == [[0, 10, 0, 0, 0, 0, 10]]


async def test_the_sheet_is_a_file_too(shop: Shop, root: httpx.AsyncClient) -> None:
    reward_id, shoes = await shop.reward(50, stock=0), await sponsor(shop, root, "鞋材市场")
    await move(shop, root, reward_id, "received", 3, sponsor_id=shoes)
    answer = await root.get(f"/sponsors/{shoes}/months/2026-10.csv", headers={"Accept-Language": "zh"})
    lines = answer.content.decode("utf-8-sig").splitlines()
    assert (lines[0], lines[1].split(",")[1:]) == (
        "物品,月初,收到,发出,损坏,盘盈盘亏,剩余",
        ["0", "3", "0", "0", "0", "3"],
    )
    for month in ("2026-13", "2026", "2026-Q4", "x", "x.csv"):
        refused = await root.get(f"/sponsors/{shoes}/months/{month}")
        assert (refusal(refused), list(refused.json()["fields"])) == ((422, "invalid"), ["month"])
    assert refusal(await root.get(f"/sponsors/{shoes}/months/2026-11")) == (404, "not_found")


async def test_only_what_is_received_has_a_sponsor_known_to_the_desk(shop: Shop, root: httpx.AsyncClient) -> None:
    reward_id, shoes = await shop.reward(50, stock=3), await sponsor(shop, root, "鞋材市场")
    elsewhere = await shop.server.bank.branch("银宇小区")
    body = {"name": "别处超市", "branch_id": elsewhere.id}
    stranger = (await post(root, "/sponsors", body, status=201))["id"]
    for kind in ("damaged", "returned", "counted"):
        refused = await move(shop, root, reward_id, kind, 1, sponsor_id=shoes)
        assert (refusal(refused), list(refused.json()["fields"])) == ((422, "invalid"), ["sponsor_id"])
    for sponsor_id in (stranger, 999):
        assert refusal(await move(shop, root, reward_id, "received", 1, sponsor_id=sponsor_id)) == (404, "not_found")
    assert await shop.left(reward_id) == 3


async def test_a_name_is_used_once_in_a_branch_and_others_see_only_theirs(shop: Shop, root: httpx.AsyncClient) -> None:
    shoes = await sponsor(shop, root, "鞋材市场")
    body = {"name": "鞋材市场", "branch_id": shop.server.bank.district.id}
    assert list((await post(root, "/sponsors", body, status=422))["fields"]) == ["name"]
    body["branch_id"] = shop.branch.id
    own = (await post(root, "/sponsors", body, status=201))["id"]
    clerk_sees = (await get(shop.clerk, "/sponsors"))["items"]
    assert [each["id"] for each in clerk_sees] == [own]
    assert refusal(await shop.clerk.get(f"/sponsors/{shoes}/months/2026-10")) == (404, "not_found")
