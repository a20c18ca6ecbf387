"""What can be had: offering, changing, listing."""

from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from points_bank.actor import SYSTEM, Role
from points_bank.branches.models import BranchKind
from points_bank.branches.tree import BranchLine
from points_bank.members.register import register_member
from points_bank.rewards.desks import add_desk
from points_bank.staff.tokens import hash_of, issue_member_token, new_token
from tests.bank import FAR, Server


@dataclass
class Market:
    """A community with an estate in it, a desk in each, and an administrator over everything."""

    server: Server
    community: BranchLine
    estate: BranchLine
    community_desk: int
    estate_desk: int
    administrator: httpx.AsyncClient

    async def offer(self, name: str, *, branch: BranchLine | None = None, **more: Any) -> int:
        body = {"name": name, "cost_points": 50} | ({"branch_id": branch.id} if branch else {}) | more
        answer = await self.administrator.post("/rewards", json=body)
        assert answer.status_code == 201, answer.text
        reward_id: int = answer.json()["id"]
        return reward_id

    async def receive(self, reward_id: int, desk_id: int, quantity: int) -> None:
        body = {"desk_id": desk_id, "kind": "received", "quantity": quantity}
        headers = {"Idempotency-Key": f"{reward_id}-{desk_id}-{quantity}"}
        answer = await self.administrator.post(f"/rewards/{reward_id}/stock-movements", json=body, headers=headers)
        assert answer.status_code == 201, answer.text


@pytest.fixture
async def market(server: Server) -> Market:
    database = server.bank.database
    community = await server.bank.branch("凤岭社区", BranchKind.COMMUNITY)
    estate = await server.bank.branch("佛子小区", parent=community)
    desks = [
        await database.write(add_desk, code=branch.code, name="点", branch_id=branch.id, by=SYSTEM)
        for branch in (community, estate)
    ]
    administrator = await server.as_staff(Role.ADMINISTRATOR)
    return Market(server, community, estate, desks[0].id, desks[1].id, administrator)


def refusal(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


async def shown(client: httpx.AsyncClient, **query: Any) -> list[tuple[int, int]]:
    """Reward and what remains of it, as listed."""
    answer = await client.get("/rewards", params=query)
    assert answer.status_code == 200, answer.text
    return [(reward["id"], reward["remaining"]) for reward in answer.json()["items"]]


async def test_a_reward_is_offered_where_the_caller_administers(market: Market) -> None:
    client = await market.server.as_staff(Role.CLERK, Role.ADMINISTRATOR, branch=market.estate)
    answer = await client.post("/rewards", json={"name": "洗衣液", "cost_points": 80})
    assert answer.status_code == 201
    assert answer.json() == {
        "id": 1, "branch_id": market.estate.id, "name": "洗衣液", "cost_points": 80, "is_offered": True
    }  # fmt: skip
    district = await market.administrator.post("/rewards", json={"name": "洗衣液", "cost_points": 80})
    assert district.json()["branch_id"] == market.server.bank.district.id


NONSENSE: list[tuple[dict[str, Any], str]] = [
    ({"cost_points": 0}, "cost_points"),
    ({"cost_points": -80}, "cost_points"),
    ({"cost_points": 100_001}, "cost_points"),
    ({"cost_points": 80.5}, "cost_points"),
    ({"cost_points": "much"}, "cost_points"),
    ({"cost_points": None}, "cost_points"),
    ({"name": "肥皂"}, "name"),
    ({"name": ""}, "name"),
    ({"name": "\x07"}, "name"),
    ({"name": "长" * 1_000_000}, "name"),
    ({"is_offered": "yes"}, "is_offered"),
    ({"sponsor": "x"}, "sponsor"),
]
"""A change to a reward, and the field that is named."""


async def test_what_makes_no_sense_is_invalid(market: Market) -> None:
    await market.offer("肥皂")
    for change, field in NONSENSE:
        answer = await market.administrator.post("/rewards", json={"name": "洗衣液", "cost_points": 80} | change)
        assert (refusal(answer), list(answer.json()["fields"])) == ((422, "invalid"), [field]), field
    assert await shown(market.administrator) == [(1, 0)]


async def test_a_name_is_taken_in_one_branch_only(market: Market) -> None:
    await market.offer("肥皂", branch=market.community)
    await market.offer("肥皂", branch=market.estate)
    twice = {"name": "肥皂", "cost_points": 50, "branch_id": market.estate.id}
    assert refusal(await market.administrator.post("/rewards", json=twice)) == (422, "invalid")


async def test_it_is_changed(market: Market) -> None:
    reward_id, _ = await market.offer("肥皂"), await market.offer("香皂")
    path = f"/rewards/{reward_id}"
    changed = await market.administrator.patch(path, json={"cost_points": 60, "is_offered": False})
    assert changed.status_code == 200
    assert changed.json() == {
        "id": reward_id, "branch_id": 1, "name": "肥皂", "cost_points": 60, "is_offered": False
    }  # fmt: skip
    same = await market.administrator.patch(path, json={"name": "肥皂"})
    assert same.json() == changed.json()
    for wrong in ({"cost_points": 0}, {"name": "香皂"}, {"branch_id": 2}):
        assert refusal(await market.administrator.patch(path, json=wrong)) == (422, "invalid")


async def test_who_offers_and_changes(market: Market) -> None:
    own, above = await market.offer("肥皂", branch=market.estate), await market.offer("香皂", branch=market.community)
    for role in Role:
        client = await market.server.as_staff(role, branch=market.estate)
        may = role is Role.ADMINISTRATOR
        body = {"name": f"物品 {role}", "cost_points": 5}
        assert (await client.post("/rewards", json=body)).status_code == (201 if may else 403)
        elsewhere = body | {"branch_id": market.community.id}
        assert (await client.post("/rewards", json=elsewhere)).status_code == 404
        assert (await client.patch(f"/rewards/{own}", json={"cost_points": 6})).status_code == (200 if may else 403)
        assert (await client.patch(f"/rewards/{above}", json={"cost_points": 6})).status_code == 404
    assert refusal(await market.administrator.patch("/rewards/999", json={})) == (404, "not_found")
    assert refusal(await market.server.client().patch(f"/rewards/{own}", json={})) == (401, "unauthenticated")


async def test_a_desk_shows_what_its_branch_and_those_above_offer(market: Market) -> None:
    soap = await market.offer("肥皂")
    rice = await market.offer("大米", branch=market.community)
    tissue = await market.offer("纸巾", branch=market.estate)
    withdrawn = await market.offer("雨伞", branch=market.community, is_offered=False)
    await market.receive(soap, market.estate_desk, 7)
    await market.receive(soap, market.community_desk, 2)
    await market.receive(withdrawn, market.estate_desk, 1)
    clerk = await market.server.as_staff(Role.CLERK, branch=market.estate)
    assert await shown(clerk, desk_id=market.estate_desk) == [(soap, 7), (rice, 0), (tissue, 0)]
    assert await shown(market.administrator, desk_id=market.community_desk) == [(soap, 2), (rice, 0)]
    assert refusal(await clerk.get("/rewards", params={"desk_id": market.community_desk})) == (404, "not_found")
    assert refusal(await clerk.get("/rewards", params={"desk_id": 999})) == (404, "not_found")
    assert refusal(await clerk.get("/rewards", params={"desk_id": "x"})) == (422, "invalid")


async def test_staff_see_all_rewards_their_desks_can_give(market: Market) -> None:
    soap = await market.offer("肥皂")
    withdrawn = await market.offer("雨伞", branch=market.community, is_offered=False)
    tissue = await market.offer("纸巾", branch=market.estate)
    other = await market.server.bank.branch("银宇小区")
    elsewhere = await market.offer("大米", branch=other)
    await market.receive(soap, market.estate_desk, 7)
    await market.receive(soap, market.community_desk, 2)
    for role in Role:
        client = await market.server.as_staff(role, branch=market.estate)
        assert await shown(client) == [(soap, 7), (withdrawn, 0), (tissue, 0)]
    assert await shown(market.administrator) == [(soap, 9), (withdrawn, 0), (tissue, 0), (elsewhere, 0)]
    pages = (await market.administrator.get("/rewards", params={"limit": 3})).json()
    assert await shown(market.administrator, limit=3, cursor=pages["next_cursor"]) == [(elsewhere, 0)]


async def test_a_member_names_a_desk(market: Market) -> None:
    database, token = market.server.bank.database, new_token()
    member = await database.write(register_member, name="李", branch_id=market.estate.id, by=SYSTEM)
    await database.write(issue_member_token, member_id=member.id, token_hash=hash_of(token), expires_at=FAR, by=SYSTEM)
    soap, client = await market.offer("肥皂"), market.server.client(token)
    assert await shown(client, desk_id=market.community_desk) == [(soap, 0)]
    answer = await client.get("/rewards")
    assert (refusal(answer), answer.json()["fields"]) == ((422, "invalid"), {"desk_id": "Say at which desk."})
    assert refusal(await market.server.client().get("/rewards")) == (401, "unauthenticated")
