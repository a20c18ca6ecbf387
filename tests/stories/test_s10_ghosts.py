"""S10: ghost participants, from the flags to the file for the discipline office."""

from typing import Any

import httpx

from points_bank.actor import Role
from tests.bank import Server, at
from tests.stories.district import District, get, post

FRIDAYS = ("2026-10-23", "2026-10-30", "2026-11-06", "2026-11-13")
MONDAYS = ("2026-10-26", "2026-11-02", "2026-11-09", "2026-11-16")


def sheet(district: District, on: str, members: list[int], *, end: str = "22:30", **more: Any) -> dict[str, Any]:
    return {
        "branch_id": district.community.id, "role": "service", "title": "周五清扫",
        "started_at": at(f"{on} 18:30").isoformat(), "ended_at": at(f"{on} {end}").isoformat(),
        "participations": [{"member_id": member_id} for member_id in members], **more,
    }  # fmt: skip


async def four_fridays(district: District, ding: httpx.AsyncClient, people: list[dict[str, Any]]) -> list[Any]:
    """Clerk 丁 logs 12 people with 4 hours each at 23:00, four weeks long; each photo shows 4."""
    members = [person["id"] for person in people]
    await district.it_is("2026-10-22 20:00")
    await post(district.recorder, "/activities", sheet(district, "2026-10-22", members[:3], end="19:00"), status=201)
    sheets = []
    for friday, monday in zip(FRIDAYS, MONDAYS, strict=True):
        await district.it_is(f"{friday} 23:00")
        sheets.append(await post(ding, "/activities", sheet(district, friday, members, headcount=4), status=201))
        await district.it_is(f"{monday} 10:00")
        await district.approve(sheets[-1])
    return sheets


async def call_back(client: httpx.AsyncClient, activity_id: int) -> tuple[list[int], list[int]]:
    """Draw 5, of whom 3 deny; the members who denied, and who confirmed."""
    sample = await post(client, f"/activities/{activity_id}/call-back-sample", {"size": 5}, status=201)
    for number, line in enumerate(sample["lines"]):
        answer = {"answer": "denied" if number < 3 else "confirmed"}
        await post(client, f"/participations/{line['participation_id']}/call-back", answer)
    members = [line["member_id"] for line in sample["lines"]]
    return members[:3], members[3:]


async def test_ghost_participants(server: Server) -> None:
    district = await District.of(server)
    clerk_ding = await server.bank.staff(Role.RECORDER, branch=district.community)
    ding = server.client(await server.bank.token(clerk_ding))
    people = [await district.member(f"居民{number}") for number in range(12)]
    desk_id = await district.desk()
    soap = await district.reward("卫生纸", 100, desk_id=desk_id, quantity=9)
    sheets = await four_fridays(district, ding, people)

    await district.it_is("2026-11-17 10:00")
    flags = {
        flag["code"]: flag["figures"]
        for flag in (await get(district.approver, f"/activities/{sheets[0]['id']}"))["flags"]
    }
    assert flags.keys() == {"late_at_night", "equal_hours", "headcount"}
    assert flags["late_at_night"]["entered_at"] == "23:00"
    assert flags["equal_hours"] == {"people": 12, "minutes": 240}
    assert flags["headcount"] == {"people": 12, "headcount": 4}
    last = {flag["code"]: flag for flag in (await get(district.approver, f"/activities/{sheets[3]['id']}"))["flags"]}
    assert last["recorders_share"]["figures"] == {"lines": 51, "days": 28, "percent": 94, "recorders": 2}

    denied, confirmed = await call_back(district.approver, sheets[0]["id"])
    others = [person["id"] for person in people if person["id"] not in {*denied, *confirmed}]
    ghosts = {*denied, *others[:5]}
    colluder = next(person for person in people if person["id"] == denied[0])
    await district.redeem(colluder, desk_id, soap)

    opened = await post(district.approver, "/reviews", {
        "branch_id": district.community.id, "reason": "回访 5 人，3 人否认", "recorder_staff_id": clerk_ding.id,
        "from_on": FRIDAYS[0], "until_on": FRIDAYS[-1],
    }, status=201)  # fmt: skip
    assert (opened["entries"], opened["pending_entries"], opened["pending_points"]) == (48, 12, 480)
    assert (opened["settled_entries"], opened["settled_points"]) == (36, 1_440)
    review = f"/reviews/{opened['id']}"

    await district.it_is("2026-11-23 10:00")
    for person in people:
        book = await district.passbook(person)
        spent = 100 if person is colluder else 0
        assert (book["spendable_points"], book["under_notice_points"]) == (120 - spent, 40), "frozen, not settled"

    false = [line["id"] for each in sheets for line in each["participations"] if line["member_id"] in ghosts]
    decision = {"false_participation_ids": false, "reason": "照片、回访与签到笔迹均不符"}
    second = await server.as_staff(Role.APPROVER, branch=district.community)
    assert (await post(district.approver, f"{review}/decision", decision, status=409))["code"] == "same_person"
    decided = await post(second, f"{review}/decision", decision)
    assert (decided["rejected_entries"], decided["rejected_points"]) == (8, 320)
    assert (decided["proposed_corrections"], decided["proposed_points"], decided["freed_entries"]) == (24, 960, 16)
    assert (await post(second, f"{review}/corrections/approval", status=409))["code"] == "same_person"
    carried_out = await post(district.approver, f"{review}/corrections/approval")
    assert (carried_out["corrections"], carried_out["reversed_points"]) == (24, 960)

    await district.it_is("2026-11-24 00:00")
    reversed_of_the_first = []
    for person in people:
        book, is_ghost = await district.passbook(person), person["id"] in ghosts
        assert book["under_notice_points"] == 0
        assert book["honour_points"] == (0 if is_ghost else 160)
        assert book["service_minutes"] == (0 if is_ghost else 960)
        assert book["spendable_points"] == (-100 if person is colluder else 0 if is_ghost else 160)
        assert book["suspended_until_on"] is None, "who knew of nothing is not punished"
        reversed_of_the_first += [
            transfer["amount_points"]
            for transfer in await district.transfers(person)
            if (transfer["kind"], transfer["occurred_on"]) == ("reversal", FRIDAYS[0])
        ]
    assert reversed_of_the_first == [-40] * 8
    assert sum(reversed_of_the_first) == -320

    evidence = await get(second, review)
    assert evidence["totals"] == {
        "entries": 48, "pending_points": 0, "false_entries": 32, "false_points": 1_280, "rejected_points": 320,
        "reversed_points": 960,
    }  # fmt: skip
    assert [each["headcount"] for each in evidence["activities"]] == [4] * 4
    assert [line["answer"] for line in evidence["activities"][0]["sample"]["lines"]].count("denied") == 3
    assert {deed["act"] for deed in evidence["history"]} == {
        "open_review", "decide_review", "approve_review_corrections",
    }  # fmt: skip

    later = sheet(district, "2026-11-23", [people[0]["id"]])
    await post(ding, "/activities/preview", later)
    ended = await post(district.administrator, f"{review}/recorder-suspension", {"staff_id": clerk_ding.id})
    assert len(ended["right_ids"]) == 1
    for path, status in (("/activities/preview", 404), ("/activities", 404)):
        await post(ding, path, later, status=status)

    overseer = await server.as_staff(Role.OVERSEER, branch=district.community)
    file = await overseer.get(f"{review}/evidence.csv")
    assert file.status_code == 200
    text = file.content.decode("utf-8-sig")
    assert len([row for row in text.splitlines() if ",yes," in row]) == 32
    assert "居民" not in text, "people stand in it by their numbers"

    suspension = {"reason": "与记录人串通", "until_on": "2027-12-31", "review_id": opened["id"]}
    path = f"/members/{colluder['id']}/suspensions"
    innocent = next(person for person in people if person["id"] not in ghosts)
    refused = await post(second, f"/members/{innocent['id']}/suspensions", suspension, status=422)
    assert list(refused["fields"]) == ["review_id"]
    proposed = await post(second, path, suspension, status=201)
    in_force = await post(district.approver, f"{path}/{proposed['id']}/approval")
    assert (in_force["until_on"], in_force["barred_until_on"]) == ("2027-12-31", "2027-11-24")
    own = await district.as_member(colluder)
    (seen,) = (await get(own, "/me/suspensions"))["items"]
    assert (seen["reason"], seen["until_on"]) == ("与记录人串通", "2027-12-31")
    await post(own, f"/me/suspensions/{proposed['id']}/appeal", {"reason": "不是我写的"}, status=201)
    refused = await district.redeem(colluder, desk_id, soap, status=409)
    assert refused["code"] == "redemption_suspended"
