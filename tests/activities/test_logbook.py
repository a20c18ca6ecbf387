"""The logbook over HTTP: overlaps, dates, people, and what is refused, with nothing written."""

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from points_bank.actor import Role
from points_bank.branches.models import BranchKind
from points_bank.transaction import Transaction
from tests.bank import Server, at
from tests.stories.district import District, get, post


def count_activities(tx: Transaction) -> int:
    count: int = tx.scalar(sa.text("SELECT count(*) FROM activity"))
    return count


@pytest.fixture
async def district(server: Server) -> District:
    district = await District.of(server)
    await district.it_is("2026-11-14 20:00")
    return district


def sheet(district: District, member_ids: list[int], **changes: Any) -> dict[str, Any]:
    return {
        "branch_id": district.community.id,
        "role": "service",
        "title": "清洁",
        "started_at": at("2026-11-14 09:00").isoformat(),
        "ended_at": at("2026-11-14 11:00").isoformat(),
        "participations": [{"member_id": member_id} for member_id in member_ids],
    } | changes


async def refused(district: District, body: Any, *, status: int, by: Any = None) -> dict[str, Any]:
    """What logging is refused with: preview refuses the same, and nothing is written."""
    client = by or district.recorder
    before = await district.server.bank.database.read(count_activities)
    problem: dict[str, Any] = await post(client, "/activities", body, status=status)
    assert (await post(client, "/activities/preview", body, status=status))["code"] == problem["code"]
    assert await district.server.bank.database.read(count_activities) == before
    return problem


async def test_the_same_morning_logged_twice(district: District) -> None:
    """S3: the second is held, trimmed to what does not overlap, and the union is never exceeded."""
    member = await district.member("党员", is_party_member=True)
    first = await district.log([member["id"]], "2026-11-14 09:00", "11:00")
    second = await district.log([member["id"]], "2026-11-14 09:30", "11:30", title="单位导入")
    line = second["participations"][0]
    assert (line["state"], line["overlap_minutes"]) == ("held", 90)
    assert (await post(district.approver, f"/activities/{second['id']}/approval", status=409))["code"] == (
        "overlapping_service"
    )
    trim = f"/participations/{line['id']}/trim"
    still = {"started_at": at("2026-11-14 10:30").isoformat(), "ended_at": at("2026-11-14 11:30").isoformat()}
    problem = await post(district.approver, trim, still, status=409)
    assert (problem["code"], problem["fields"]) == ("overlapping_service", {"overlap_minutes": 30})
    outside = {"started_at": at("2026-11-14 11:00").isoformat(), "ended_at": at("2026-11-14 12:00").isoformat()}
    assert (await post(district.approver, trim, outside, status=422))["code"] == "invalid"
    assert (await post(district.recorder, trim, still, status=403))["code"] == "forbidden"
    rest = {"started_at": at("2026-11-14 11:00").isoformat(), "ended_at": at("2026-11-14 11:30").isoformat()}
    trimmed = await post(district.approver, trim, rest)
    assert (trimmed["state"], trimmed["minutes"], trimmed["points"]) == ("logged", 30, 5)
    for activity in (first, second):
        await district.approve(activity)
    await district.it_is("2026-11-19 00:00")
    book = await district.passbook(member)
    assert (book["service_minutes"], book["honour_points"]) == (150, 25)


async def test_a_held_line_that_is_rejected_stays_on_record(district: District) -> None:
    member, other = await district.member("李明"), await district.member("王芳")
    await district.log([member["id"]], "2026-11-14 09:00", "11:00")
    second = await district.log([member["id"], other["id"]], "2026-11-14 09:30", "11:30", title="单位导入")
    held = next(line for line in second["participations"] if line["state"] == "held")
    rejected = await post(district.approver, f"/participations/{held['id']}/rejection", {"reason": "重复"})
    assert (rejected["state"], rejected["points"]) == ("rejected", 0)
    await district.approve(second)
    shown = await get(district.approver, f"/activities/{second['id']}")
    states = {line["member_id"]: (line["state"], line["reason"]) for line in shown["participations"]}
    assert states == {member["id"]: ("rejected", "重复"), other["id"]: ("under_notice", None)}


async def test_preview_answers_as_logging_would_and_writes_nothing(district: District) -> None:
    member = await district.member("李明")
    body = sheet(district, [member["id"]])
    preview = await post(district.recorder, "/activities/preview", body)
    assert await district.server.bank.database.read(count_activities) == 0
    logged = await post(district.recorder, "/activities", body, status=201)
    ids = {"id": logged.pop("id")} | {"line": [line.pop("id") for line in logged["participations"]]}
    assert all(ids.values())
    assert preview == logged


async def test_the_same_sheet_twice(district: District) -> None:
    member = await district.member("李明")
    first = await post(district.recorder, "/activities", sheet(district, [member["id"]]), status=201)
    again = sheet(district, [member["id"]], title="另一个名字")
    problem = await refused(district, again, status=409)
    assert (problem["code"], problem["fields"]) == ("duplicate_activity", {"activity_id": first["id"]})
    await post(district.approver, f"/activities/{first['id']}/return", {"reason": "请补地点"})
    second = await post(district.recorder, "/activities", again, status=201)
    await post(district.approver, f"/activities/{second['id']}/rejection", {"reason": "没有这次活动"})
    assert (await refused(district, again, status=409))["code"] == "duplicate_activity"


@pytest.mark.parametrize(
    ("days", "evidence", "status"),
    [(7, None, 201), (8, None, 409), (8, "签到表", 201), (30, "签到表", 201), (31, "签到表", 409), (45_000, "-", 409)],
)
async def test_late_entry(district: District, days: int, evidence: str | None, status: int) -> None:
    member = await district.member("李明")
    start = at("2026-11-14 09:00") - timedelta(days=days)
    times = {"started_at": start.isoformat(), "ended_at": (start + timedelta(hours=1)).isoformat()}
    body = sheet(district, [member["id"]], evidence=evidence, **times)
    answer = await post(district.recorder, "/activities", body, status=status)
    if status == 409:
        assert answer["code"] == "late_entry"
    else:
        assert answer["is_late"] is (days > 7)


async def test_a_late_sheet_needs_the_community(district: District) -> None:
    estate = await district.server.bank.branch("佛子小区", BranchKind.ESTATE, district.community)
    near = await district.server.as_staff(Role.APPROVER, branch=estate)
    member = await district.member("李明", branch_id=estate.id)
    times = {"started_at": at("2026-11-01 09:00").isoformat(), "ended_at": at("2026-11-01 10:00").isoformat()}
    body = sheet(district, [member["id"]], branch_id=estate.id, evidence="签到表", **times)
    activity = await post(district.recorder, "/activities", body, status=201)
    assert (await post(near, f"/activities/{activity['id']}/approval", status=409))["code"] == "late_entry"
    await district.approve(activity)


async def test_what_has_not_taken_place_is_refused(district: District) -> None:
    member = await district.member("李明")
    for start, end in (("2026-11-14 19:00", "2026-11-14 20:30"), ("2999-01-01 09:00", "2999-01-01 10:00")):
        times = {"started_at": at(start).isoformat(), "ended_at": at(end).isoformat()}
        assert (await refused(district, sheet(district, [member["id"]], **times), status=409))["code"] == (
            "future_activity"
        )


async def test_nonsense_is_named_field_by_field(district: District) -> None:
    member = await district.member("李明")
    good = sheet(district, [member["id"]])
    for changes, field in (
        ({"ended_at": good["started_at"]}, "ended_at"),
        ({"ended_at": at("2026-11-16 11:00").isoformat()}, "ended_at"),
        ({"participations": []}, "participations"),
        ({"participations": [{"member_id": member["id"]}] * 2}, "participations[1].member_id"),
        ({"participations": [{"member_id": member["id"], "minutes": 121}]}, "participations[0].minutes"),
        ({"participations": [{"member_id": member["id"], "minutes": -5}]}, "participations[0].minutes"),
        ({"participations": [{}]}, "participations[0].member_id"),
        ({"participations": [{"member_id": member["id"], "case_reference": "A"}]}, "participations[0].case_reference"),
        ({"participations": [{"member_id": 10**30}]}, "participations[0].member_id"),
        ({"role": "mediation"}, "participations[0].case_reference"),
        ({"role": "singing"}, "role"),
        ({"title": "x" * 1_000_000}, "title"),
        ({"title": "a\x07b"}, "title"),
        ({"title": " "}, "title"),
        ({"started_at": "2026-11-14T09:00:00"}, "started_at"),
        ({"colour": "red"}, "colour"),
    ):
        problem = await refused(district, good | changes, status=422)
        assert (problem["code"], list(problem["fields"])) == ("invalid", [field]), changes


async def test_a_thousand_people_and_no_more(district: District) -> None:
    database = district.server.bank.database
    first = (await district.member("住户"))["id"]

    def copy_members(tx: Transaction) -> None:
        columns = "name, name_initials, branch_id, is_party_member, pin_serial, registered_at"
        for number in range(1, 1001):
            member_id = first + number
            tx.run(
                sa.text(f"INSERT INTO member (id, {columns}) SELECT :new, {columns} FROM member WHERE id = :old"),
                new=member_id, old=first,
            )  # fmt: skip
            tx.run(
                sa.text("INSERT INTO home SELECT :new, from_on, branch_id FROM home WHERE member_id = :old"),
                new=member_id,
                old=first,
            )
            tx.run(
                sa.text(
                    "INSERT INTO account (kind, owner_id, balance_points, version, honour_points, service_minutes, "
                    "activities) VALUES ('member', :new, 0, 0, 0, 0, 0)"
                ),
                new=member_id,
            )

    await database.write(copy_members)
    everyone = list(range(first, first + 1001))
    problem = await refused(district, sheet(district, everyone), status=422)
    assert list(problem["fields"]) == ["participations"]
    activity = await post(district.recorder, "/activities", sheet(district, everyone[:1000]), status=201)
    await district.approve(activity)
    await district.it_is("2026-11-19 00:00")
    assert (await district.passbook({"id": everyone[999]}))["spendable_points"] == 20


async def test_people_of_other_branches_come_with_their_card(district: District) -> None:
    elsewhere = await district.server.bank.branch("泰和社区", BranchKind.COMMUNITY)
    keeper = await district.server.as_staff(Role.RECORDER, branch=elsewhere)
    visitor = await post(keeper, "/members", {"name": "张伟", "branch_id": elsewhere.id, "consents": []}, status=201)
    assert (await refused(district, sheet(district, [visitor["id"]]), status=404))["code"] == "not_found"
    with_card = sheet(district, [], participations=[{"card_no": visitor["card_no"]}])
    assert (await post(district.recorder, "/activities", with_card, status=201))["participations"][0]["points"] == 20
    assert (await get(district.recorder, "/members", q=visitor["card_no"]))["items"][0]["id"] == visitor["id"]
    await get(district.recorder, f"/members/{visitor['id']}/passbook")
    await get(district.recorder, f"/members/{visitor['id']}/transfers", status=404)
    times = {"started_at": at("2026-11-13 09:00").isoformat(), "ended_at": at("2026-11-13 10:00").isoformat()}
    await post(district.recorder, "/activities", sheet(district, [visitor["id"]], **times), status=201)
    mistyped = visitor["card_no"][:-1] + str((int(visitor["card_no"][-1]) + 1) % 10)
    wrong = sheet(district, [], participations=[{"card_no": mistyped}])
    assert list((await refused(district, wrong, status=422))["fields"]) == ["participations[0].card_no"]
    await post(keeper, f"/members/{visitor['id']}/card-loss")
    assert (await refused(district, with_card, status=409))["code"] == "card_lost"


async def test_who_is_closed_or_on_the_sheet_themselves(district: District) -> None:
    member = await district.member("李明")
    own = await district.server.as_staff(Role.RECORDER, branch=district.community, member_id=member["id"])
    assert (await refused(district, sheet(district, [member["id"]]), status=409, by=own))["code"] == "own_activity"
    activity = await post(district.recorder, "/activities", sheet(district, [member["id"]]), status=201)
    approving = await district.server.as_staff(Role.APPROVER, branch=district.community, member_id=member["id"])
    assert (await post(approving, f"/activities/{activity['id']}/approval", status=409))["code"] == "own_activity"
    await post(district.recorder, f"/members/{member['id']}/closing", {"reason": "迁出"})
    again = sheet(district, [member["id"]], ended_at=at("2026-11-14 10:00").isoformat())
    assert (await refused(district, again, status=409))["code"] == "member_closed"


async def test_who_recorded_never_approves_whatever_their_role(district: District) -> None:
    both = await district.server.as_staff(Role.ADMINISTRATOR, Role.APPROVER, Role.RECORDER)
    member = await district.member("李明")
    activity = await post(both, "/activities", sheet(district, [member["id"]]), status=201)
    for decision, body in (("approval", None), ("rejection", {"reason": "-"}), ("return", {"reason": "-"})):
        problem = await post(both, f"/activities/{activity['id']}/{decision}", body, status=409)
        assert problem["code"] == "same_person"
    await district.approve(activity)
    assert (await post(district.approver, f"/activities/{activity['id']}/approval", status=409))["code"] == (
        "already_approved"
    )
