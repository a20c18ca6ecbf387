"""S10: ghost participants, from the flags to the file for the discipline office."""

from dataclasses import dataclass, field
from typing import Any

import httpx

from points_bank.actor import Actor, Role
from tests.bank import Server, at
from tests.stories.district import District, get, post

FRIDAYS = ("2026-10-23", "2026-10-30", "2026-11-06", "2026-11-13")
MONDAYS = ("2026-10-26", "2026-11-02", "2026-11-09", "2026-11-16")


@dataclass
class Fraud:
    """Clerk 丁, twelve people on his sheets, and the two approvers who look into them."""

    district: District
    clerk_ding: Actor
    ding: httpx.AsyncClient
    second: httpx.AsyncClient
    people: list[dict[str, Any]]
    sheets: list[Any] = field(default_factory=list)
    ghosts: set[int] = field(default_factory=set)
    colluder: dict[str, Any] = field(default_factory=dict)
    review: str = ""

    @property
    def first(self) -> httpx.AsyncClient:
        return self.district.approver

    def sheet(self, on: str, members: list[int], *, end: str = "22:30", **more: Any) -> dict[str, Any]:
        return {
            "branch_id": self.district.community.id, "role": "service", "title": "周五清扫",
            "started_at": at(f"{on} 18:30").isoformat(), "ended_at": at(f"{on} {end}").isoformat(),
            "participations": [{"member_id": member_id} for member_id in members], **more,
        }  # fmt: skip

    def lines_of(self, members: set[int]) -> list[int]:
        return [line["id"] for sheet in self.sheets for line in sheet["participations"] if line["member_id"] in members]


async def test_ghost_participants(server: Server) -> None:
    district = await District.of(server)
    clerk_ding = await server.bank.staff(Role.RECORDER, branch=district.community)
    fraud = Fraud(
        district,
        clerk_ding,
        server.client(await server.bank.token(clerk_ding)),
        await server.as_staff(Role.APPROVER, branch=district.community),
        [await district.member(f"居民{number}") for number in range(12)],
    )
    desk_id = await district.desk()
    tissue = await district.reward("卫生纸", 100, desk_id=desk_id, quantity=9)
    await four_fridays(fraud)
    await look_odd(fraud)
    await call_back(fraud)
    await district.redeem(fraud.colluder, desk_id, tissue)
    await freeze(fraud)
    await reverse(fraud)
    await check_books(fraud)
    await check_evidence(fraud)
    await end_rights(fraud)
    await suspend_colluder(fraud)
    refused = await district.redeem(fraud.colluder, desk_id, tissue, status=409)
    assert refused["code"] == "redemption_suspended"


async def four_fridays(fraud: Fraud) -> None:
    """丁 logs 12 people with 4 hours each at 23:00, four weeks long; each photo shows 4."""
    district, members = fraud.district, [person["id"] for person in fraud.people]
    await district.it_is("2026-10-22 20:00")
    await post(district.recorder, "/activities", fraud.sheet("2026-10-22", members[:3], end="19:00"), status=201)
    for friday, monday in zip(FRIDAYS, MONDAYS, strict=True):
        await district.it_is(f"{friday} 23:00")
        fraud.sheets.append(
            await post(fraud.ding, "/activities", fraud.sheet(friday, members, headcount=4), status=201)
        )
        await district.it_is(f"{monday} 10:00")
        await district.approve(fraud.sheets[-1])


async def look_odd(fraud: Fraud) -> None:
    await fraud.district.it_is("2026-11-17 10:00")
    first, *_, last = [await figures(fraud, sheet) for sheet in fraud.sheets]
    assert first.keys() == {"late_at_night", "equal_hours", "headcount"}
    assert first["late_at_night"]["entered_at"] == "23:00"
    assert first["equal_hours"] == {"people": 12, "minutes": 240}
    assert first["headcount"] == {"people": 12, "headcount": 4}
    assert last["recorders_share"] == {"lines": 51, "days": 28, "percent": 94, "recorders": 2}


async def figures(fraud: Fraud, sheet: Any) -> dict[str, Any]:
    flags = (await get(fraud.first, f"/activities/{sheet['id']}"))["flags"]
    return {flag["code"]: flag["figures"] for flag in flags}


async def call_back(fraud: Fraud) -> None:
    """Of 5 who are called, 3 deny; of the 12, 8 were never there, and one of them knew."""
    sample = await post(fraud.first, f"/activities/{fraud.sheets[0]['id']}/call-back-sample", {"size": 5}, status=201)
    members = [line["member_id"] for line in sample["lines"]]
    for number, line in enumerate(sample["lines"]):
        answer = {"answer": "denied" if number < 3 else "confirmed"}
        await post(fraud.first, f"/participations/{line['participation_id']}/call-back", answer)
    not_called = [person["id"] for person in fraud.people if person["id"] not in members]
    fraud.ghosts = {*members[:3], *not_called[:5]}
    fraud.colluder = next(person for person in fraud.people if person["id"] == members[0])


async def freeze(fraud: Fraud) -> None:
    """Three weeks have settled; the fourth would settle on Friday, and does not."""
    opened = await post(fraud.first, "/reviews", {
        "branch_id": fraud.district.community.id, "reason": "回访 5 人，3 人否认",
        "recorder_staff_id": fraud.clerk_ding.id, "from_on": FRIDAYS[0], "until_on": FRIDAYS[-1],
    }, status=201)  # fmt: skip
    assert (opened["entries"], opened["pending_entries"], opened["pending_points"]) == (48, 12, 480)
    assert (opened["settled_entries"], opened["settled_points"]) == (36, 1_440)
    fraud.review = f"/reviews/{opened['id']}"
    await fraud.district.it_is("2026-11-23 10:00")
    for person in fraud.people:
        book = await fraud.district.passbook(person)
        spent = 100 if person is fraud.colluder else 0
        assert (book["spendable_points"], book["under_notice_points"]) == (120 - spent, 40)


async def reverse(fraud: Fraud) -> None:
    """8 of 12, four weeks long: 320 never settle, 960 are reversed by two people."""
    decision = {"false_participation_ids": fraud.lines_of(fraud.ghosts), "reason": "照片、回访与签到笔迹均不符"}
    refused = await post(fraud.first, f"{fraud.review}/decision", decision, status=409)
    assert refused["code"] == "same_person"
    decided = await post(fraud.second, f"{fraud.review}/decision", decision)
    assert (decided["rejected_entries"], decided["rejected_points"]) == (8, 320)
    assert (decided["proposed_corrections"], decided["proposed_points"], decided["freed_entries"]) == (24, 960, 16)
    approval = f"{fraud.review}/corrections/approval"
    assert (await post(fraud.second, approval, status=409))["code"] == "same_person"
    carried_out = await post(fraud.first, approval)
    assert (carried_out["corrections"], carried_out["reversed_points"]) == (24, 960)


async def check_books(fraud: Fraud) -> None:
    await fraud.district.it_is("2026-11-24 00:00")
    of_the_first = []
    for person in fraud.people:
        book, is_ghost = await fraud.district.passbook(person), person["id"] in fraud.ghosts
        assert book["under_notice_points"] == 0
        assert book["honour_points"] == (0 if is_ghost else 160)
        assert book["service_minutes"] == (0 if is_ghost else 960)
        assert book["spendable_points"] == (-100 if person is fraud.colluder else 0 if is_ghost else 160)
        assert book["suspended_until_on"] is None, "who knew of nothing is not punished"
        of_the_first += [
            transfer["amount_points"]
            for transfer in await fraud.district.transfers(person)
            if (transfer["kind"], transfer["occurred_on"]) == ("reversal", FRIDAYS[0])
        ]
    assert of_the_first == [-40] * 8
    assert sum(of_the_first) == -320


async def check_evidence(fraud: Fraud) -> None:
    evidence = await get(fraud.second, fraud.review)
    assert evidence["totals"] == {
        "entries": 48, "pending_points": 0, "false_entries": 32, "false_points": 1_280, "rejected_points": 320,
        "reversed_points": 960,
    }  # fmt: skip
    assert [each["headcount"] for each in evidence["activities"]] == [4] * 4
    assert all("headcount" in {flag["code"] for flag in each["flags"]} for each in evidence["activities"])
    assert [line["answer"] for line in evidence["activities"][0]["sample"]["lines"]].count("denied") == 3
    acts = {deed["act"] for deed in evidence["history"]}
    assert acts == {"open_review", "decide_review", "approve_review_corrections"}
    overseer = await fraud.district.server.as_staff(Role.OVERSEER, branch=fraud.district.community)
    file = await overseer.get(f"{fraud.review}/evidence.csv")
    assert file.status_code == 200
    text = file.content.decode("utf-8-sig")
    assert len([row for row in text.splitlines() if ",yes," in row]) == 32
    assert "居民" not in text, "people stand in it by their numbers"


async def end_rights(fraud: Fraud) -> None:
    later = fraud.sheet("2026-11-23", [fraud.people[0]["id"]])
    await post(fraud.ding, "/activities/preview", later)
    suspended = {"staff_id": fraud.clerk_ding.id}
    ended = await post(fraud.district.administrator, f"{fraud.review}/recorder-suspension", suspended)
    assert len(ended["right_ids"]) == 1
    await post(fraud.ding, "/activities/preview", later, status=404)


async def suspend_colluder(fraud: Fraud) -> None:
    review_id = int(fraud.review.rpartition("/")[2])
    body = {"reason": "与记录人串通", "until_on": "2027-12-31", "review_id": review_id}
    innocent = next(person for person in fraud.people if person["id"] not in fraud.ghosts)
    refused = await post(fraud.second, f"/members/{innocent['id']}/suspensions", body, status=422)
    assert list(refused["fields"]) == ["review_id"]
    path = f"/members/{fraud.colluder['id']}/suspensions"
    proposed = await post(fraud.second, path, body, status=201)
    in_force = await post(fraud.first, f"{path}/{proposed['id']}/approval")
    assert (in_force["until_on"], in_force["barred_until_on"]) == ("2027-12-31", "2027-11-24")
    own = await fraud.district.as_member(fraud.colluder)
    (seen,) = (await get(own, "/me/suspensions"))["items"]
    assert (seen["reason"], seen["until_on"]) == ("与记录人串通", "2027-12-31")
    await post(own, f"/me/suspensions/{proposed['id']}/appeal", {"reason": "不是我写的"}, status=201)
