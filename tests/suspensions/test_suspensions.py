"""Suspension of redemption: two people, what it stops and what it leaves, appeal and end."""

from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from points_bank.actor import Role
from points_bank.branches.models import BranchKind
from tests.bank import Server, at
from tests.stories.district import District, get, post

FRAUD = {"reason": "核查属实", "until_on": "2027-12-31"}


@dataclass
class Counter:
    """A member with 200 points, a desk with soap at 50, and two who decide."""

    district: District
    member: Any
    second: httpx.AsyncClient
    desk_id: int
    soap: int

    @property
    def path(self) -> str:
        return f"/members/{self.member['id']}/suspensions"

    async def suspend(self, **more: Any) -> int:
        suspension_id = (await post(self.district.approver, self.path, {**FRAUD, **more}, status=201))["id"]
        await post(self.second, f"{self.path}/{suspension_id}/approval")
        return int(suspension_id)

    async def redeem(self, status: int = 201) -> Any:
        return await self.district.redeem(self.member, self.desk_id, self.soap, status=status)


@pytest.fixture
async def counter(server: Server) -> Counter:
    server.bank.clock.set(at("2026-09-01 09:00"))
    district = await District.of(server)
    member = await district.member("李明")
    for day in range(1, 6):
        await district.it_is(f"2026-10-{day:02} 20:00")
        await district.approve(await district.log([member["id"]], f"2026-10-{day:02} 08:00", "12:00"))
    await district.it_is("2026-11-16 09:00")
    desk_id = await district.desk()
    soap = await district.reward("肥皂", 50, desk_id=desk_id, quantity=9)
    second = await server.as_staff(Role.APPROVER, branch=district.community)
    return Counter(district, member, second, desk_id, soap)


async def test_it_begins_when_a_second_person_agrees(counter: Counter) -> None:
    district = counter.district
    proposed = await post(district.approver, counter.path, FRAUD, status=201, key="k")
    assert (proposed["is_approved"], proposed["barred_until_on"]) == (None, None)
    assert await post(district.approver, counter.path, FRAUD, status=201, key="k") == proposed
    assert (await post(counter.second, counter.path, FRAUD, status=409))["code"] == "suspension_pending"
    own = await district.as_member(counter.member)
    assert (await get(own, "/me/suspensions"))["items"] == []
    await counter.redeem()

    approval = f"{counter.path}/{proposed['id']}/approval"
    assert (await post(district.approver, approval, status=409))["code"] == "same_person"
    begun = await post(counter.second, approval)
    assert (begun["is_approved"], begun["barred_until_on"]) == (True, "2027-11-16")
    assert (await post(counter.second, approval, status=409))["code"] == "already_approved"
    refused = await counter.redeem(status=409)
    assert (refused["code"], refused["fields"]) == ("redemption_suspended", {"until_on": "2027-12-31"})


async def test_it_takes_no_points_and_the_person_sees_it(counter: Counter) -> None:
    before = await counter.district.passbook(counter.member)
    await counter.suspend()
    after = await counter.district.passbook(counter.member)
    for figure in ("spendable_points", "honour_points", "service_minutes", "lots"):
        assert after[figure] == before[figure]
    assert (before["suspended_until_on"], after["suspended_until_on"]) == (None, "2027-12-31")
    own = await counter.district.as_member(counter.member)
    (seen,) = (await get(own, "/me/suspensions"))["items"]
    assert (seen["reason"], seen["until_on"], seen["decided_by"]) == (FRAUD["reason"], "2027-12-31", "王")
    (told,) = (await get(own, "/me/messages"))["items"]
    assert "until the end of 2027-12-31" in told["text"]
    assert (await get(own, "/me/passbook"))["suspended_until_on"] == "2027-12-31"


async def test_what_was_reserved_before_can_be_collected(counter: Counter) -> None:
    district = counter.district
    own = await district.as_member(counter.member)
    order = {"desk_id": counter.desk_id, "items": [{"reward_id": counter.soap, "quantity": 1}]}
    reserved = await post(own, "/me/reservations", order, status=201)
    await counter.suspend()
    assert (await post(own, "/me/reservations", order, status=409))["code"] == "redemption_suspended"
    code = (await get(own, "/me/reservations"))["items"][0]["code"]
    collected = await post(
        district.clerk, f"/reservations/{reserved['id']}/collection", {"desk_id": counter.desk_id, "code": code}
    )
    assert collected["state"] == "collected"


async def test_it_ends_by_its_date(counter: Counter) -> None:
    await counter.suspend(until_on="2026-11-30")
    await counter.district.it_is("2026-11-30 23:59")
    await counter.redeem(status=409)
    await counter.district.it_is("2026-12-01 00:00")
    await counter.redeem()
    assert (await counter.district.passbook(counter.member))["suspended_until_on"] is None


async def test_it_ends_by_a_decision(counter: Counter) -> None:
    suspension_id = await counter.suspend()
    end = f"{counter.path}/{suspension_id}/end"
    ended = await post(counter.district.approver, end, {"reason": "已查清，与本人无关"})
    assert (ended["is_ended"], ended["barred_until_on"]) == (True, None)
    await counter.redeem()
    assert (await post(counter.district.approver, end, {"reason": "-"}, status=409))["code"] == "already_approved"
    (kept,) = (await get(counter.second, counter.path))["items"]
    assert (kept["ending_reason"], kept["barred_until_on"]) == ("已查清，与本人无关", None)


async def test_an_appeal_is_answered_by_a_third_person(counter: Counter) -> None:
    district = counter.district
    own = await district.as_member(counter.member)
    suspension_id = await counter.suspend()
    appeal = f"/me/suspensions/{suspension_id}/appeal"
    words = {"reason": "我不知情，名字是别人写的"}
    await post(own, appeal, words, status=201)
    assert (await post(own, appeal, words, status=409))["code"] == "already_appealed"
    answer = f"{counter.path}/{suspension_id}/appeal/answer"
    for involved in (district.approver, counter.second):
        refused = await post(involved, answer, {"upheld": True, "reason": "-"}, status=409)
        assert refused["code"] == "same_person"
    third = await district.server.as_staff(Role.APPROVER, branch=district.community)
    answered = await post(third, answer, {"upheld": True, "reason": "本人确不知情"})
    assert answered["is_ended"] is True
    await counter.redeem()
    (seen,) = (await get(own, "/me/suspensions"))["items"]
    assert (seen["appeal"], seen["answer"], seen["appeal_is_upheld"]) == (words["reason"], "本人确不知情", True)
    assert [told["kind"] for told in (await get(own, "/me/messages"))["items"]] == [
        "suspension_ended",
        "suspended_until",
    ]


async def test_their_own_words_go_with_a_person(counter: Counter) -> None:
    district = counter.district
    own = await district.as_member(counter.member)
    suspension_id = await counter.suspend()
    await post(own, f"/me/suspensions/{suspension_id}/appeal", {"reason": "我住在三栋的李明"}, status=201)
    await post(district.recorder, f"/members/{counter.member['id']}/closing", {"reason": "搬离"})
    await post(district.administrator, f"/members/{counter.member['id']}/erasure")
    (kept,) = (await get(counter.second, counter.path))["items"]
    assert (kept["appeal"], kept["until_on"]) == ("—", "2027-12-31")


async def test_an_appeal_on_paper_that_is_not_upheld(counter: Counter) -> None:
    district = counter.district
    suspension_id = await counter.suspend()
    answer = f"{counter.path}/{suspension_id}/appeal/answer"
    third = await district.server.as_staff(Role.APPROVER, branch=district.community)
    assert (await post(third, answer, {"upheld": False, "reason": "-"}, status=404))["code"] == "not_found"
    await post(district.recorder, f"{counter.path}/{suspension_id}/appeal", {"reason": "口头申诉"}, status=201)
    await post(third, answer, {"upheld": False, "reason": "回访记录属实"})
    again = await post(third, answer, {"upheld": True, "reason": "-"}, status=409)
    assert again["code"] == "already_approved"
    await counter.redeem(status=409)
    own = await district.as_member(counter.member)
    assert (await get(own, "/me/messages"))["items"][0]["kind"] == "appeal_rejected"


async def test_late_entries_are_barred_for_a_year(counter: Counter) -> None:
    district, member_id = counter.district, counter.member["id"]
    other = await district.member("王芳")
    await counter.suspend(until_on="2026-11-30")
    await district.it_is("2026-12-20 09:00")
    sheet: dict[str, Any] = {
        "branch_id": district.community.id, "role": "service", "title": "清洁", "evidence": "照片",
        "started_at": at("2026-12-10 08:00").isoformat(), "ended_at": at("2026-12-10 12:00").isoformat(),
    }  # fmt: skip
    people = [{"member_id": other["id"]}, {"member_id": member_id}]
    late = {**sheet, "participations": people}
    for path in ("/activities/preview", "/activities"):
        refused = await post(district.recorder, path, late, status=409)
        assert (refused["code"], refused["fields"]["member_id"]) == ("back_entry_barred", member_id)
    await post(district.recorder, "/activities", {**late, "participations": people[:1]}, status=201)
    await district.log([member_id], "2026-12-19 08:00", "12:00")
    await district.it_is("2027-11-17 09:00")
    sheet |= {"started_at": at("2027-11-05 08:00").isoformat(), "ended_at": at("2027-11-05 12:00").isoformat()}
    await post(district.recorder, "/activities", {**sheet, "participations": [{"member_id": member_id}]}, status=201)


async def test_a_proposal_can_be_turned_down(counter: Counter) -> None:
    proposed = await post(counter.district.approver, counter.path, FRAUD, status=201)
    end = f"{counter.path}/{proposed['id']}/end"
    assert (await post(counter.second, end, {"reason": "-"}, status=409))["code"] == "not_approved"
    own = await counter.district.as_member(counter.member)
    appeal = f"/me/suspensions/{proposed['id']}/appeal"
    assert (await post(own, appeal, {"reason": "-"}, status=404))["code"] == "not_found"
    turned_down = await post(counter.second, f"{counter.path}/{proposed['id']}/rejection")
    assert turned_down["is_approved"] is False
    await counter.redeem()
    await post(counter.district.approver, counter.path, FRAUD, status=201)


async def test_what_makes_no_sense_is_refused(counter: Counter) -> None:
    district = counter.district
    for body, field in (
        ({**FRAUD, "until_on": "2026-11-15"}, "until_on"),
        ({**FRAUD, "until_on": "2028-01-01"}, "until_on"),
        ({**FRAUD, "review_id": 7}, "review_id"),
    ):
        refused = await post(district.approver, counter.path, body, status=422)
        assert list(refused["fields"]) == [field]
    self_served = await district.server.as_staff(
        Role.APPROVER, branch=district.community, member_id=counter.member["id"]
    )
    assert (await post(self_served, counter.path, FRAUD, status=409))["code"] == "same_person"
    elsewhere = await district.server.bank.branch("泰和社区", BranchKind.COMMUNITY)
    stranger = await district.server.as_staff(Role.APPROVER, branch=elsewhere)
    assert (await post(stranger, counter.path, FRAUD, status=404))["code"] == "not_found"
    other = await district.member("王芳")
    suspension_id = await counter.suspend()
    wrong = f"/members/{other['id']}/suspensions/{suspension_id}/end"
    assert (await post(district.approver, wrong, {"reason": "-"}, status=404))["code"] == "not_found"
