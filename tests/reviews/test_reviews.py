"""Reviews: what they freeze, what a decision does to each kind of entry, and what they refuse."""

from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from points_bank.actor import Role
from points_bank.branches.models import BranchKind
from points_bank.transaction import Transaction
from points_bank.verify import verify
from tests.bank import Server, at
from tests.stories.district import District, get, post

REASON = "照片人数不符"


@pytest.fixture
async def district(server: Server) -> District:
    server.bank.clock.set(at("2026-10-12 20:00"))
    return await District.of(server)


@pytest.fixture
async def second(district: District) -> httpx.AsyncClient:
    return await district.server.as_staff(Role.APPROVER, branch=district.community)


async def review_of(district: District, *sheets: Any) -> str:
    body = {
        "branch_id": district.community.id,
        "reason": REASON,
        "activity_ids": [sheet["id"] for sheet in sheets],
    }
    return f"/reviews/{(await post(district.approver, '/reviews', body, status=201))['id']}"


def lines(sheet: Any) -> list[int]:
    return [line["id"] for line in sheet["participations"]]


async def states(district: District, sheet: Any) -> list[str]:
    shown = await get(district.approver, f"/activities/{sheet['id']}")
    return [line["state"] for line in shown["participations"]]


async def test_a_sheet_under_review_cannot_be_approved(district: District, second: httpx.AsyncClient) -> None:
    people = [await district.member(name) for name in ("李明", "王芳")]
    sheet = await district.log([person["id"] for person in people], "2026-10-12 08:00", "12:00")
    review = await review_of(district, sheet)
    approval = f"/activities/{sheet['id']}/approval"
    refused = await post(second, approval, status=409)
    assert (refused["code"], refused["fields"]["cause"]) == ("under_review", review[1:].replace("reviews/", "review:"))
    decided = await post(second, f"{review}/decision", {"false_participation_ids": lines(sheet)[:1], "reason": REASON})
    assert (decided["rejected_entries"], decided["freed_entries"], decided["proposed_corrections"]) == (1, 1, 0)
    assert await states(district, sheet) == ["rejected", "logged"]
    await district.approve(sheet)
    await district.it_is("2026-10-16 00:00")
    assert [(await district.passbook(person))["honour_points"] for person in people] == [0, 40]
    assert (await post(district.approver, f"{review}/corrections/approval", status=409))["code"] == "already_approved"


async def test_what_is_doubted_twice_is_free_when_both_doubts_are_decided(
    district: District, second: httpx.AsyncClient
) -> None:
    person = await district.member("李明")
    sheet = await district.log([person["id"]], "2026-10-12 08:00", "12:00")
    await district.approve(sheet)
    line = f"/participations/{lines(sheet)[0]}"
    await post(district.recorder, f"{line}/objection", {"reason": REASON}, status=201)
    review = await review_of(district, sheet)
    await post(district.approver, f"{line}/objection/resolution", {"upheld": False, "reason": "-"})
    assert await states(district, sheet) == ["frozen"]
    await district.it_is("2026-10-20 09:00")
    assert (await district.passbook(person))["honour_points"] == 0
    await post(second, f"{review}/decision", {"false_participation_ids": [], "reason": "属实"})
    assert await states(district, sheet) == ["under_notice"]
    await district.it_is("2026-10-21 00:00")
    assert (await district.passbook(person))["honour_points"] == 40


async def test_a_review_that_rejects_settles_the_objection_too(district: District, second: httpx.AsyncClient) -> None:
    person = await district.member("李明")
    sheet = await district.log([person["id"]], "2026-10-12 08:00", "12:00")
    await district.approve(sheet)
    line = f"/participations/{lines(sheet)[0]}"
    await post(district.recorder, f"{line}/objection", {"reason": REASON}, status=201)
    review = await review_of(district, sheet)
    await post(second, f"{review}/decision", {"false_participation_ids": lines(sheet), "reason": REASON})
    assert await states(district, sheet) == ["rejected"]
    await post(second, f"{line}/objection/resolution", {"upheld": True, "reason": "核查已认定"})
    assert await states(district, sheet) == ["rejected"]


async def test_what_had_settled_stays_until_two_people_take_it_back(
    district: District, second: httpx.AsyncClient
) -> None:
    person = await district.member("李明")
    sheet = await district.log([person["id"]], "2026-10-12 08:00", "12:00")
    await district.approve(sheet)
    await district.it_is("2026-10-16 09:00")
    review = await review_of(district, sheet)
    decision = {"false_participation_ids": lines(sheet), "reason": REASON}
    decided = await post(second, f"{review}/decision", decision, key="k")
    assert await post(second, f"{review}/decision", decision, key="k") == decided
    assert (await post(second, f"{review}/decision", decision, status=409))["code"] == "already_approved"
    assert (await district.passbook(person))["spendable_points"] == 40
    approval = f"{review}/corrections/approval"
    without_key = await district.approver.post(approval)
    assert without_key.json()["code"] == "idempotency_key_required"
    assert (await post(district.approver, approval, key="a"))["reversed_points"] == 40
    assert (await post(district.approver, approval, key="a"))["reversed_points"] == 40
    assert (await district.passbook(person))["spendable_points"] == 0
    assert [transfer["kind"] for transfer in await district.transfers(person)] == ["reversal", "award"]


async def test_neither_who_recorded_nor_who_is_on_it_decides(district: District, second: httpx.AsyncClient) -> None:
    person = await district.member("李明")
    sheet = await post(second, "/activities", {
        "branch_id": district.community.id, "role": "service", "title": "清洁",
        "started_at": at("2026-10-12 08:00").isoformat(), "ended_at": at("2026-10-12 12:00").isoformat(),
        "participations": [{"member_id": person["id"]}],
    }, status=201)  # fmt: skip
    review = await review_of(district, sheet)
    own = await district.server.as_staff(Role.APPROVER, branch=district.community, member_id=person["id"])
    decision = {"false_participation_ids": [], "reason": REASON}
    for client, code in ((second, "same_person"), (district.approver, "same_person"), (own, "own_activity")):
        assert (await post(client, f"{review}/decision", decision, status=409))["code"] == code
    third = await district.server.as_staff(Role.APPROVER, branch=district.community)
    wrong = await post(third, f"{review}/decision", {**decision, "false_participation_ids": [999]}, status=422)
    assert list(wrong["fields"]) == ["false_participation_ids"]
    assert (await post(third, f"{review}/corrections/approval", status=409))["code"] == "not_approved"
    await post(third, f"{review}/decision", decision)
    assert [each["id"] for each in (await get(third, "/reviews", open="true"))["items"]] == []
    assert len((await get(third, "/reviews"))["items"]) == 1


async def test_what_makes_no_sense_is_refused(district: District) -> None:
    sheet = await district.log([(await district.member("李明"))["id"]], "2026-10-12 08:00", "12:00")
    elsewhere = await district.server.bank.branch("泰和社区", BranchKind.COMMUNITY)
    body = {"branch_id": district.community.id, "reason": REASON}
    days = {"recorder_staff_id": 1, "from_on": "2026-10-01", "until_on": "2026-10-31"}
    for more, field in (
        ({}, "activity_ids"),
        ({"activity_ids": [sheet["id"]], **days}, "activity_ids"),
        ({"recorder_staff_id": 1}, "activity_ids"),
        ({**days, "until_on": "2026-09-01"}, "until_on"),
        ({**days, "from_on": "0001-01-01", "until_on": "9999-12-31"}, "until_on"),
        ({**days, "from_on": "2026-01-01", "until_on": "2027-01-02"}, "until_on"),
        ({**days, "recorder_staff_id": 99}, "recorder_staff_id"),
    ):
        refused = await post(district.approver, "/reviews", {**body, **more}, status=422)
        assert list(refused["fields"]) == [field]
    wide = await district.server.as_staff(Role.APPROVER)
    refused = await post(
        wide, "/reviews", {**body, "branch_id": elsewhere.id, "activity_ids": [sheet["id"]]}, status=422
    )
    assert list(refused["fields"]) == ["activity_ids"]
    await post(district.approver, "/reviews", {**body, "activity_ids": [999]}, status=404)


async def test_rights_end_only_of_who_recorded(district: District) -> None:
    sheet = await district.log([(await district.member("李明"))["id"]], "2026-10-12 08:00", "12:00")
    review = await review_of(district, sheet)
    recorder_id = (await get(district.approver, f"/activities/{sheet['id']}"))["recorded_by_id"]
    path = f"{review}/recorder-suspension"
    refused = await post(district.administrator, path, {"staff_id": recorder_id + 99}, status=422)
    assert list(refused["fields"]) == ["staff_id"]
    await post(district.administrator, path, {"staff_id": recorder_id})
    again = await post(district.administrator, path, {"staff_id": recorder_id}, status=409)
    assert again["code"] == "already_approved"
    (deed,) = [each for each in (await get(district.approver, review))["history"] if each["act"] != "open_review"]
    assert deed["act"] == "end_recorders_rights"
    assert deed["details"][0] == f"staff:{recorder_id}"


@pytest.mark.parametrize(
    ("deed", "check"),
    [
        ("UPDATE participation SET state = 'under_notice' WHERE state = 'frozen'", "frozen lines"),
        ("UPDATE participation_freeze SET thawed_at = frozen_at", "entries under review"),
        ("UPDATE review_entry SET is_false = TRUE", "decided reviews"),
        ("UPDATE objection SET is_upheld = FALSE, resolved_at = raised_at", "objections"),
    ],
)
async def test_verify_finds_what_was_changed_behind_the_acts(district: District, deed: str, check: str) -> None:
    sheet = await district.log([(await district.member("李明"))["id"]], "2026-10-12 08:00", "12:00")
    await district.approve(sheet)
    await post(district.recorder, f"/participations/{lines(sheet)[0]}/objection", {"reason": REASON}, status=201)
    await review_of(district, sheet)

    class Undone(Exception):
        """Rolls back what was planted."""

    def plant(tx: Transaction) -> None:
        assert tx.run(sa.text(deed)) > 0
        raise Undone({finding.check for finding in verify(tx) if finding.differences})

    with pytest.raises(Undone) as found:
        await district.server.bank.database.write(plant)
    assert check in found.value.args[0]
