"""What a later version of the rules would have given, carried out by corrections of two people."""

from typing import Any

from points_bank.actor import Role
from tests.activities.test_rule_changes import take, version
from tests.bank import Server
from tests.stories.district import Answer, District, get, post


async def with_new_rules(server: Server) -> tuple[District, Answer, int, list[int]]:
    """One who served on three Saturdays of October, settled; and a version from December that gives 6 a half hour."""
    district = await District.of(server)
    member = await district.member("陈大文")
    lines = []
    for day in (17, 24, 31):
        await district.it_is(f"2026-10-{day} 19:00")
        sheet = await district.log([member["id"]], f"2026-10-{day} 08:00", "10:00")
        await district.approve(sheet)
        lines.append(sheet["participations"][0]["id"])
    await district.it_is("2026-11-16 09:00")
    added = await take(district.administrator, version(2, points_per_unit=6), "2026-12-01")
    return district, member, added["id"], lines


def asked(**more: Any) -> dict[str, Any]:
    return {"month": "2026-10", "reason": "区里决定补发", **more}


async def test_each_line_is_proposed_once_and_a_second_person_approves(server: Server) -> None:
    district, member, rules_id, lines = await with_new_rules(server)
    path = f"/rule-sets/{rules_id}/differences"
    first = await post(district.administrator, path, asked(limit=2), status=201, key="first")
    assert first == {"participation_ids": lines[:2], "unchanged": 0, "left": 1}
    again = await post(district.administrator, path, asked(limit=2), status=201, key="first")
    assert again["participation_ids"] == lines[:2]
    assert (await post(district.administrator, path, asked(), status=201))["participation_ids"] == lines[2:]
    assert (await post(district.administrator, path, asked(), status=201))["participation_ids"] == []
    assert (await district.passbook(member))["spendable_points"] == 60
    for line in lines:
        same = await post(district.administrator, f"/participations/{line}/correction/approval", status=409)
        assert same["code"] == "same_person"
        corrected = await post(district.approver, f"/participations/{line}/correction/approval")
        assert (corrected["minutes_before"], corrected["minutes_after"], corrected["points_after"]) == (120, 120, 24)
    book = await district.passbook(member)
    assert (book["spendable_points"], book["honour_points"], book["service_minutes"]) == (72, 72, 360)
    # What was carried out is no difference any more.
    trial = await post(
        district.administrator, "/rule-sets/trial", {"content": version(2, points_per_unit=6), "month": "2026-10"}
    )
    assert (trial["points_before"], trial["points_after"], trial["lines_changed"]) == (72, 72, 0)


async def test_a_later_correction_of_minutes_keeps_to_the_new_rules(server: Server) -> None:
    district, member, rules_id, lines = await with_new_rules(server)
    await post(district.administrator, f"/rule-sets/{rules_id}/differences", asked(limit=1), status=201)
    await post(district.approver, f"/participations/{lines[0]}/correction/approval")
    await post(
        district.recorder, f"/participations/{lines[0]}/correction", {"minutes": 60, "reason": "签到表"}, status=201
    )
    corrected = await post(district.approver, f"/participations/{lines[0]}/correction/approval")
    assert (corrected["points_before"], corrected["points_after"]) == (24, 12)
    award = (await district.transfers(member))[-1]
    receipt = await get(district.administrator, f"/transfers/{award['id']}/receipt")
    assert receipt["service"]["rules"]["version"] == 2


async def test_rules_of_elsewhere_and_months_that_are_none_are_refused(server: Server) -> None:
    district, _, rules_id, _ = await with_new_rules(server)
    root, path = district.administrator, f"/rule-sets/{rules_id}/differences"
    assert (await root.post("/rule-sets/999/differences", json=asked())).json()["code"] == "not_found"
    assert list((await post(root, path, asked(month="2027-01"), status=422))["fields"]) == ["month"]
    other = await server.bank.branch("泰和社区")
    own = await take(root, version(1), "2026-12-01", branch_id=other.id)
    wrong = await post(root, f"/rule-sets/{own['id']}/differences", asked(branch_id=district.community.id), status=422)
    assert list(wrong["fields"]) == ["branch_id"]
    stranger = await server.as_staff(Role.ADMINISTRATOR, branch=other)
    assert (await post(stranger, path, asked(), status=404))["code"] == "not_found"


async def test_one_whose_line_it_is_proposes_nothing_for_themselves(server: Server) -> None:
    district, member, rules_id, _ = await with_new_rules(server)
    relative = await server.as_staff(Role.ADMINISTRATOR, member_id=member["id"])
    answer = await post(relative, f"/rule-sets/{rules_id}/differences", asked(), status=201)
    assert answer["participation_ids"] == []
    assert (await district.passbook(member))["spendable_points"] == 60
