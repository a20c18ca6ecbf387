"""Flags: each at its threshold, with its figures; who is told; and that they block nothing."""

from datetime import time, timedelta
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from points_bank.activities.flags import SENTENCES, Facts, FlagCode, flags_of, night_minutes
from points_bank.actor import Role
from points_bank.i18n import Language, translate
from points_bank.settings import FlagThresholds, Settings
from tests.bank import Server, at
from tests.stories.district import District, get, post

PLAIN = Facts(
    started_at=at("2026-10-10 08:00"), ended_at=at("2026-10-10 12:00"), recorded_at=at("2026-10-10 21:00"),
    recorder_id=1, headcount=None, minutes=[240, 120, 240], day_points=[40, 20, 40], month_points=[200, 20, 40],
    day_cap_points=60, month_cap_points=400, lines_by_recorder={1: 30, 2: 30}, sheets_in_a_row=[240],
)  # fmt: skip
DUSK, DAWN = time(22), time(6)


def codes(**changes: Any) -> list[str]:
    return [flag.code.value for flag in flags_of(replace(PLAIN, **changes), FlagThresholds())]


def test_nothing_is_odd_about_a_plain_sheet() -> None:
    assert codes() == []


@pytest.mark.parametrize(
    ("changes", "flag", "figures"),
    [
        ({"recorded_at": at("2026-10-10 22:00")}, "late_at_night", {"entered_at": "22:00", "night_minutes": 0}),
        ({"recorded_at": at("2026-10-11 05:59")}, "late_at_night", {"entered_at": "05:59"}),
        ({"ended_at": at("2026-10-10 22:01")}, "late_at_night", {"night_minutes": 1, "night_until": "06:00"}),
        ({"minutes": [180] * 6}, "equal_hours", {"people": 6, "minutes": 180}),
        ({"lines_by_recorder": {1: 60, 2: 40}}, "recorders_share", {"percent": 60, "lines": 100, "recorders": 2}),
        ({"day_points": [54, 53, 0]}, "near_day_cap", {"people": 1, "cap_points": 60, "percent": 90}),
        ({"month_points": [360, 400, 359]}, "near_month_cap", {"people": 2, "cap_points": 400}),
        ({"headcount": 2}, "headcount", {"people": 3, "headcount": 2}),
        ({"sheets_in_a_row": [60, 240]}, "fast_entry", {"sheets": 2, "minutes": 300, "seconds": 120}),
    ],
)
def test_a_flag_at_its_threshold(changes: dict[str, Any], flag: str, figures: dict[str, Any]) -> None:
    (found,) = flags_of(replace(PLAIN, **changes), FlagThresholds())
    assert found.code == flag
    assert figures.items() <= found.figures.items()
    for language in Language:
        assert "{" not in translate(SENTENCES[found.code], language, **found.figures)


@pytest.mark.parametrize(
    "changes",
    [
        {"recorded_at": at("2026-10-10 21:59")},
        {"recorded_at": at("2026-10-11 06:00")},
        {"ended_at": at("2026-10-10 22:00")},
        {"minutes": [180] * 5},
        {"minutes": [179] * 6},
        {"minutes": [180] * 6 + [181]},
        {"minutes": []},
        {"lines_by_recorder": {1: 59, 2: 41}},
        {"lines_by_recorder": {1: 100}},
        {"lines_by_recorder": {1: 18, 2: 1}},
        {"day_points": [53, 53, 53]},
        {"month_points": [359, 0, 0]},
        {"headcount": 3},
        {"headcount": 9},
        {"sheets_in_a_row": [300]},
        {"sheets_in_a_row": [100, 199]},
    ],
)
def test_below_its_threshold_there_is_none(changes: dict[str, Any]) -> None:
    assert codes(**changes) == []


@given(minute=st.integers(0, 366 * 24 * 60), length=st.integers(1, 24 * 60), part=st.integers(0, 24 * 60))
def test_night_minutes_add_up_over_parts_and_are_those_of_the_clock(minute: int, length: int, part: int) -> None:
    start = at("2026-01-01 00:00") + timedelta(minutes=minute)
    end, cut = start + timedelta(minutes=length), start + timedelta(minutes=min(part, length))
    whole = night_minutes(start, end, DUSK, DAWN)
    assert whole == night_minutes(start, cut, DUSK, DAWN) + night_minutes(cut, end, DUSK, DAWN)
    by_the_minute = [(start + timedelta(minutes=minute)).hour for minute in range(length)]
    assert whole == sum(1 for hour in by_the_minute if hour >= 22 or hour < 6)


def test_a_night_may_lie_within_a_day() -> None:
    assert night_minutes(at("2026-10-10 00:00"), at("2026-10-11 00:00"), time(0), time(5)) == 300


def test_thresholds_are_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POINTS_BANK_FLAGS__EQUAL_PEOPLE", "30")
    assert Settings().flags == FlagThresholds(equal_people=30)


def test_every_code_has_its_sentence() -> None:
    assert set(SENTENCES) == set(FlagCode)


@pytest.fixture
async def district(server: Server) -> District:
    server.bank.clock.set(at("2026-09-01 09:00"))
    return await District.of(server)


async def flags(client: httpx.AsyncClient, sheet: Any) -> dict[str, Any]:
    shown = (await get(client, f"/activities/{sheet['id']}"))["flags"]
    return {flag["code"]: flag["figures"] for flag in shown}


async def test_a_sheet_is_looked_at_with_what_surrounds_it(district: District) -> None:
    people = [(await district.member(f"居民{number}"))["id"] for number in range(12)]
    other = await district.server.as_staff(Role.RECORDER, branch=district.community)
    await district.it_is("2026-10-08 18:00")
    await post(other, "/activities", {
        "branch_id": district.community.id, "role": "service", "title": "清洁",
        "started_at": at("2026-10-08 08:00").isoformat(), "ended_at": at("2026-10-08 09:00").isoformat(),
        "participations": [{"member_id": people[0]}, {"member_id": people[1]}],
    }, status=201)  # fmt: skip
    await district.it_is("2026-10-09 17:00")
    await district.log(people, "2026-10-09 12:00", "16:00")
    await district.it_is("2026-10-10 23:00")
    sheet = await district.log(people, "2026-10-10 12:00", "16:00", headcount=4)
    second = await district.log(people[:1], "2026-10-10 16:00", "20:00", headcount=4)
    assert await flags(district.approver, sheet) == {
        "late_at_night": {"entered_at": "23:00", "night_minutes": 0, "night_from": "22:00", "night_until": "06:00"},
        "equal_hours": {"people": 12, "minutes": 240},
        "recorders_share": {"lines": 27, "days": 28, "percent": 92, "recorders": 2},
        "headcount": {"people": 12, "headcount": 4},
        "near_day_cap": {"people": 1, "percent": 90, "cap_points": 60},
    }
    assert (await flags(district.approver, second))["fast_entry"] == {"sheets": 2, "minutes": 480, "seconds": 120}
    listed = (await get(district.approver, "/activities", state="logged"))["items"]
    assert {flag["code"] for flag in listed[1]["flags"]} == set(await flags(district.approver, sheet))
    await district.approve(sheet)
    assert (await get(district.approver, "/activities"))["items"][1]["flags"] is None
    assert "headcount" in await flags(district.approver, sheet)


async def test_who_records_is_not_told(district: District) -> None:
    await district.it_is("2026-10-10 23:00")
    sheet = await district.log([(await district.member("李明"))["id"]], "2026-10-10 12:00", "16:00")
    for client, told in ((district.recorder, False), (district.approver, True)):
        assert ((await get(client, f"/activities/{sheet['id']}"))["flags"] is not None) is told
        (listed,) = (await get(client, "/activities"))["items"]
        assert (listed["flags"] is not None) is told
    chinese = district.server.client(district.approver.headers["authorization"].removeprefix("Bearer "), language="zh")
    (flag,) = (await get(chinese, f"/activities/{sheet['id']}"))["flags"]
    assert flag["sentence"] == "录入时间是 23:00；有 0 分钟服务在夜间（22:00 至 06:00）。"


async def test_what_is_odd_stands_first_in_the_approvers_list(district: District) -> None:
    people = [(await district.member(f"居民{number}"))["id"] for number in range(3)]
    await district.it_is("2026-10-10 20:00")
    plain = await district.log(people, "2026-10-10 08:00", "09:00")
    odd = await district.log(people, "2026-10-10 10:00", "11:00", headcount=1)
    later = await district.log(people, "2026-10-10 12:00", "13:00")
    expected = [odd["id"], plain["id"], later["id"]]
    listed = (await get(district.approver, "/activities/waiting", branch_id=district.community.id))["items"]
    assert [each["id"] for each in listed] == expected
    assert [[flag["code"] for flag in each["flags"]] for each in listed] == [["headcount"], [], []]
    found: list[int] = []
    cursor: dict[str, Any] = {}
    for _ in expected:
        page = await get(district.approver, "/activities/waiting", limit=1, **cursor)
        found += [each["id"] for each in page["items"]]
        cursor = {"cursor": page["next_cursor"]}
    assert (found, cursor) == (expected, {"cursor": None})
    plainly = (await get(district.recorder, "/activities/waiting"))["items"]
    assert [(each["id"], each["flags"]) for each in plainly] == [(each, None) for each in sorted(expected)]
    await district.approve(odd)
    assert [each["id"] for each in (await get(district.approver, "/activities/waiting"))["items"]] == expected[1:]
    for wrong in ("x", f"{0:019}\n"):
        await get(district.approver, "/activities/waiting", cursor=wrong, status=422)
