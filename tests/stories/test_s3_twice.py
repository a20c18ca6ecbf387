"""S3: the same morning logged twice, by the branch and by the unit."""

from typing import Any

import pytest

from points_bank.actor import Role
from tests.bank import Server, at
from tests.stories.district import District, get, post


@pytest.fixture
async def morning(server: Server) -> tuple[District, dict[str, Any], dict[str, Any]]:
    """党员C on 14 November: the branch logs 09:00 to 11:00, the unit 09:30 to 11:30."""
    server.bank.clock.set(at("2026-11-14 20:00"))
    district = await District.of(server)
    member = await district.member("党员C", is_party_member=True)
    await district.log([member["id"]], "2026-11-14 09:00", "11:00")
    return district, member, await of_the_unit(district, member)


async def of_the_unit(district: District, member: dict[str, Any], *, status: int = 201) -> dict[str, Any]:
    unit = await district.server.as_staff(Role.RECORDER, branch=district.community)
    body = {
        "branch_id": district.community.id, "role": "service", "title": "单位志愿服务",
        "started_at": at("2026-11-14 09:30").isoformat(), "ended_at": at("2026-11-14 11:30").isoformat(),
        "participations": [{"member_id": member["id"]}],
    }  # fmt: skip
    answer = await post(unit, "/activities", body, status=status, key="unit-1")
    assert await post(unit, "/activities", body, status=status, key="unit-1") == answer, "same key, same answer"
    other = await unit.post("/activities", json={**body, "title": "又一次"}, headers={"Idempotency-Key": "unit-1"})
    assert other.json()["code"] == "idempotency_key_reused"
    duplicate = await post(unit, "/activities", body, status=409)
    assert duplicate["code"] == "duplicate_activity"
    return dict(answer)


async def settled(district: District, member: dict[str, Any]) -> tuple[int, int]:
    """Points and minutes once everything has settled."""
    for sheet in (await get(district.approver, "/activities", state="logged"))["items"]:
        await district.approve(sheet)
    await district.it_is("2026-11-20 00:00")
    book = await district.passbook(member)
    return book["spendable_points"], book["service_minutes"]


async def test_the_second_is_held_and_trimmed_to_what_is_not_served_twice(morning: Any) -> None:
    district, member, second = morning
    (line,) = second["participations"]
    assert (line["state"], line["overlap_minutes"]) == ("held", 90)
    assert len((await get(district.approver, "/activities"))["items"]) == 2, "the repeat wrote nothing"
    refused = await post(district.approver, f"/activities/{second['id']}/approval", status=409)
    assert (refused["code"], refused["fields"]["overlap_minutes"]) == ("overlapping_service", 90)
    still = {"started_at": at("2026-11-14 10:30").isoformat(), "ended_at": at("2026-11-14 11:30").isoformat()}
    trim = f"/participations/{line['id']}/trim"
    assert (await post(district.approver, trim, still, status=409))["fields"]["overlap_minutes"] == 30
    rest = {"started_at": at("2026-11-14 11:00").isoformat(), "ended_at": at("2026-11-14 11:30").isoformat()}
    trimmed = await post(district.approver, trim, rest)
    assert (trimmed["state"], trimmed["minutes"], trimmed["points"]) == ("logged", 30, 5)
    assert await settled(district, member) == (25, 150)


async def test_the_second_is_held_and_rejected(morning: Any) -> None:
    district, member, second = morning
    (line,) = second["participations"]
    await post(district.approver, f"/participations/{line['id']}/rejection", {"reason": "支部已记"})
    assert await settled(district, member) == (20, 120)
    (kept,) = (await get(district.approver, f"/activities/{second['id']}"))["participations"]
    assert (kept["state"], kept["points"], kept["reason"]) == ("rejected", 0, "支部已记")
