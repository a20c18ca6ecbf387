"""S4: correction after spending."""

from typing import Any

from points_bank.actor import Role
from tests.bank import Server
from tests.stories.district import District, post


async def test_correction_after_spending(server: Server) -> None:
    district = await District.of(server)
    month, year = await district.board("month"), await district.board("year")
    resident = await district.member("丁一", consents=("records", "boards"), born_on="1960-01-01")
    desk_id = await district.desk()
    reward = await district.reward("理发券", 110, desk_id=desk_id, quantity=9)

    participations = []
    for on in ("2026-10-17", "2026-10-18", "2026-10-19"):
        await district.it_is(f"{on} 20:00")
        activity = await district.log([resident["id"]], f"{on} 08:00", "12:00")
        participations.append(activity["participations"][0]["id"])
        await district.approve(activity)
    await district.it_is("2026-10-20 20:00")
    await district.approve(await district.log([resident["id"]], "2026-10-20 18:00", "18:30"))

    await district.it_is("2026-11-15 10:00")
    assert (await district.passbook(resident))["spendable_points"] == 125
    await district.redeem(resident, desk_id, reward)
    assert (await district.passbook(resident))["spendable_points"] == 15
    final = await district.edition(month, "2026-10")
    assert (final["state"], final["corrections"]) == ("final", [])

    await district.it_is("2026-11-16 10:00")
    correction = f"/participations/{participations[0]}/correction"
    body = {"minutes": 60, "reason": "签到表为 60 分钟"}
    proposed = await post(district.recorder, correction, body, status=201)
    assert (proposed["points_before"], proposed["points_after"], proposed["is_approved"]) == (40, 10, None)
    approved = await post(district.approver, f"{correction}/approval")
    assert approved["is_approved"] is True

    book = await district.passbook(resident)
    assert (book["spendable_points"], book["honour_points"], book["service_minutes"]) == (-15, 95, 60 + 240 + 240 + 30)
    assert book["lots"] == []
    reversal = (await district.transfers(resident))[0]
    assert (reversal["kind"], reversal["amount_points"], reversal["balance_points"]) == ("reversal", -30, -15)
    refused = await district.redeem(resident, desk_id, reward, status=409)
    assert (refused["code"], refused["fields"]) == ("balance_below_zero", {"balance_points": -15})

    later = await district.edition(month, "2026-10")
    assert frozen(later) == frozen(final)
    assert len(later["corrections"]) == 1
    assert (later["corrections"][0]["points_before"], later["corrections"][0]["points_after"]) == (40, 10)

    await district.it_is("2026-11-16 20:00")
    await district.approve(await district.log([resident["id"]], "2026-11-16 08:00", "12:00"))
    await district.it_is("2026-11-20 00:00")
    assert (await district.passbook(resident))["spendable_points"] == 25, "the deficit was filled first"
    await district.it_is("2027-01-20 09:00")
    assert [standing["value"] for standing in (await district.edition(year, "2026"))["standings"]] == [95 + 40]


def frozen(edition: dict[str, Any]) -> dict[str, Any]:
    """What may never change in a final edition."""
    return {name: edition[name] for name in ("state", "standings", "participants", "ledger_position", "content_hash")}


async def test_two_people_correct_and_neither_is_the_one_who_benefits(server: Server) -> None:
    district = await District.of(server)
    resident = await district.member("丁一")
    await district.it_is("2026-10-17 20:00")
    activity = await district.log([resident["id"]], "2026-10-17 08:00", "12:00")
    correction = f"/participations/{activity['participations'][0]['id']}/correction"
    body = {"minutes": 60, "reason": "签到表为 60 分钟"}
    assert (await post(district.recorder, correction, body, status=409))["code"] == "not_approved"
    await district.approve(activity)
    await district.it_is("2026-11-16 10:00")
    await post(district.approver, correction, body, status=201)
    assert (await post(district.approver, f"{correction}/approval", status=409))["code"] == "same_person"
    own = await server.as_staff(Role.APPROVER, branch=district.community, member_id=resident["id"])
    assert (await post(own, f"{correction}/approval", status=409))["code"] == "own_activity"
    assert (await post(district.recorder, correction, body, status=409))["code"] == "correction_pending"
    assert (await post(district.recorder, f"{correction}/approval", status=403))["code"] == "forbidden"
    second = await server.as_staff(Role.APPROVER, branch=district.community)
    await post(second, f"{correction}/approval")
    assert (await post(second, f"{correction}/approval", status=409))["code"] == "already_approved"
    assert (await district.passbook(resident))["spendable_points"] == 10
