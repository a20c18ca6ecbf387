"""Certificates: frozen when issued, announced, checked by anyone by number, revoked and issued anew."""

from typing import Any

import httpx
import pytest

from points_bank.actor import Role
from points_bank.certificates.numbers import derive_number
from points_bank.keys import Keys
from tests.bank import Server
from tests.stories.district import District, get, post


@pytest.fixture
async def district(server: Server) -> District:
    return await District.of(server)


async def served(district: District, name: str = "陈大文", **more: Any) -> Any:
    """A member with 150 minutes of settled service; it is Tuesday 20 October."""
    member = await district.member(name)
    await district.it_is("2026-10-13 19:00")
    await district.approve(await district.log([member["id"]], "2026-10-13 08:30", "11:00", **more))
    await district.it_is("2026-10-20 09:00")
    return member


async def phone_of(district: District, member: Any) -> httpx.AsyncClient:
    pin = (await post(district.clerk, f"/members/{member['id']}/pin", status=201))["pin"]
    body = {"card_no": member["card_no"], "pin": pin}
    token = (await post(district.server.client(), "/member-tokens", body, status=201))["token"]
    return district.server.client(token)


async def issued(district: District, member: Any, **more: Any) -> Any:
    return await post(district.recorder, f"/members/{member['id']}/certificates", status=201, **more)


async def test_what_it_says_is_frozen_and_its_number_tells_the_state_alone(district: District) -> None:
    member = await served(district)
    certificate = await issued(district, member)
    assert (certificate["service_minutes"], certificate["service_time"]) == (150, "2 h 30 min")
    assert (certificate["stars"], certificate["name"], certificate["issuer"]) == (0, "陈大文", "凤岭社区")
    assert certificate["services"] == [{"title": "周六绿化", "service_on": "2026-10-13", "minutes": 150}]
    assert (certificate["state"], certificate["valid_at"]) == ("announced", "2026-10-27T16:00:00Z")

    anyone, number = district.server.client(), certificate["number"]
    chinese = district.server.client(language="zh")
    assert await get(anyone, f"/certificates/{number}") == {"state": "announced", "text": "Announced, not valid yet"}
    await district.it_is("2026-10-27 23:59")
    assert (await get(anyone, f"/certificates/{number}"))["state"] == "announced"
    await district.it_is("2026-10-28 00:00")
    assert await get(chinese, f"/certificates/{number.lower()}") == {"state": "valid", "text": "有效"}

    await district.approve(await district.log([member["id"]], "2026-10-26 08:30", "11:00"))
    await district.it_is("2026-11-05 09:00")
    (again,) = (await get(district.clerk, f"/members/{member['id']}/certificates"))["items"]
    assert (again["service_minutes"], len(again["services"])) == (150, 1)
    later = await issued(district, member)
    assert (later["service_minutes"], len(later["services"])) == (300, 2)
    assert later["number"] != number


async def test_a_number_that_is_none_and_one_that_nobody_has_tell_nothing(district: District) -> None:
    anyone = district.server.client()
    assert (await get(anyone, "/certificates/2026-7KQ49-3HMXD-X", status=422))["fields"].keys() == {"number"}
    member = await served(district)
    number = (await issued(district, member))["number"]
    for letter in "0123456789ABCDEF":
        answer = await anyone.get(f"/certificates/{number[:-3]}{letter}{number[-2:]}")
        assert answer.json().get("code") in {"invalid", None}


async def test_sent_again_with_its_key_it_is_the_same_certificate(district: District) -> None:
    member = await served(district)
    first, again = [await issued(district, member, key="k") for _ in "12"]
    assert first == again
    assert len((await get(district.clerk, f"/members/{member['id']}/certificates"))["items"]) == 1


async def test_while_it_says_the_same_it_is_not_issued_twice(district: District) -> None:
    member = await served(district)
    first = await issued(district, member, key="one")
    phone = await phone_of(district, member)
    await post(phone, "/me/certificate-requests", status=201)
    assert await issued(district, member, key="other") == first
    waiting = await get(district.recorder, "/certificate-requests", branch_id=district.community.id)
    assert waiting["items"] == [], "who asked has what they asked for"
    await post(district.approver, f"/certificates/{first['number']}/revocation", {"reason": "记录更正"})
    anew = await issued(district, member, key="third")
    assert anew["number"] != first["number"]
    assert len((await get(district.clerk, f"/members/{member['id']}/certificates"))["items"]) == 2


async def test_without_service_there_is_nothing_to_certify(district: District) -> None:
    member = await district.member("李明")
    refusal = await post(district.recorder, f"/members/{member['id']}/certificates", status=409)
    assert refusal["code"] == "nothing_to_certify"
    phone = await phone_of(district, member)
    assert (await post(phone, "/me/certificate-requests", status=409))["code"] == "nothing_to_certify"


async def test_nobody_certifies_themselves(district: District) -> None:
    member = await served(district)
    own = await district.server.as_staff(Role.ADMINISTRATOR, member_id=member["id"])
    assert (await post(own, f"/members/{member['id']}/certificates", status=409))["code"] == "own_activity"


async def test_a_member_asks_once_and_gets_it_on_the_phone(district: District) -> None:
    member = await served(district)
    phone = await phone_of(district, member)
    first = await post(phone, "/me/certificate-requests", status=201)
    assert await post(phone, "/me/certificate-requests", status=201) == first
    branch = {"branch_id": district.community.id}
    (waiting,) = (await get(district.recorder, "/certificate-requests", **branch))["items"]
    assert (waiting["id"], waiting["member_id"], waiting["name"]) == (first["id"], member["id"], "陈大文")
    number = (await issued(district, member))["number"]
    assert (await get(district.recorder, "/certificate-requests", **branch))["items"] == []
    assert [each["number"] for each in (await get(phone, "/me/certificates"))["items"]] == [number]
    assert [each["number"] for each in (await get(district.clerk, "/certificates", **branch))["items"]] == [number]
    await district.it_is("2026-11-01 09:00")
    assert (await get(district.clerk, "/certificates", **branch))["items"] == []
    assert (await post(phone, "/me/certificate-requests", status=201))["id"] != first["id"]


async def test_revoked_by_an_approver_for_a_reason_it_no_longer_counts(district: District) -> None:
    member = await served(district)
    number = (await issued(district, member))["number"]
    revocation, body = f"/certificates/{number}/revocation", {"reason": "记录更正"}
    await post(district.recorder, revocation, body, status=403)
    outside = await district.server.as_staff(Role.APPROVER, branch=await district.server.bank.branch("泰和社区"))
    await post(outside, revocation, body, status=404)
    assert (await post(district.approver, revocation, body))["number"] == number
    assert (await post(district.approver, revocation, body, status=409))["code"] == "already_revoked"
    assert await get(district.server.client(), f"/certificates/{number}") == {"state": "revoked", "text": "Revoked"}
    (kept,) = (await get(district.clerk, f"/members/{member['id']}/certificates"))["items"]
    assert (kept["state"], kept["revocation_reason"], kept["service_minutes"]) == ("revoked", "记录更正", 150)
    unknown = derive_number(Keys(b"0" * 32), member_id=1, serial=0, year=2026)
    await post(district.approver, f"/certificates/{unknown}/revocation", body, status=404)
    await get(district.server.client(), f"/certificates/{unknown}", status=404)


async def test_service_under_a_passbook_that_was_merged_counts_and_is_erased_with_it(district: District) -> None:
    member, twin = await served(district), await district.member("陈大文")
    await post(district.approver, f"/members/{member['id']}/merger", {"into_member_id": twin["id"], "reason": "同一人"})
    certificate = await issued(district, twin)
    assert (certificate["service_minutes"], len(certificate["services"])) == (150, 1)
    await post(district.recorder, f"/members/{twin['id']}/closing", {"reason": "本人要求"})
    await post(district.administrator, f"/members/{twin['id']}/erasure")
    for each in (member, twin):
        assert (await get(district.recorder, f"/members/{each['id']}"))["name"] == "—"
    (kept,) = (await get(district.recorder, f"/members/{twin['id']}/certificates"))["items"]
    assert (kept["name"], kept["service_minutes"]) == ("—", 150)


async def test_of_a_mediation_only_the_case_number_is_printed(district: District) -> None:
    member = await district.member("陈大文")
    await district.it_is("2026-10-20 19:00")
    case = {"case_reference": "TJ-2026-007", "outcome": "settled", "followed_up_on": "2026-10-20"}
    logged = await district.log(
        [member["id"]], "2026-10-13 08:30", "11:00", role="mediation", title="张家与李家", **case
    )
    await district.approve(logged)
    await district.it_is("2026-10-26 09:00")
    certificate = await issued(district, member)
    assert [each["title"] for each in certificate["services"]] == ["TJ-2026-007"]
