"""Receipts: all that lies behind a line for its owner and staff; for who has the code, only that it is real."""

from typing import Any

import httpx
import pytest

from points_bank.actor import Role
from tests.bank import Server
from tests.stories.district import District, get, post


@pytest.fixture
async def district(server: Server) -> District:
    return await District.of(server)


async def phone_of(district: District, member: Any) -> httpx.AsyncClient:
    pin = (await post(district.clerk, f"/members/{member['id']}/pin", status=201))["pin"]
    body = {"card_no": member["card_no"], "pin": pin}
    token = (await post(district.server.client(), "/member-tokens", body, status=201))["token"]
    return district.server.client(token)


async def saver(district: District) -> Any:
    """A member with 40, 40 and 30 points of three days, all of one lot; it is Thursday 22 October."""
    member = await district.member("陈大文")
    for on, end in (("2026-10-13", "12:00"), ("2026-10-14", "12:30"), ("2026-10-15", "11:00")):
        await district.it_is(f"{on} 19:00")
        await district.approve(await district.log([member["id"]], f"{on} 08:00", end))
    await district.it_is("2026-10-22 09:00")
    return member


async def receipt(client: httpx.AsyncClient, transfer: Any, *, own: bool = False) -> Any:
    return await get(client, f"{'/me' if own else ''}/transfers/{transfer['id']}/receipt")


async def test_an_award_tells_its_people_rules_arithmetic_lot_and_what_became_of_it(district: District) -> None:
    member = await saver(district)
    desk_id = await district.desk()
    detergent = await district.reward("洗洁精", 80, desk_id=desk_id, quantity=5)
    await district.redeem(member, desk_id, detergent)
    redemption, third, second, first = await district.transfers(member)

    found = await receipt(district.clerk, second)
    service = found["service"]
    assert (service["title"], service["service_on"], service["minutes"]) == ("周六绿化", "2026-10-14", 270)
    assert (service["recorded_by"], service["approved_by"]) == ("王", "王")
    assert service["rules"] == {"code": "R1", "version": 1}
    assert service["explanation"].startswith("270 min = 9 full half hours x 5 = 45; 45 - 5 (")
    assert [cut["code"] for cut in service["cut"]] == ["minutes_per_activity"]
    assert found["lots"] == [{"lapses_on": "2027-12-31", "points": 40, "extension_order": "", "remaining_points": 0}]
    assert [(each["transfer_id"], each["title"], each["points"]) for each in found["spent"]] == [
        (redemption["id"], "Exchanged: 洗洁精", 40)
    ]
    assert [(await receipt(district.clerk, each))["lots"][0]["remaining_points"] for each in (first, third)] == [0, 30]
    assert (await receipt(district.clerk, redemption))["lots"][0]["points"] == -80


async def test_the_seal_of_its_day_stands_on_it_once_the_day_is_over(district: District) -> None:
    member = await saver(district)
    award = (await district.transfers(member))[-1]
    assert (await receipt(district.clerk, award))["seal"] is None
    await district.it_is("2026-10-23 09:00")
    (seal,) = (await get(district.server.client(), "/seals"))["items"]
    assert (await receipt(district.clerk, award))["seal"] == {"day": seal["day"], "head": seal["head"]}
    assert (seal["day"], seal["transfers"], seal["previous"]) == ("2026-10-22", 3, "0" * 64)
    assert (await get(district.server.client(), "/seals", cursor="2026-10-22"))["items"] == []


async def test_a_correction_shows_both_people_and_what_changed(district: District) -> None:
    member = await saver(district)
    line = (await district.transfers(member))[-1]
    participation = (await receipt(district.clerk, line))["service"]["participation_id"]
    body = {"minutes": 60, "reason": "签到表为 60 分钟"}
    await post(district.recorder, f"/participations/{participation}/correction", body, status=201)
    await post(district.approver, f"/participations/{participation}/correction/approval")
    reversal, *_, award = await district.transfers(member)
    for each in (reversal, award):
        (correction,) = (await receipt(district.clerk, each))["corrections"]
        assert (correction["points_before"], correction["points_after"], correction["reason"]) == (
            40,
            10,
            "签到表为 60 分钟",
        )
    assert (await receipt(district.clerk, reversal))["reverses_id"] == award["id"]
    spent = (await receipt(district.clerk, award))["spent"]
    assert [(each["kind"], each["points"]) for each in spent] == [("reversal", 30)]
    code = (await receipt(district.clerk, award))["code"]
    checked = await get(district.server.client(), f"/receipts/{code}")
    assert checked == {"state": "corrected", "text": "Valid, corrected since", "on": "2026-10-22"}


async def test_by_the_code_anyone_learns_that_it_is_valid_and_its_date_and_nothing_else(district: District) -> None:
    member = await saver(district)
    code = (await receipt(district.clerk, (await district.transfers(member))[0]))["code"]
    anyone = district.server.client(language="zh")
    for typed in (code, code.lower(), code.replace("-", ""), code.replace("0", "O").replace("1", "I")):
        assert await get(anyone, f"/receipts/{typed}") == {"state": "valid", "text": "有效", "on": "2026-10-22"}
    for wrong in (code[:-1] + ("0" if code[-1] != "0" else "2"), "Z" + code, code[2:], "x", "ZZZZZZZZZZZZZ" + code[2:]):
        assert (await get(anyone, f"/receipts/{wrong}", status=404))["code"] == "not_found"


async def test_a_member_sees_their_own_and_nobody_elses(district: District) -> None:
    member, other = await saver(district), await district.member("李明")
    line = (await district.transfers(member))[0]
    assert (await receipt(await phone_of(district, member), line, own=True))["member_id"] == member["id"]
    await get(await phone_of(district, other), f"/me/transfers/{line['id']}/receipt", status=404)
    outside = await district.server.as_staff(Role.CLERK, branch=await district.server.bank.branch("泰和社区"))
    await get(outside, f"/transfers/{line['id']}/receipt", status=404)
    await get(district.clerk, "/transfers/999/receipt", status=404)


async def test_lines_of_a_passbook_that_was_merged_are_the_members_too(district: District) -> None:
    member, twice = await saver(district), await district.member("李明")
    line = (await district.transfers(member))[0]
    body = {"into_member_id": twice["id"], "reason": "登记了两次"}
    await post(district.approver, f"/members/{member['id']}/merger", body)
    phone, stranger = await phone_of(district, twice), await phone_of(district, await district.member("赵敏"))
    [earlier] = (await get(phone, "/me/earlier-passbooks"))["items"]
    assert earlier["member_id"] == member["id"]
    listed = await get(district.clerk, f"/members/{twice['id']}/earlier-passbooks")
    assert listed["items"] == [earlier]
    path = f"/me/earlier-passbooks/{member['id']}/transfers"
    lines = (await get(phone, path))["items"]
    assert line in lines
    for each in lines[1:]:
        assert (await receipt(phone, each, own=True))["member_id"] == member["id"]
    # The merger itself is a line of both; here as it stands in the passbook that goes on.
    assert (await receipt(phone, lines[0], own=True))["member_id"] == twice["id"]
    await get(stranger, path, status=404)
    await get(stranger, f"/me/transfers/{line['id']}/receipt", status=404)
    assert (await get(stranger, "/me/earlier-passbooks"))["items"] == []
