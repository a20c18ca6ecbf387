"""New versions of the rules: from a day on, never backwards, and what was awarded keeps its own version."""

from datetime import date
from typing import Any

import httpx
import pytest

from points_bank.actor import Role
from points_bank.rules.rule_set import reference_content
from tests.bank import Server
from tests.stories.district import District, get, post


def version(number: int, **figures: int) -> str:
    """R1 as another version, with other figures of the whole set."""
    content = reference_content().replace("version = 1\n", f"version = {number}\n")
    for name, figure in figures.items():
        before = next(line for line in content.splitlines() if line.startswith(f"{name} = "))
        content = content.replace(before, f"{name} = {figure}")
    return content


async def take(client: httpx.AsyncClient, content: str, on: str, *, status: int = 201, **more: Any) -> Any:
    return await post(client, "/rule-sets", {"content": content, "valid_from_on": on, **more}, status=status)


async def test_a_version_applies_to_service_from_its_day_on(server: Server) -> None:
    district = await District.of(server)
    member = await district.member("陈大文")
    added = await take(district.administrator, version(2, points_per_unit=6), "2026-10-20")
    assert (added["code"], added["version"], added["valid_from_on"], added["oddities"]) == ("R1", 2, "2026-10-20", [])
    await district.it_is("2026-10-20 19:00")
    before = await district.log([member["id"]], "2026-10-19 08:00", "10:00")
    after = await district.log([member["id"]], "2026-10-20 08:00", "10:00")
    assert [each["participations"][0]["points"] for each in (before, after)] == [20, 24]
    assert after["participations"][0]["explanation"].startswith("120 min = 4 full half hours x 6 = 24")
    in_force = await get(district.administrator, "/rule-sets/current", branch_id=district.community.id, on="2026-10-20")
    assert (in_force["id"], in_force["version"]) == (added["id"], 2)


async def test_a_month_with_two_versions_has_the_cap_of_the_day_that_is_reckoned(server: Server) -> None:
    """What was given under the earlier version counts: a month has one sum, whatever the rules were."""
    district = await District.of(server)
    member = await district.member("陈大文")
    await take(district.administrator, version(2, day_cap_points=60, month_cap_points=90), "2026-10-20")
    points = []
    for day in (17, 18, 20, 21):
        await district.it_is(f"2026-10-{day} 19:00")
        morning = await district.log([member["id"]], f"2026-10-{day} 08:00", "12:00")
        points.append(morning["participations"][0]["points"])
    assert points == [40, 40, 10, 0]
    # A line for a day of the earlier version still has that version's cap.
    late = await district.log([member["id"]], "2026-10-19 08:00", "12:00")
    assert late["participations"][0]["points"] == 40


async def test_rules_are_not_changed_backwards(server: Server) -> None:
    district = await District.of(server)
    member = await district.member("陈大文")
    await district.it_is("2026-10-20 19:00")
    sheet = await district.log([member["id"]], "2026-10-20 08:00", "10:00")
    for on in ("2026-10-01", "2026-10-20"):
        refusal = await take(district.administrator, version(2), on, status=422)
        assert list(refusal["fields"]) == ["valid_from_on"]
        assert "2026-10-20" in refusal["fields"]["valid_from_on"]
    other = await server.bank.branch("泰和社区")
    assert (await take(district.administrator, version(1), "2026-10-01", branch_id=other.id))["branch_id"] == other.id
    await post(district.approver, f"/activities/{sheet['id']}/rejection", {"reason": "重复"})
    assert (await take(district.administrator, version(2), "2026-10-20"))["version"] == 2


@pytest.mark.parametrize(
    ("content", "on", "field"),
    [
        (version(2, lead_points=-1), "2026-12-01", "lead_points (line "),
        (version(2).replace("years_kept = 1", "years_kept 1"), "2026-12-01", "content (line "),
        (version(2, month_cap_points=3_000), "2026-12-01", "month_cap_points (line "),
        (version(1), "2026-12-01", "version"),
        (version(2), "2200-01-01", "valid_from_on"),
    ],
)
async def test_a_hole_is_refused_and_nothing_is_taken(server: Server, content: str, on: str, field: str) -> None:
    client = await server.as_staff(Role.ADMINISTRATOR)
    refusal = await take(client, content, on, status=422)
    assert any(name.startswith(field) for name in refusal["fields"]), refusal
    current = await get(client, "/rule-sets/current", branch_id=server.bank.district.id, on="2026-12-31")
    assert current["version"] == 1


async def test_versions_go_up_with_their_days_and_no_day_is_taken_twice(server: Server) -> None:
    client = await server.as_staff(Role.ADMINISTRATOR)
    await take(client, version(3), "2026-12-01")
    assert list((await take(client, version(2), "2027-01-01", status=422))["fields"]) == ["version"]
    assert list((await take(client, version(4), "2026-11-01", status=422))["fields"]) == ["version"]
    assert list((await take(client, version(4), "2026-12-01", status=422))["fields"]) == ["valid_from_on"]
    assert (await take(client, version(2), "2026-11-01"))["version"] == 2


async def test_the_rules_in_force_can_be_sent_back_as_json(server: Server) -> None:
    client = await server.as_staff(Role.ADMINISTRATOR)
    rules = await get(client, "/rule-sets/current", branch_id=server.bank.district.id)
    for name in ("id", "branch_id", "valid_from_on"):
        del rules[name]
    rules |= {"version": 2, "lead_points": 8}
    body = {"rules": rules, "valid_from_on": "2026-12-01"}
    added = await post(client, "/rule-sets", body, status=201)
    current = await get(client, "/rule-sets/current", branch_id=server.bank.district.id, on="2026-12-01")
    assert (current["id"], current["lead_points"], current["version"]) == (added["id"], 8, 2)
    for wrong in ({}, {"content": version(3), "rules": rules}):
        refusal = await post(client, "/rule-sets", {**wrong, "valid_from_on": "2027-01-01"}, status=422)
        assert list(refusal["fields"]) == ["content"]


async def test_the_same_key_takes_a_version_once_and_odd_figures_are_told(server: Server) -> None:
    client = await server.as_staff(Role.ADMINISTRATOR)
    body = {"content": version(2, day_cap_points=9_000, month_cap_points=9_000), "valid_from_on": "2026-12-01"}
    first, again = [await post(client, "/rule-sets", body, status=201, key="rules") for _ in "12"]
    assert first == again
    assert [odd["path"] for odd in first["oddities"]] == ["day_cap_points"]
    current = await get(client, "/rule-sets/current", branch_id=server.bank.district.id, on=str(date(2026, 12, 1)))
    assert current["day_cap_points"] == 9_000
