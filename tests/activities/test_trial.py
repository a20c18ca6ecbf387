"""Trying rules on a past month: the code that reckons sheets, in logging order, and nothing is written."""

from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from points_bank.activities.trial import try_rules
from points_bank.actor import SYSTEM, Role
from points_bank.branches.models import BranchKind
from points_bank.rules.rule_set import reference_content
from points_bank.transaction import Transaction
from tests.activities.test_rule_changes import version
from tests.bank import Server
from tests.stories.district import Answer, District, post

EVERYTHING = ("participation", "activity", "transfer", "account", "lot", "correction", "rule_set", "audit")


async def tried(client: httpx.AsyncClient, content: str, month: str = "2026-10", **more: Any) -> Any:
    return await post(client, "/rule-sets/trial", {"content": content, "month": month, **more})


async def october(server: Server) -> tuple[District, Answer, Answer]:
    """One who served on two Saturdays, and one who did publicity three times on a day and led once."""
    district = await District.of(server)
    a, b = await district.member("陈大文"), await district.member("李秀兰")
    await district.it_is("2026-10-17 21:00")
    for start, end in (("08:00", "12:00"), ("13:00", "17:00")):
        await district.approve(await district.log([a["id"]], f"2026-10-17 {start}", end))
    for start, end in (("08:00", "08:40"), ("09:00", "09:40"), ("10:00", "10:40")):
        sheet = await district.log([b["id"]], f"2026-10-17 {start}", end, role="publicity")
        await district.approve(sheet)
    await district.it_is("2026-10-24 21:00")
    await district.approve(await district.log([a["id"], b["id"]], "2026-10-24 08:00", "10:00", is_lead=False))
    return district, a, b


def change(member: Answer, before: int, after: int) -> dict[str, int]:
    return {"member_id": member["id"], "points_before": before, "points_after": after}


async def test_under_the_same_rules_nothing_changes(server: Server) -> None:
    district, _, _ = await october(server)
    trial = await tried(district.administrator, reference_content())
    assert (trial["lines"], trial["members"], trial["lines_changed"], trial["otherwise"]) == (7, 2, 0, 0)
    assert trial["points_before"] == trial["points_after"] == 60 + 20 + 20 + 20
    assert (trial["gainers"], trial["losers"]) == ([], [])


async def test_who_gains_and_who_loses_in_logging_order(server: Server) -> None:
    district, a, b = await october(server)
    # The day's cap of 80 gives A's second half of the Saturday back; one session a day takes one of B's.
    draft = version(2, day_cap_points=80).replace("sessions_per_day = 2", "sessions_per_day = 1")
    trial = await tried(district.administrator, draft)
    assert (trial["gainers"], trial["losers"]) == ([change(a, 80, 100)], [change(b, 40, 30)])
    assert (trial["points_before"], trial["points_after"], trial["lines_changed"]) == (120, 130, 2)
    # A cap of the month cuts what was logged last.
    trial = await tried(district.administrator, version(2, month_cap_points=70))
    assert trial["losers"] == [change(a, 80, 70)]
    full = await server.bank.database.read(
        try_rules, toml_text=version(2, month_cap_points=70), month="2026-10", by=SYSTEM
    )
    assert [(line.member_id, line.points_before, line.points_after) for line in full.changed] == [(a["id"], 20, 10)]


async def test_cases_and_their_mediators_are_reckoned_like_on_sheets(server: Server) -> None:
    district = await District.of(server)
    people = [await district.member(name) for name in ("甲一", "乙二", "丙三")]
    await district.it_is("2026-10-20 10:00")
    case = {"case_reference": "TJ-1", "outcome": "settled", "followed_up_on": "2026-10-19"}
    sheet = await district.log([each["id"] for each in people], "2026-10-10 08:00", "09:00", role="mediation", **case)
    await district.approve(sheet)
    assert (await tried(district.administrator, reference_content()))["points_after"] == 60
    draft = version(2).replace("mediators_per_case = 2", "mediators_per_case = 3")
    trial = await tried(district.administrator, draft)
    assert (trial["points_after"], trial["gainers"]) == (90, [change(people[2], 0, 30)])


async def test_nothing_is_written(server: Server) -> None:
    district, _, _ = await october(server)

    def everything(tx: Transaction) -> list[int]:
        return [tx.scalar(sa.text(f"SELECT COUNT(*) FROM {table}")) for table in EVERYTHING]

    before = await server.bank.database.read(everything)
    await tried(district.administrator, version(2, day_cap_points=80))
    assert await server.bank.database.read(everything) == before


async def test_a_branch_with_rules_of_its_own_keeps_them(server: Server) -> None:
    district = await District.of(server)
    root = district.administrator
    estate = await server.bank.branch("佛子小区", BranchKind.ESTATE, district.community)
    own = {"content": version(1, lead_points=7), "valid_from_on": "2026-10-01", "branch_id": estate.id}
    await post(root, "/rule-sets", own, status=201)
    member = await district.member("陈大文")
    await district.it_is("2026-10-17 21:00")
    await district.approve(await district.log([member["id"]], "2026-10-17 08:00", "12:00"))
    there = await district.log([member["id"]], "2026-10-17 13:00", "17:00", branch_id=estate.id)
    await district.approve(there)
    draft = version(2, day_cap_points=30)
    # For the district the estate's line stays what it is; for the estate only that line is reckoned, after the others.
    trial = await tried(root, draft)
    assert (trial["lines"], trial["points_before"], trial["points_after"]) == (1, 40, 30)
    trial = await tried(root, draft, branch_id=estate.id)
    assert (trial["lines"], trial["points_before"], trial["points_after"]) == (1, 20, 0)


async def test_what_is_not_approved_or_was_rejected_does_not_count(server: Server) -> None:
    district = await District.of(server)
    member = await district.member("陈大文")
    await district.it_is("2026-10-17 21:00")
    await district.log([member["id"]], "2026-10-17 08:00", "12:00")
    trial = await tried(district.administrator, version(2))
    assert (trial["lines"], trial["members"], trial["points_before"]) == (0, 0, 0)


@pytest.mark.parametrize("month", ["2026-12", "2026", "2026-W42", "2026-13", "x"])
async def test_what_is_no_month_or_has_not_begun_is_refused(server: Server, month: str) -> None:
    client = await server.as_staff(Role.ADMINISTRATOR)
    body = {"content": reference_content(), "month": month}
    assert list((await post(client, "/rule-sets/trial", body, status=422))["fields"]) == ["month"]
