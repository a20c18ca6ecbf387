"""Calling back: drawn once, reproducibly, by somebody else; each answer with who called and when."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from points_bank.activities.call_backs import drawn_by
from points_bank.actor import Role
from tests.bank import Server, at
from tests.stories.district import District, get, post

SEEDS = st.text("0123456789abcdef", min_size=64, max_size=64)
LINES = st.lists(st.integers(1, 10**6), unique=True, min_size=1)


@given(SEEDS, LINES, st.randoms(use_true_random=False))
def test_a_seed_draws_the_same_lines_whatever_their_order(seed: str, lines: list[int], random: Any) -> None:
    drawn = drawn_by(seed, lines)
    random.shuffle(lines)
    assert drawn_by(seed, lines) == drawn
    assert sorted(drawn) == sorted(lines)


@pytest.fixture
async def district(server: Server) -> District:
    server.bank.clock.set(at("2026-10-10 20:00"))
    return await District.of(server)


async def sheet_of(district: District, people: int) -> Any:
    members = [(await district.member(f"居民{number}"))["id"] for number in range(people)]
    return await district.log(members, "2026-10-10 08:00", "12:00")


async def test_it_is_drawn_once(district: District) -> None:
    sheet = await sheet_of(district, 12)
    path = f"/activities/{sheet['id']}/call-back-sample"
    assert (await get(district.approver, path, status=404))["code"] == "not_found"
    drawn = await post(district.approver, path, {"size": 5}, status=201)
    lines = [line["id"] for line in sheet["participations"]]
    assert [line["participation_id"] for line in drawn["lines"]] == drawn_by(drawn["seed"], lines)[:5]
    second = await district.server.as_staff(Role.APPROVER, branch=district.community)
    assert await post(second, path, {"size": 9}, status=201) == drawn
    assert await get(second, path) == drawn
    assert (drawn["size"], {line["answer"] for line in drawn["lines"]}) == (5, {None})


async def test_of_fewer_people_all_are_drawn(district: District) -> None:
    sheet = await sheet_of(district, 3)
    struck = sheet["participations"][0]["id"]
    await post(district.approver, f"/participations/{struck}/rejection", {"reason": "没有来"})
    drawn = await post(district.approver, f"/activities/{sheet['id']}/call-back-sample", {"size": 5}, status=201)
    assert {line["participation_id"] for line in drawn["lines"]} == {line["id"] for line in sheet["participations"][1:]}
    assert drawn["size"] == 2


async def test_answers_are_written_down_one_by_one(district: District) -> None:
    sheet = await sheet_of(district, 3)
    path = f"/activities/{sheet['id']}/call-back-sample"
    drawn = await post(district.approver, path, {"size": 2}, status=201)
    first, second = (f"/participations/{line['participation_id']}/call-back" for line in drawn["lines"])
    (left,) = {line["id"] for line in sheet["participations"]} - {each["participation_id"] for each in drawn["lines"]}
    said = await post(district.approver, first, {"answer": "not_reached"}, key="k")
    assert (said["answer"], said["calls"]) == ("not_reached", 1)
    assert await post(district.approver, first, {"answer": "not_reached"}, key="k") == said
    again = await post(district.approver, first, {"answer": "denied"})
    assert (again["answer"], again["calls"], again["called_by_id"]) == ("denied", 2, drawn["drawn_by_id"])
    refused = await post(district.approver, first, {"answer": "confirmed"}, status=409)
    assert refused["code"] == "already_approved"
    await post(district.approver, second, {"answer": "confirmed"})
    not_drawn = f"/participations/{left}/call-back"
    assert (await post(district.approver, not_drawn, {"answer": "denied"}, status=404))["code"] == "not_found"
    overseer = await district.server.as_staff(Role.OVERSEER, branch=district.community)
    assert [line["answer"] for line in (await get(overseer, path))["lines"]] == ["denied", "confirmed"]


async def test_who_recorded_or_is_on_the_sheet_does_not_call(district: District) -> None:
    person = await district.member("李明")
    both = await district.server.as_staff(Role.APPROVER, branch=district.community)
    sheet = await post(both, "/activities", {
        "branch_id": district.community.id, "role": "service", "title": "清洁",
        "started_at": at("2026-10-10 08:00").isoformat(), "ended_at": at("2026-10-10 12:00").isoformat(),
        "participations": [{"member_id": person["id"]}],
    }, status=201)  # fmt: skip
    own = await district.server.as_staff(Role.APPROVER, branch=district.community, member_id=person["id"])
    path = f"/activities/{sheet['id']}/call-back-sample"
    for client, code in ((both, "same_person"), (own, "own_activity")):
        assert (await post(client, path, {"size": 1}, status=409))["code"] == code
    await post(district.approver, path, {"size": 1}, status=201)
    call = f"/participations/{sheet['participations'][0]['id']}/call-back"
    assert (await post(both, call, {"answer": "confirmed"}, status=409))["code"] == "same_person"


async def test_what_was_turned_down_is_not_called_about(district: District) -> None:
    sheet = await sheet_of(district, 2)
    await post(district.approver, f"/activities/{sheet['id']}/rejection", {"reason": "-"})
    refused = await post(district.approver, f"/activities/{sheet['id']}/call-back-sample", {"size": 1}, status=409)
    assert refused["code"] == "already_approved"
