"""The help pool: a community's, filled by donations; what it gives is proposed by one and approved by another."""

import asyncio
from typing import Any

import httpx
import pytest

from points_bank.actor import SYSTEM, Role
from points_bank.branches.models import BranchKind
from points_bank.gifts.donating import donate_to_help_pool
from points_bank.members.changes import close_member
from points_bank.members.register import Registered
from tests.bank import Server
from tests.redemptions.shop import Shop, key, open_shop, refusal, statuses
from tests.stories.district import get


@pytest.fixture
async def shop(server: Server) -> Shop:
    """The estate of a shop that lies in a community, whose pool has 100 points."""
    made = await open_shop(server)
    community = await server.bank.branch("凤岭社区", BranchKind.COMMUNITY)
    made.branch = await server.bank.branch("佛子小区", BranchKind.ESTATE, community)
    giver = await made.member(120)
    await made.write(donate_to_help_pool, member_id=giver.id, points=100, by=SYSTEM)
    return made


async def propose(shop: Shop, member: Registered, points: int, client: httpx.AsyncClient) -> httpx.Response:
    body = {"branch_id": shop.branch.id, "member_id": member.id, "points": points, "reason": "独居，行动不便"}
    return await client.post("/help-pool/grants", json=body, headers=key())


async def decide(client: httpx.AsyncClient, grant: Any, what: str = "approval") -> httpx.Response:
    return await client.post(f"/help-pool/grants/{grant['id']}/{what}", headers=key())


async def test_two_people_give_what_was_donated(shop: Shop) -> None:
    resident = await shop.member()
    recorder, approver = [await shop.server.as_staff(role) for role in (Role.RECORDER, Role.APPROVER)]
    proposed = (await propose(shop, resident, 60, recorder)).json()
    community_id = proposed["branch_id"]
    assert (proposed["state"], community_id != shop.branch.id) == ("proposed", True)
    assert await shop.spendable(resident.id) == 0
    granted = (await decide(approver, proposed)).json()
    assert (granted["state"], granted["decided_by"] != granted["proposed_by"]) == ("granted", True)
    assert await shop.lots(resident.id) == [("2027-12-31", 60)]
    pool = await get(approver, "/help-pool", branch_id=shop.server.bank.district.id)
    assert pool == {
        "branch_id": shop.server.bank.district.id, "remaining_points": 40, "donated_points": 100, "donations": 1,
        "granted_points": 60, "grants": 1, "proposed_points": 0,
        "pools": [{"branch_id": community_id, "remaining_points": 40}],
    }  # fmt: skip
    viewer = await shop.server.as_staff(Role.OVERSEER)
    line = (await get(viewer, f"/members/{resident.id}/transfers"))["items"][0]
    assert (line["kind"], line["amount_points"], line["title"]) == ("grant", 60, "From the help pool")
    assert (await get(viewer, f"/members/{resident.id}/passbook"))["honour_points"] == 0
    listed = await get(viewer, "/help-pool/grants", branch_id=community_id)
    assert [grant["id"] for grant in listed["items"]] == [proposed["id"]]


async def test_who_proposes_or_benefits_does_not_approve(shop: Shop) -> None:
    resident = await shop.member()
    approver = await shop.server.as_staff(Role.APPROVER)
    benefits = await shop.server.as_staff(Role.APPROVER, member_id=resident.id)
    grant = (await propose(shop, resident, 60, approver)).json()
    assert refusal(await decide(approver, grant)) == (409, "same_person")
    assert refusal(await decide(benefits, grant)) == (409, "own_activity")
    assert refusal(await propose(shop, resident, 60, benefits)) == (409, "own_activity")
    assert await shop.spendable(resident.id) == 0


@pytest.mark.racing
async def test_the_pool_gives_each_point_once(shop: Shop) -> None:
    recorder, approver = [await shop.server.as_staff(role) for role in (Role.RECORDER, Role.APPROVER)]
    grants = [(await propose(shop, await shop.member(), 40, recorder)).json() for _ in range(4)]
    answers = await asyncio.gather(*(decide(approver, grant) for grant in grants))
    assert statuses(answers) == {200: 2, "insufficient_points": 2}
    again = await decide(approver, next(g for g, a in zip(grants, answers, strict=True) if a.is_success))
    assert refusal(again) == (409, "already_approved")
    refused = await propose(shop, await shop.member(), 21, recorder)
    assert refused.json()["fields"] == {"asked_points": 21, "spendable_points": 20}


async def test_a_rejected_proposal_moves_nothing(shop: Shop) -> None:
    recorder, approver = [await shop.server.as_staff(role) for role in (Role.RECORDER, Role.APPROVER)]
    resident = await shop.member()
    grant = (await propose(shop, resident, 60, recorder)).json()
    assert (await decide(approver, grant, "rejection")).json()["state"] == "rejected"
    assert refusal(await decide(approver, grant)) == (409, "already_approved")
    assert await shop.spendable(resident.id) == 0


async def test_only_open_passbooks_of_the_own_residents(shop: Shop) -> None:
    recorder, approver = [await shop.server.as_staff(role) for role in (Role.RECORDER, Role.APPROVER)]
    stranger = await shop.member(branch=await shop.server.bank.branch("泰和社区", BranchKind.COMMUNITY))
    refused = await propose(shop, stranger, 10, recorder)
    assert (refusal(refused), list(refused.json()["fields"])) == ((422, "invalid"), ["member_id"])
    resident = await shop.member()
    grant = (await propose(shop, resident, 10, recorder)).json()
    await shop.write(close_member, resident.id, reason="搬离", by=SYSTEM)
    assert refusal(await propose(shop, resident, 10, recorder)) == (409, "member_closed")
    assert refusal(await decide(approver, grant)) == (409, "member_closed")
