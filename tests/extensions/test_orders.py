"""Orders by which points last longer: for whom, how far, in parts, and never twice."""

from typing import Any

import pytest

from points_bank.actor import Role
from points_bank.branches.models import BranchKind
from points_bank.extensions import carrying_out
from points_bank.extensions.carrying_out import carry_out
from points_bank.scheduler import run_due
from tests.bank import Server, at
from tests.stories.district import Answer, District, get, post


@pytest.fixture
async def district(server: Server) -> District:
    """凤岭社区 in November 2025, so that what is earned lapses at the end of 2026."""
    server.bank.clock.set(at("2025-11-01 09:00"))
    return await District.of(server)


def order(district: District, order_no: str = "龙政〔2026〕7号", **more: Any) -> dict[str, Any]:
    return {
        "order_no": order_no, "branch_id": district.community.id, "lapses_on": "2026-12-31",
        "new_lapses_on": "2027-06-30", "reason": "疫情期间停办兑换",
    } | more  # fmt: skip


async def earn(district: District, *members: Answer, on: str = "2025-11-08", end: str = "10:00") -> None:
    """Two hours of service, 20 points, settled within the week after."""
    await district.it_is(f"{on} 20:00")
    await district.approve(await district.log([member["id"] for member in members], f"{on} 08:00", end))
    year, month, day = on.split("-")
    await district.it_is(f"{year}-{month}-{int(day) + 7:02} 09:00")


async def give(district: District, *, status: int = 201, **more: Any) -> Answer:
    return await post(district.administrator, "/extension-orders", order(district, **more), status=status)


async def lots(district: District, member: Answer) -> list[tuple[str, int, str | None]]:
    found = await get(district.clerk, f"/members/{member['id']}/lots")
    return [(lot["lapses_on"], lot["remaining_points"], lot["extension_order"]) for lot in found["items"]]


async def test_it_is_for_who_is_at_home_there_on_the_day(district: District) -> None:
    elsewhere = await district.server.bank.branch("泰和社区", BranchKind.COMMUNITY)
    below = await district.server.bank.branch("佛子小区", parent=district.community)
    here, there, moved = [await district.member(name) for name in ("陈一", "陈二", "陈三")]
    await post(district.recorder, f"/members/{there['id']}/move", {"branch_id": below.id, "on": "2025-11-01"})
    await earn(district, here, there, moved)
    await post(district.recorder, f"/members/{moved['id']}/move", {"branch_id": elsewhere.id, "on": "2025-11-15"})
    given = await give(district)
    assert (given["state"], given["extended_lots"], given["extended_points"]) == ("standing", 2, 40)
    found = await get(district.administrator, f"/extension-orders/{given['id']}/lots")
    assert [lot["member_id"] for lot in found["items"]] == [here["id"], there["id"]]
    assert await lots(district, here) == [("2027-06-30", 20, "龙政〔2026〕7号")]
    await district.it_is("2027-01-01 00:00")
    assert [line["kind"] for line in (await district.transfers(here))] == ["award"]
    root = await district.server.as_staff(Role.OVERSEER)
    assert (await get(root, f"/members/{moved['id']}/passbook"))["lots"] == []


async def test_what_settles_after_the_order_is_extended_when_the_old_date_is_over(district: District) -> None:
    member = await district.member("陈一")
    await earn(district, member)
    await district.it_is("2025-12-20 09:00")
    given = await give(district)
    await earn(district, member, on="2025-12-21")
    assert await lots(district, member) == [("2026-12-31", 20, None), ("2027-06-30", 20, "龙政〔2026〕7号")]
    assert [done.job for done in await district.it_is("2027-01-01 00:00")] == ["extend"]
    order_no = "龙政〔2026〕7号"
    assert await lots(district, member) == [("2027-06-30", 20, order_no), ("2027-06-30", 20, f"{order_no} (2)")]
    assert (await get(district.administrator, f"/extension-orders/{given['id']}"))["state"] == "done"
    assert [done.job for done in await district.it_is("2027-07-01 00:00")] == ["lapse"]


async def test_a_large_branch_is_done_in_parts_and_goes_on_after_a_stop(
    district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    members = [await district.member(f"陈{number}") for number in range(5)]
    await earn(district, *members)
    monkeypatch.setattr(carrying_out, "_MEMBERS", carrying_out._MEMBERS.limit(2))
    monkeypatch.setattr(carrying_out, "MEMBERS_AT_A_TIME", 2)
    given = await give(district)
    assert (given["state"], given["extended_lots"]) == ("running", 2)
    database = district.server.bank.database
    assert (await database.write(carry_out, given["id"])).lots == 2, "one part, before the server was stopped"
    assert [done.job for done in await run_due(database)] == ["extend"]
    assert await run_due(database) == []
    done = await get(district.administrator, f"/extension-orders/{given['id']}")
    assert (done["state"], done["extended_lots"], done["extended_points"]) == ("standing", 5, 100)
    assert (await database.write(carry_out, given["id"])).members == 0


async def test_a_number_is_used_once_and_a_repeat_changes_nothing(district: District) -> None:
    member = await district.member("陈一")
    await earn(district, member)
    path, body = "/extension-orders", order(district)
    answers = [await post(district.administrator, path, body, status=201, key="same") for _ in range(2)]
    assert answers[0] == answers[1]
    refused = await give(district, new_lapses_on="2027-09-30", status=422)
    assert list(refused["fields"]) == ["order_no"]
    again = await give(district, order_no="龙政〔2026〕8号")
    assert (again["extended_lots"], again["state"]) == (0, "standing"), "no lot of that date is left"
    assert await lots(district, member) == [("2027-06-30", 20, "龙政〔2026〕7号")]
    listed = await get(district.administrator, "/extension-orders", limit=1)
    assert ([each["id"] for each in listed["items"]], bool(listed["next_cursor"])) == ([again["id"]], True)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"new_lapses_on": "2026-12-31"}, "new_lapses_on"),
        ({"new_lapses_on": "2026-06-30"}, "new_lapses_on"),
        ({"new_lapses_on": "2127-06-30"}, "new_lapses_on"),
        ({"lapses_on": "2024-10-01"}, "lapses_on"),
        ({"lapses_on": "2126-12-31", "new_lapses_on": "2127-01-01"}, "lapses_on"),
        ({"lapses_on": "31.12.2026"}, "lapses_on"),
        ({"order_no": "7 号"}, "order_no"),
        ({"order_no": "号" * 33}, "order_no"),
        ({"reason": " "}, "reason"),
    ],
)
async def test_what_makes_no_sense_is_invalid(district: District, change: dict[str, Any], field: str) -> None:
    member = await district.member("陈一")
    await earn(district, member)
    refused = await give(district, status=422, **change)
    assert field in refused["fields"]
    assert await lots(district, member) == [("2026-12-31", 20, None)]
    assert (await get(district.administrator, "/extension-orders"))["items"] == []


async def test_a_key_is_needed_and_only_administrators_of_the_branch_give_orders(district: District) -> None:
    bare = await district.administrator.post("/extension-orders", json=order(district))
    assert bare.json()["code"] == "idempotency_key_required"
    refused = await post(district.approver, "/extension-orders", order(district), status=403)
    assert refused["code"] == "forbidden"
    elsewhere = await district.server.bank.branch("泰和社区", BranchKind.COMMUNITY)
    other = await district.server.as_staff(Role.ADMINISTRATOR, branch=elsewhere)
    assert (await post(other, "/extension-orders", order(district), status=404))["code"] == "not_found"


async def test_a_closed_passbook_is_left_as_it_is(district: District) -> None:
    member = await district.member("陈一")
    await earn(district, member)
    await post(district.recorder, f"/members/{member['id']}/closing", {"reason": "搬离"})
    assert (await give(district))["extended_lots"] == 0
