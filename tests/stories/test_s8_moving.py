"""S8: moving to another branch, and an office that changes hands."""

from typing import Any

import httpx

from points_bank.actor import Actor, Role
from points_bank.branches.models import BranchKind
from points_bank.branches.tree import BranchLine
from tests.bank import Server
from tests.stories.district import District, get, post


async def board_of(district: District, branch: BranchLine) -> int:
    body = {
        "branch_id": branch.id, "name": "月榜", "period": "month", "measure": "points", "role": None,
        "population": "everyone", "top": 10, "publish_day": 5, "publish_time": "09:00", "objection_working_days": 3,
    }  # fmt: skip
    return int((await post(district.administrator, "/leaderboards", body, status=201))["id"])


async def shown(district: District, board_id: int, period: str) -> list[tuple[str, int]]:
    edition = await district.edition(board_id, period)
    return [(each["display_name"], each["value"]) for each in edition["standings"]]


async def order(client: httpx.AsyncClient, route: str, member_id: int, desk_id: int, reward_id: int) -> Any:
    body = {"member_id": member_id, "desk_id": desk_id, "items": [{"reward_id": reward_id, "quantity": 1}]}
    return await post(client, route, body, status=201)


async def test_a_member_moves_with_two_pending_entries_and_a_reservation(server: Server) -> None:
    yinyu = await District.of(server, "银宇")
    taihe = await server.bank.branch("泰和嘉园", BranchKind.COMMUNITY)
    clerk, approver = (
        await server.as_staff(Role.CLERK, branch=taihe),
        await server.as_staff(Role.APPROVER, branch=taihe),
    )
    await yinyu.it_is("2026-10-12 09:00")
    k = await yinyu.member("孔一", consents=("records", "boards"), born_on="1958-02-02")
    old_desk = await yinyu.desk()
    body = {"code": "D2", "name": "泰和兑换点", "branch_id": taihe.id}
    new_desk = int((await post(yinyu.administrator, "/desks", body, status=201))["id"])
    towel = await yinyu.reward("毛巾", 50, desk_id=old_desk, quantity=5)
    noodles = await yinyu.reward("面条", 100, desk_id=new_desk, quantity=5)
    for day in range(13, 19):
        await yinyu.it_is(f"2026-10-{day} 20:00")
        await yinyu.approve(await yinyu.log([k["id"]], f"2026-10-{day} 08:00", "12:00"))
    await yinyu.it_is("2026-11-01 08:00")
    boards = await board_of(yinyu, yinyu.community), await board_of(yinyu, taihe)
    await yinyu.it_is("2026-11-18 20:00")
    pending = [await yinyu.log([k["id"]], f"2026-11-{day} 08:00", "12:00") for day in (17, 18)]
    reserved = [await order(yinyu.clerk, "/reservations", k["id"], old_desk, towel) for _ in range(2)]

    await yinyu.it_is("2026-11-20 10:00")
    moved = await post(yinyu.recorder, f"/members/{k['id']}/move", {"branch_id": taihe.id, "on": "2026-11-20"})
    assert (moved["branch_id"], moved["on"]) == (taihe.id, "2026-11-20")

    # The balance follows, and who knew them before no longer sees them.
    book = await get(clerk, f"/members/{k['id']}/passbook")
    assert (book["spendable_points"], book["held_points"]) == (140, 100)
    await get(yinyu.clerk, f"/members/{k['id']}/passbook", status=404)

    # What was pending stays with the old branch's approver.
    for sheet in pending:
        await post(approver, f"/activities/{sheet['id']}/approval", status=404)
        assert (await yinyu.approve(sheet))["state"] == "under_notice"
    await yinyu.it_is("2026-11-26 00:00")
    assert (await get(clerk, f"/members/{k['id']}/passbook"))["spendable_points"] == 140 + 80

    # One towel is fetched at the old desk; the other comes back to its lot after 30 days.
    await yinyu.it_is("2026-11-27 10:00")
    collection = {"desk_id": old_desk, "code": reserved[0]["code"]}
    await post(clerk, f"/reservations/{reserved[0]['id']}/collection", collection, status=404)
    await post(yinyu.clerk, f"/reservations/{reserved[0]['id']}/collection", collection)
    await order(clerk, "/redemptions", k["id"], new_desk, noodles)
    lots = (await get(clerk, f"/members/{k['id']}/passbook"))["lots"]
    assert lots == [{"lapses_on": "2027-12-31", "remaining_points": 120}]

    # November: issued by the old branch, redeemed at both, owed where the member is at home now.
    await yinyu.it_is("2026-12-01 00:10")
    reports = [
        await get(yinyu.administrator, "/reports/2026-11", branch_id=branch.id)
        for branch in (yinyu.community, taihe, server.bank.district)
    ]
    names = ("opening_points", "issued_points", "redeemed_points", "moved_points", "closing_points")
    assert [tuple(report[name] for name in names) for report in reports] == [
        (240, 80, 50, -270, 0),
        (0, 0, 100, 270, 170),
        (240, 80, 150, 0, 170),
    ]

    # Boards: November where they were at home on the 1st, December where they are now.
    await serve_in_december(yinyu, taihe, k["id"], approver)
    await yinyu.it_is("2026-12-20 00:00")
    book = await get(clerk, f"/members/{k['id']}/passbook")
    assert (book["spendable_points"], book["held_points"]) == (120 + 10 + 50, 0)
    assert book["lots"] == [{"lapses_on": "2027-12-31", "remaining_points": 180}]
    await yinyu.it_is("2027-01-05 09:00")
    assert [await shown(yinyu, board, "2026-11") for board in boards] == [[("孔*", 80)], []]
    assert [await shown(yinyu, board, "2026-12") for board in boards] == [[], [("孔*", 10)]]


async def serve_in_december(yinyu: District, taihe: BranchLine, member_id: int, approver: httpx.AsyncClient) -> None:
    """An hour at the new home."""
    await yinyu.it_is("2026-12-03 20:00")
    there = await yinyu.server.as_staff(Role.RECORDER, branch=taihe)
    body = {
        "branch_id": taihe.id, "role": "service", "title": "清扫", "started_at": "2026-12-03T08:00:00+08:00",
        "ended_at": "2026-12-03T09:00:00+08:00", "participations": [{"member_id": member_id}],
    }  # fmt: skip
    sheet = await post(there, "/activities", body, status=201)
    await post(approver, f"/activities/{sheet['id']}/approval")


async def client_of(server: Server, actor: Actor) -> httpx.AsyncClient:
    return server.client(await server.bank.token(actor))


async def test_an_office_changes_hands(server: Server) -> None:
    yinyu = await District.of(server, "银宇")
    secretary = await server.bank.staff(Role.APPROVER, branch=yinyu.community)
    successor = await server.bank.staff(Role.RECORDER, branch=yinyu.community)
    old, new = await client_of(server, secretary), await client_of(server, successor)
    await yinyu.it_is("2026-11-20 09:00")
    people = [(await yinyu.member(f"住户{each}"))["id"] for each in range(7)]
    sheets = [await yinyu.log([person], "2026-11-19 08:00", "09:00") for person in people[:5]]
    for person in people[5:]:
        body = {
            "branch_id": yinyu.community.id, "role": "service", "title": "清扫",
            "started_at": "2026-11-19T08:00:00+08:00", "ended_at": "2026-11-19T09:00:00+08:00",
            "participations": [{"member_id": person}],
        }  # fmt: skip
        sheets.append(await post(new, "/activities", body, status=201))
    waiting: dict[str, Any] = {"branch_id": yinyu.community.id, "state": "logged"}
    assert len((await get(old, "/activities", **waiting))["items"]) == 7
    await post(new, f"/activities/{sheets[0]['id']}/approval", status=403)

    route = f"/staff/{secretary.id}/handover"
    body = {"to_staff_id": successor.id, "branch_id": yinyu.community.id, "on": "2026-11-20"}
    handed = await post(yinyu.administrator, route, body)
    assert (len(handed["ended_right_ids"]), len(handed["granted_right_ids"])) == (1, 1)
    assert (await post(yinyu.administrator, route, body, status=404))["code"] == "not_found"

    # Both until the day is over; from 24:00 on the successor alone.
    assert len((await get(new, "/activities", **waiting))["items"]) == 7
    await yinyu.it_is("2026-11-20 23:58")
    await post(old, f"/activities/{sheets[0]['id']}/approval")
    await yinyu.it_is("2026-11-21 00:00")
    await post(old, f"/activities/{sheets[1]['id']}/approval", status=404)
    for sheet in sheets[1:5]:
        await post(new, f"/activities/{sheet['id']}/approval")
    for sheet in sheets[5:]:
        assert (await post(new, f"/activities/{sheet['id']}/approval", status=409))["code"] == "same_person"
        await yinyu.approve(sheet)

    # Both are in the audit list.
    for staff_id, act in ((secretary.id, "hand_over"), (successor.id, "hand_over")):
        trail = (await get(yinyu.administrator, "/audit", subject=f"staff:{staff_id}"))["items"]
        assert trail[0]["act"] == act
        assert trail[0]["actor"].startswith("staff:")
    by_old = (await get(yinyu.administrator, "/audit", actor=f"staff:{secretary.id}"))["items"]
    assert [(line["act"], line["subject"]) for line in by_old] == [("approve_activity", f"activity:{sheets[0]['id']}")]
    await get(old, "/audit", subject="staff:1", status=404)
    assert (await get(yinyu.administrator, "/audit", status=422))["code"] == "invalid"
