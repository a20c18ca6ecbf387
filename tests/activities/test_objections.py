"""Objections: one line waits, the others of its sheet settle; and who may decide."""

import asyncio
from typing import Any

import pytest

from points_bank.actor import Role
from points_bank.branches.models import BranchKind
from tests.bank import Server, at
from tests.stories.district import District, get, post, same_instant

NOT_THERE = {"reason": "当天没有来"}
NOT_UPHELD = {"upheld": False, "reason": "照片上有"}
UPHELD = {"upheld": True, "reason": "照片上没有"}


@pytest.fixture
async def district(server: Server) -> District:
    server.bank.clock.set(at("2026-09-01 09:00"))
    return await District.of(server)


async def approved(district: District, *people: Any, approved_at: str = "2026-10-12 20:00") -> list[str]:
    """Four hours of these people, approved; the paths of their lines. They settle three working days later."""
    await district.it_is(approved_at)
    sheet = await district.log([each["id"] for each in people], f"{approved_at[:10]} 08:00", "12:00")
    await district.approve(sheet)
    return [f"/participations/{line['id']}" for line in sheet["participations"]]


async def points(district: District, person: Any) -> tuple[int, int, int]:
    """Spendable, under notice and honour points."""
    book = await district.passbook(person)
    return book["spendable_points"], book["under_notice_points"], book["honour_points"]


async def test_one_line_waits_and_the_others_settle(district: District) -> None:
    doubted, other = await district.member("李明"), await district.member("王芳")
    line, _ = await approved(district, doubted, other)
    raised = await post(district.recorder, f"{line}/objection", NOT_THERE, status=201)
    assert (raised["participation_state"], raised["is_upheld"], raised["settles_at"]) == ("frozen", None, None)
    await district.it_is("2026-10-20 09:00")
    assert await points(district, other) == (40, 0, 40)
    assert await points(district, doubted) == (0, 40, 0)
    (notice,) = (await district.passbook(doubted))["under_notice"]
    assert (notice["is_frozen"], notice["settles_at"]) == (True, None)

    freed = await post(district.approver, f"{line}/objection/resolution", NOT_UPHELD)
    assert (freed["participation_state"], freed["is_upheld"]) == ("under_notice", False)
    assert same_instant(freed["settles_at"], "2026-10-21 00:00")
    assert await points(district, doubted) == (0, 40, 0)
    assert [(done.job, done.count) for done in await district.it_is("2026-10-21 00:00")] == [("settle", 1)]
    assert await points(district, doubted) == (40, 0, 40)
    assert await district.it_is("2026-10-21 00:01") == []


async def test_freed_while_the_notice_runs_it_settles_with_the_others(district: District) -> None:
    person = await district.member("李明")
    (line,) = await approved(district, person)
    await post(district.recorder, f"{line}/objection", NOT_THERE, status=201)
    freed = await post(district.approver, f"{line}/objection/resolution", NOT_UPHELD)
    assert same_instant(freed["settles_at"], "2026-10-16 00:00")
    await district.it_is("2026-10-16 00:00")
    assert await points(district, person) == (40, 0, 40)


async def test_upheld_it_stays_on_record_with_nothing(district: District) -> None:
    person = await district.member("李明")
    (line,) = await approved(district, person)
    await post(district.recorder, f"{line}/objection", NOT_THERE, status=201)
    decided = await post(district.approver, f"{line}/objection/resolution", UPHELD)
    assert (decided["participation_state"], decided["points"]) == ("rejected", 0)
    await district.it_is("2026-10-20 09:00")
    assert await points(district, person) == (0, 0, 0)
    (sheet,) = (await get(district.approver, "/activities"))["items"]
    (kept,) = sheet["participations"]
    assert (kept["state"], kept["minutes"], kept["points"], kept["reason"]) == ("rejected", 240, 0, UPHELD["reason"])
    told = (await get(await district.as_member(person), "/me/messages"))["items"]
    assert [message["kind"] for message in told] == ["service_rejected"]
    for again in ("objection", "correction"):
        body = NOT_THERE if again == "objection" else {"minutes": 60, "reason": "-"}
        await post(district.recorder, f"{line}/{again}", body, status=409)


async def test_what_has_settled_is_corrected_by_two_more_people(district: District) -> None:
    person = await district.member("李明")
    (line,) = await approved(district, person)
    await district.it_is("2026-10-16 09:00")
    overseer = await district.server.as_staff(Role.OVERSEER, branch=district.community)
    raised = await post(overseer, f"{line}/objection", NOT_THERE, status=201)
    assert raised["participation_state"] == "settled"
    decided = await post(district.approver, f"{line}/objection/resolution", {**UPHELD, "minutes": 60})
    assert decided["correction_id"] is not None
    assert await points(district, person) == (40, 0, 40)
    assert (await post(district.approver, f"{line}/correction/approval", status=409))["code"] == "same_person"
    second = await district.server.as_staff(Role.APPROVER, branch=district.community)
    await post(second, f"{line}/correction/approval")
    assert await points(district, person) == (10, 0, 10)


async def test_a_member_objects_to_a_correction_within_five_working_days(district: District) -> None:
    """S4: who was corrected is told, and may object within 5 working days; upheld, the correction is undone by two."""
    person = await district.member("丁一")
    (line,) = await approved(district, person)
    await district.it_is("2026-11-16 10:00")
    own = await district.as_member(person)
    assert (await post(own, f"{line}/objection", NOT_THERE, status=409))["code"] == "objection_closed"
    await post(district.recorder, f"{line}/correction", {"minutes": 60, "reason": "签到表为 60 分钟"}, status=201)
    await post(district.approver, f"{line}/correction/approval")
    assert await points(district, person) == (10, 0, 10)
    (told,) = (await get(own, "/me/messages"))["items"]
    assert told["kind"] == "corrected"
    assert "within 5 working days" in told["text"]

    await district.it_is("2026-11-23 23:59")
    await post(own, f"{line}/objection", {"reason": "我做满了四小时"}, status=201)
    second = await district.server.as_staff(Role.APPROVER, branch=district.community)
    decided = await post(second, f"{line}/objection/resolution", {"upheld": True, "reason": "照片为证"})
    assert decided["correction_id"] is not None
    await post(district.approver, f"{line}/correction/approval")
    assert await points(district, person) == (40, 0, 40)
    assert [m["kind"] for m in (await get(own, "/me/messages"))["items"]] == [
        "corrected", "objection_upheld", "corrected",
    ]  # fmt: skip
    (mine,) = (await get(own, "/me/objections"))["items"]
    assert (mine["is_upheld"], mine["resolution"]) == (True, "照片为证")


async def test_after_the_fifth_working_day_it_is_too_late_for_a_member(district: District) -> None:
    person = await district.member("丁一")
    (line,) = await approved(district, person)
    await district.it_is("2026-10-23 23:59")
    own = await district.as_member(person)
    await district.it_is("2026-10-24 00:00")
    refused = await post(own, f"{line}/objection", NOT_THERE, status=409)
    assert (refused["code"], refused["fields"]) == ("objection_closed", {"until_on": "2026-10-23"})
    await post(district.recorder, f"{line}/objection", NOT_THERE, status=201)


async def test_members_object_to_their_own_lines_only(district: District) -> None:
    person, other = await district.member("李明"), await district.member("王芳")
    (line,) = await approved(district, person)
    stranger, own = await district.as_member(other), await district.as_member(person)
    assert (await post(stranger, f"{line}/objection", NOT_THERE, status=404))["code"] == "not_found"
    first = await post(own, f"{line}/objection", NOT_THERE, status=201, key="k")
    assert await post(own, f"{line}/objection", NOT_THERE, status=201, key="k") == first
    assert (await post(own, f"{line}/objection", NOT_THERE, status=409))["code"] == "objection_pending"
    assert (await post(district.recorder, f"{line}/objection", NOT_THERE, status=409))["code"] == "objection_pending"
    await post(district.approver, f"{line}/objection/resolution", NOT_UPHELD)
    assert (await post(own, f"{line}/objection", NOT_THERE, status=409))["code"] == "already_approved"
    assert (await get(stranger, "/me/objections"))["items"] == []


async def test_who_recorded_or_objected_or_benefits_does_not_decide(district: District) -> None:
    person = await district.member("李明")
    await district.it_is("2026-10-12 20:00")
    both = await district.server.as_staff(Role.APPROVER, branch=district.community)
    sheet = await post(both, "/activities", {
        "branch_id": district.community.id, "role": "service", "title": "清洁",
        "started_at": at("2026-10-12 08:00").isoformat(), "ended_at": at("2026-10-12 12:00").isoformat(),
        "participations": [{"member_id": person["id"]}],
    }, status=201)  # fmt: skip
    line = f"/participations/{sheet['participations'][0]['id']}"
    assert (await post(district.approver, f"{line}/objection", NOT_THERE, status=409))["code"] == "not_approved"
    await district.approve(sheet)
    assert (await post(district.approver, f"{line}/objection/resolution", UPHELD, status=404))["code"] == "not_found"
    await post(district.approver, f"{line}/objection", NOT_THERE, status=201)
    for client in (both, district.approver):
        assert (await post(client, f"{line}/objection/resolution", UPHELD, status=409))["code"] == "same_person"
    own = await district.server.as_staff(Role.APPROVER, branch=district.community, member_id=person["id"])
    assert (await post(own, f"{line}/objection/resolution", NOT_UPHELD, status=409))["code"] == "own_activity"
    second = await district.server.as_staff(Role.APPROVER, branch=district.community)
    wrong = await post(second, f"{line}/objection/resolution", {**UPHELD, "minutes": 60}, status=422)
    assert "minutes" in wrong["fields"]
    await post(second, f"{line}/objection/resolution", NOT_UPHELD)
    assert (await post(second, f"{line}/objection/resolution", UPHELD, status=409))["code"] == "already_approved"


async def test_a_frozen_line_can_be_corrected_before_it_is_freed(district: District) -> None:
    person = await district.member("李明")
    (line,) = await approved(district, person)
    await post(district.recorder, f"{line}/objection", {"reason": "只来了一小时"}, status=201)
    await post(district.recorder, f"{line}/correction", {"minutes": 60, "reason": "签到表"}, status=201)
    await post(district.approver, f"{line}/correction/approval")
    await post(district.approver, f"{line}/objection/resolution", {"upheld": False, "reason": "已更正"})
    await district.it_is("2026-10-16 00:00")
    assert await points(district, person) == (10, 0, 10)


async def test_a_correction_that_waits_cannot_bring_back_a_rejected_line(district: District) -> None:
    person = await district.member("李明")
    (line,) = await approved(district, person)
    await post(district.recorder, f"{line}/correction", {"minutes": 60, "reason": "-"}, status=201)
    await post(district.recorder, f"{line}/objection", NOT_THERE, status=201)
    await post(district.approver, f"{line}/objection/resolution", UPHELD)
    assert (await post(district.approver, f"{line}/correction/approval", status=409))["code"] == "already_approved"
    await post(district.approver, f"{line}/correction/rejection")


async def test_a_frozen_line_still_counts_under_the_cap(district: District) -> None:
    person = await district.member("李明")
    (line,) = await approved(district, person)
    await post(district.recorder, f"{line}/objection", NOT_THERE, status=201)
    more = await district.log([person["id"]], "2026-10-12 13:00", "17:00")
    assert more["participations"][0]["points"] == 20


async def test_open_objections_are_listed_for_who_decides(district: District) -> None:
    person = await district.member("李明")
    first, second = [(await approved(district, person, approved_at=f"2026-10-{day} 20:00"))[0] for day in (12, 13)]
    await post(district.recorder, f"{first}/objection", NOT_THERE, status=201)
    await post(district.approver, f"{second}/objection", NOT_THERE, status=201)
    shown = (await get(district.approver, "/objections", open="true"))["items"]
    assert [f"/participations/{each['participation_id']}" for each in shown] == [second, first]
    (raised,) = (await get(district.recorder, "/objections"))["items"]
    assert raised["reason"] == NOT_THERE["reason"]
    await post(district.approver, f"{first}/objection/resolution", NOT_UPHELD)
    assert len((await get(district.approver, "/objections", open="true"))["items"]) == 1
    (decided,) = (await get(district.approver, "/objections", open="false"))["items"]
    assert decided["resolution"] == NOT_UPHELD["reason"]
    elsewhere = await district.server.bank.branch("泰和社区", BranchKind.COMMUNITY)
    assert (await get(await district.server.as_staff(Role.APPROVER, branch=elsewhere), "/objections"))["items"] == []
    assert (await get(district.clerk, "/objections", status=403))["code"] == "forbidden"


@pytest.mark.racing
async def test_of_two_who_object_at_once_one_is_first(district: District) -> None:
    person = await district.member("李明")
    (line,) = await approved(district, person)
    clients = (district.recorder, district.approver, await district.as_member(person))
    answers = await asyncio.gather(*(client.post(f"{line}/objection", json=NOT_THERE) for client in clients))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409]
    deciding = [await district.server.as_staff(Role.APPROVER, branch=district.community) for _ in "12"]
    bodies = (UPHELD, NOT_UPHELD)
    decided = await asyncio.gather(
        *(client.post(f"{line}/objection/resolution", json=body) for client, body in zip(deciding, bodies, strict=True))
    )
    assert sorted(answer.status_code for answer in decided) == [200, 409]
