"""Caps, cases, notice over holidays, settlement and correction, with their figures."""

from itertools import permutations
from typing import Any

import pytest

from points_bank.actor import SYSTEM
from points_bank.branches.calendar import ExceptionalDay, load_year
from points_bank.rules.in_force import add_rule_set
from points_bank.rules.rule_set import reference_content
from points_bank.scheduler import reschedule
from points_bank.transaction import Transaction
from tests.bank import Server, at
from tests.stories.district import District, get, post, same_instant


@pytest.fixture
async def district(server: Server) -> District:
    server.bank.clock.set(at("2026-09-01 09:00"))
    return await District.of(server)


async def test_the_caps_hold_in_whatever_order_sheets_are_approved(district: District) -> None:
    """60 a day: 40 for four hours of service and 10 for each of two sessions, however they come in."""
    for number, order in enumerate(permutations(range(3))):
        on = f"2026-10-{12 + number:02}"
        await district.it_is(f"{on} 21:00")
        member = await district.member("李明")
        sheets = [
            await district.log([member["id"]], f"{on} 08:00", "12:00"),
            await district.log([member["id"]], f"{on} 13:00", "16:00"),
            await district.log([member["id"]], f"{on} 17:00", "18:00", role="publicity"),
        ]
        assert [sheet["participations"][0]["points"] for sheet in sheets] == [40, 20, 0]
        for place in order:
            await district.approve(sheets[place])
        assert (await district.passbook(member))["under_notice_points"] == 60


async def test_what_was_rejected_frees_its_place_under_the_cap(district: District) -> None:
    await district.it_is("2026-10-12 21:00")
    member = await district.member("李明")
    full = [
        await district.log([member["id"]], f"2026-10-12 {start}", end)
        for start, end in (("08:00", "12:00"), ("13:00", "17:00"))
    ]
    assert [sheet["participations"][0]["points"] for sheet in full] == [40, 20]
    assert full[1]["participations"][0]["cut"][0]["code"] == "day_cap"
    await post(district.approver, f"/activities/{full[0]['id']}/rejection", {"reason": "没有来"})
    await district.approve(full[1])
    assert (await district.passbook(member))["under_notice_points"] == 40


async def test_400_points_a_month(district: District) -> None:
    member = await district.member("李明")
    points = []
    for day in range(1, 12):
        await district.it_is(f"2026-10-{day:02} 21:00")
        sheet = await district.log([member["id"]], f"2026-10-{day:02} 08:00", "12:00")
        points.append(sheet["participations"][0]["points"])
        await district.approve(sheet)
    assert points == [40] * 10 + [0]
    await district.it_is("2026-11-01 21:00")
    november = await district.log([member["id"]], "2026-11-01 08:00", "12:00")
    assert november["participations"][0]["points"] == 40


def case(outcome: str = "settled", on: str = "2026-10-20", reference: str = "TJ-1") -> dict[str, Any]:
    return {"role": "mediation", "case_reference": reference, "outcome": outcome, "followed_up_on": on}


async def test_a_case_pays_two_mediators_whatever_its_outcome(district: District) -> None:
    await district.it_is("2026-10-20 20:00")
    people = [(await district.member(f"调解员{number}"))["id"] for number in range(4)]
    first = await district.log(people[:1], "2026-10-12 08:00", "09:00", **case("unsettled"))
    second = await district.log(people[1:3], "2026-10-12 10:00", "11:00", **case())
    assert [line["points"] for line in first["participations"] + second["participations"]] == [30, 30, 0]
    assert second["participations"][1]["cut"][0]["code"] == "mediators_per_case"
    referred = await district.log(people[3:], "2026-10-12 12:00", "13:00", **case("referred", reference="TJ-2"))
    assert referred["participations"][0]["points"] == 10
    again = await district.log(people[:1], "2026-10-12 15:00", "16:00", **case())
    assert again["participations"][0]["cut"][0]["code"] == "case_already_counted"


async def test_a_case_waits_until_it_is_followed_up(district: District) -> None:
    await district.it_is("2026-10-12 20:00")
    member = await district.member("调解员")
    sheet = await district.log([member["id"]], "2026-10-12 08:00", "09:00", role="mediation", case_reference="TJ-1")
    line = sheet["participations"][0]
    assert (line["points"], line["cut"][0]["code"]) == (0, "not_followed_up")
    approval, follow_up = f"/activities/{sheet['id']}/approval", f"/participations/{line['id']}/follow-up"
    assert (await post(district.approver, approval, status=409))["code"] == "not_followed_up"
    await district.it_is("2026-10-18 20:00")
    early = await post(district.recorder, follow_up, {"outcome": "settled", "followed_up_on": "2026-10-18"})
    assert early["points"] == 0
    for on, code in (("2026-10-11", "invalid"), ("2026-10-25", "future_activity")):
        status = 422 if code == "invalid" else 409
        body = {"outcome": "settled", "followed_up_on": on}
        assert (await post(district.recorder, follow_up, body, status=status))["code"] == code
    await district.it_is("2026-10-19 20:00")
    done = await post(district.recorder, follow_up, {"outcome": "settled", "followed_up_on": "2026-10-19"})
    assert done["points"] == 30
    await district.approve(sheet)
    body = {"outcome": "referred", "followed_up_on": "2026-10-19"}
    assert (await post(district.recorder, follow_up, body, status=409))["code"] == "already_approved"


@pytest.mark.parametrize(
    ("approved", "settles"),
    [
        ("2026-10-13 12:00", "2026-10-17 00:00"),  # Wed, Thu, Fri: settled on a Saturday
        ("2026-09-29 12:00", "2026-10-10 00:00"),  # 30 Sep, then the holidays of National Day, then 8 and 9 Oct
        ("2026-10-09 12:00", "2026-10-14 00:00"),  # Saturday 10 Oct is worked, then Mon and Tue
    ],
)
async def test_notice_runs_over_the_districts_working_days(district: District, approved: str, settles: str) -> None:
    await district.it_is(approved)
    member = await district.member("李明")
    sheet = await district.log([member["id"]], f"{approved[:10]} 08:00", "09:00")
    assert same_instant((await district.approve(sheet))["settles_at"], settles)


async def test_a_calendar_loaded_later_moves_the_notice(district: District) -> None:
    await district.it_is("2027-02-01 12:00")
    member = await district.member("李明")
    sheet = await district.log([member["id"]], "2027-02-01 08:00", "09:00")
    assert same_instant((await district.approve(sheet))["settles_at"], "2027-02-05 00:00")

    def load(tx: Transaction) -> int:
        holidays = [ExceptionalDay(at(f"2027-02-{day:02} 00:00").date(), False, "春节") for day in (3, 4, 5)]
        load_year(tx, 2027, holidays, "test", SYSTEM)
        return reschedule(tx)

    assert await district.server.bank.database.write(load) == 1
    assert await district.it_is("2027-02-08 23:59") == []
    assert [done.job for done in await district.it_is("2027-02-10 00:00")] == ["settle"]


async def test_without_notice_an_approval_settles(district: District) -> None:
    content = reference_content().replace("version = 1", "version = 2").replace("working_days = 3", "working_days = 0")
    assert content.count("working_days = 0") == 1

    def change(tx: Transaction) -> None:
        add_rule_set(tx, branch_id=district.community.id, content=content, valid_from_on=at("2026-10-12 00:00").date())

    await district.server.bank.database.write(change)
    await district.it_is("2026-10-12 20:00")
    member = await district.member("李明")
    decided = await district.approve(await district.log([member["id"]], "2026-10-12 08:00", "09:00"))
    assert decided["state"] == "settled"
    assert (await district.passbook(member))["spendable_points"] == 10


async def corrected(district: District, line_id: int, minutes: int, *, status: int = 200) -> Any:
    """Propose a correction and let the second person decide; the answer of the second."""
    correction = f"/participations/{line_id}/correction"
    await post(district.recorder, correction, {"minutes": minutes, "reason": "签到表"}, status=201)
    return await post(district.approver, f"{correction}/approval", status=status)


async def test_a_line_is_corrected_up_and_down_and_taken_back(district: District) -> None:
    await district.it_is("2026-10-12 20:00")
    member = await district.member("李明")
    sheet = await district.log(
        [member["id"]], "2026-10-12 08:00", "12:00", participations=[{"member_id": member["id"], "minutes": 60}]
    )
    line_id = sheet["participations"][0]["id"]
    await district.approve(sheet)
    await district.it_is("2026-10-20 09:00")
    figures = []
    for minutes in (240, 90, 0, 30):
        answer = await corrected(district, line_id, minutes)
        book = await district.passbook(member)
        figures.append(
            (answer["points_after"], book["spendable_points"], book["honour_points"], book["service_minutes"])
        )
    assert figures == [(40, 40, 40, 240), (15, 15, 15, 90), (0, 0, 0, 0), (5, 5, 5, 30)]
    kinds = [(line["kind"], line["amount_points"]) for line in await district.transfers(member)]
    assert sum(amount for _, amount in kinds) == 5
    assert {kind for kind, _ in kinds} == {"award", "reversal"}
    too_long = {"minutes": 241, "reason": "-"}
    assert (await post(district.recorder, f"/participations/{line_id}/correction", too_long, status=422))["code"] == (
        "invalid"
    )


async def test_a_line_under_notice_is_corrected_before_anything_is_posted(district: District) -> None:
    await district.it_is("2026-10-12 20:00")
    member = await district.member("李明")
    sheet = await district.log([member["id"]], "2026-10-12 08:00", "12:00")
    await district.approve(sheet)
    assert (await corrected(district, sheet["participations"][0]["id"], 60))["transfer_id"] is None
    assert (await district.passbook(member))["under_notice_points"] == 10
    await district.it_is("2026-10-16 00:00")
    assert [line["amount_points"] for line in await district.transfers(member)] == [10]


async def test_the_floor_of_the_balance(district: District) -> None:
    """Ten mornings are spent; taking them back stops at -200, and what was refused has moved nothing."""
    member = await district.member("李明")
    line_ids = []
    for day in range(1, 11):
        await district.it_is(f"2026-10-{day:02} 21:00")
        sheet = await district.log([member["id"]], f"2026-10-{day:02} 08:00", "12:00")
        line_ids.append(sheet["participations"][0]["id"])
        await district.approve(sheet)
    await district.it_is("2026-10-20 09:00")
    desk_id = await district.desk()
    rice = await district.reward("大米", 390, desk_id=desk_id, quantity=1)
    await district.redeem(member, desk_id, rice)
    for line_id in line_ids[:5]:
        await corrected(district, line_id, 0)
    assert (await district.passbook(member))["spendable_points"] == -190
    refused = await corrected(district, line_ids[5], 0, status=409)
    assert (refused["code"], refused["fields"]) == ("balance_floor", {"balance_points": -230, "floor_points": -200})
    assert (await district.passbook(member))["spendable_points"] == -190
    shown = await get(district.approver, "/activities", branch_id=district.community.id, state="settled")
    assert sum(line["points"] for each in shown["items"] for line in each["participations"]) == 200
