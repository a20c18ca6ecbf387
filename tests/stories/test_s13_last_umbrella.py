"""S13: sponsor goods and the last umbrella."""

import asyncio
from uuid import uuid4

import httpx
import pytest

from points_bank.actor import Role
from tests.bank import Server
from tests.stories.district import Answer, District, get, post

UMBRELLA_POINTS = 200


async def people(district: District) -> list[Answer]:
    """27 residents, each with 400 points of October: enough for two umbrellas, and what Q and R want."""
    await district.it_is("2026-10-20 09:00")
    members = [await district.member(f"住户{number}") for number in range(27)]
    for day in (20, 21, 22, 23, 24, 25, 26, 27, 28, 29):
        await district.it_is(f"2026-10-{day} 20:00")
        on = f"2026-10-{day}"
        await district.approve(await district.log([each["id"] for each in members], f"{on} 08:00", "12:00"))
    await district.it_is("2026-12-01 09:00")
    return members


async def received(district: District, desk_id: int, umbrella: int) -> int:
    """50 umbrellas of a sponsor; the sponsor."""
    body = {"name": "某鞋材市场", "branch_id": district.community.id}
    sponsor_id = int((await post(district.administrator, "/sponsors", body, status=201))["id"])
    goods = {"desk_id": desk_id, "kind": "received", "quantity": 50, "sponsor_id": sponsor_id}
    await post(district.administrator, f"/rewards/{umbrella}/stock-movements", goods, status=201)
    return sponsor_id


async def confirm_at(clerk: httpx.AsyncClient, member: Answer, desk_id: int, umbrella: int) -> httpx.Response:
    items = [{"reward_id": umbrella, "quantity": 1}]
    body = {"card_no": member["card_no"], "desk_id": desk_id, "items": items}
    return await clerk.post("/redemptions", json=body, headers={"Idempotency-Key": uuid4().hex})


@pytest.mark.racing
async def test_sponsor_goods_and_the_last_umbrella(server: Server) -> None:
    district = await District.of(server)
    *others, q, r = await people(district)
    desk_id = await district.desk()
    umbrella = (await post(district.administrator, "/rewards", {"name": "雨伞", "cost_points": 200}, status=201))["id"]
    sponsor_id = await received(district, desk_id, umbrella)
    for member in others[:24] * 2:
        await district.redeem(member, desk_id, umbrella)
    await district.redeem(others[24], desk_id, umbrella)

    # Two counters share one shelf: 15 December, one umbrella left, Q and R in the same second.
    await district.it_is("2026-12-15 09:30")
    counters = [district.clerk, await server.as_staff(Role.CLERK, branch=district.community)]
    for counter in counters:
        counter.headers["Accept-Language"] = "zh"
    answers = await asyncio.gather(
        *(confirm_at(counter, member, desk_id, umbrella) for counter, member in zip(counters, (q, r), strict=True))
    )
    assert sorted(answer.status_code for answer in answers) == [201, 409]
    buyer, loser = (q, r) if answers[0].is_success else (r, q)
    refusal = next(answer for answer in answers if answer.status_code == 409).json()
    assert refusal["code"] == "out_of_stock"
    assert "已兑完" in refusal["detail"]
    assert (await district.passbook(loser))["spendable_points"] == 400
    waiting = await post(
        district.clerk, f"/rewards/{umbrella}/waiting-list", {"card_no": loser["card_no"], "desk_id": desk_id},
        status=201,
    )  # fmt: skip
    assert (waiting["state"], waiting["place"]) == ("waiting", 1)

    await district.it_is("2026-12-16 09:30")
    before = await district.passbook(buyer)
    redemption_id = next(answer for answer in answers if answer.is_success).json()["id"]
    broken = {"reason": "伞骨断了", "damaged": [{"reward_id": umbrella, "quantity": 1}]}
    undone = await post(district.clerk, f"/redemptions/{redemption_id}/cancellation", broken)
    assert (undone["state"], undone["amount_points"], undone["spendable_points"]) == ("cancelled", 200, 400)
    assert before["lots"] == [{"lapses_on": "2027-12-31", "remaining_points": 200}]
    assert (await district.passbook(buyer))["lots"] == [{"lapses_on": "2027-12-31", "remaining_points": 400}]
    (put_aside,) = (await get(district.clerk, f"/desks/{desk_id}/write-offs"))["items"]
    keeper = await server.as_staff(Role.STOCK_KEEPER, branch=district.community)
    signed = await post(keeper, f"/stock-movements/{put_aside['id']}/confirmation")
    assert signed["state"] == "confirmed"
    assert signed["proposed_by"] != signed["decided_by"]
    messages = (await get(district.recorder, f"/members/{loser['id']}/messages"))["items"]
    assert "goods_back" not in [each["kind"] for each in messages], "a broken umbrella is offered to nobody"

    sheet = await get(district.administrator, f"/sponsors/{sponsor_id}/months/2026-12")
    (line,) = sheet["goods"]
    figures = {name: line[name] for name in ("opening", "received", "issued", "damaged", "damaged_unconfirmed", "left")}
    assert figures == {
        "opening": 0, "received": 50, "issued": 49, "damaged": 1, "damaged_unconfirmed": 0, "left": 0
    }  # fmt: skip
    printed = (await district.administrator.get(f"/sponsors/{sponsor_id}/months/2026-12.csv")).text
    assert "雨伞,0,50,49,1,0,0" in printed
    assert "住户" not in printed
    assert "住户" not in str(sheet)
