"""Sixteen at once at one sheet, at one person's hours and at one person's cap."""

import asyncio
from collections import Counter
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.bank import Server, at
from tests.stories.district import District

pytestmark = pytest.mark.racing


@pytest.fixture
async def district(server: Server) -> District:
    district = await District.of(server)
    await district.it_is("2026-11-14 20:00")
    return district


async def all_at_once(client: httpx.AsyncClient, path: str, bodies: list[Any]) -> list[httpx.Response]:
    """Each with a key of its own."""
    return await asyncio.gather(
        *(client.post(path, json=body, headers={"Idempotency-Key": uuid4().hex}) for body in bodies)
    )


def sheets(district: District, member_id: int, *, start: str, end: str) -> list[dict[str, Any]]:
    """Sixteen of the same time, each under a title of its own."""
    return [
        {
            "branch_id": district.community.id, "role": "service", "title": f"清洁{number}",
            "started_at": at(start).isoformat(), "ended_at": at(end).isoformat(),
            "participations": [{"member_id": member_id}],
        }
        for number in range(16)
    ]  # fmt: skip


async def test_sixteen_who_enter_one_sheet_enter_it_once(district: District) -> None:
    member = await district.member("李明")
    bodies = sheets(district, member["id"], start="2026-11-14 09:00", end="2026-11-14 11:00")
    answers = await all_at_once(district.recorder, "/activities", bodies)
    told = Counter("entered" if answer.is_success else answer.json()["code"] for answer in answers)
    assert told == {"entered": 1, "duplicate_activity": 15}


async def test_of_sixteen_sheets_for_the_same_hours_one_counts(district: District) -> None:
    member = await district.member("李明")
    bodies = sheets(district, member["id"], start="2026-11-14 09:00", end="2026-11-14 11:00")
    for number, body in enumerate(bodies):
        body |= {"ended_at": at(f"2026-11-14 11:{number:02}").isoformat()}
    answers = await all_at_once(district.recorder, "/activities", bodies)
    assert [answer.text for answer in answers if not answer.is_success] == []
    lines = [answer.json()["participations"][0] for answer in answers]
    assert Counter(line["state"] for line in lines) == {"logged": 1, "held": 15}


async def test_the_days_cap_holds_for_sixteen_sheets(district: District) -> None:
    member = await district.member("李明")
    bodies = sheets(district, member["id"], start="2026-11-14 06:00", end="2026-11-14 06:45")
    for number, body in enumerate(bodies):
        hour = f"2026-11-14 {4 + number:02}"
        body |= {"started_at": at(f"{hour}:00").isoformat(), "ended_at": at(f"{hour}:45").isoformat()}
    await district.it_is("2026-11-15 09:00")
    answers = await all_at_once(district.recorder, "/activities", bodies)
    assert {answer.status_code for answer in answers} == {201}
    points = [answer.json()["participations"][0]["points"] for answer in answers]
    one_by_one = await district.member("王芳")
    expected = []
    for body in bodies:
        body |= {"title": body["title"] + "乙", "participations": [{"member_id": one_by_one["id"]}]}
        (answer,) = await all_at_once(district.recorder, "/activities", [body])
        expected.append(answer.json()["participations"][0]["points"])
    assert sum(points) == sum(expected) > 0


async def test_of_sixteen_approvals_one_is_first(district: District) -> None:
    member = await district.member("李明")
    activity = await district.log([member["id"]], "2026-11-14 09:00", "11:00")
    answers = await all_at_once(district.approver, f"/activities/{activity['id']}/approval", [None] * 16)
    told = Counter("approved" if answer.is_success else answer.json()["code"] for answer in answers)
    assert told == {"approved": 1, "already_approved": 15}
    await district.it_is("2026-11-19 00:00")
    assert (await district.passbook(member))["honour_points"] == 20
