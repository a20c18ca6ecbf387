"""What is told to members by what happens to them at the desk."""

from typing import Any

from tests.bank import Server
from tests.stories.district import District, get, post


async def texts(district: District, member: Any) -> list[str]:
    found = await get(district.clerk, f"/members/{member['id']}/messages")
    return [each["text"] for each in found["items"]]


async def test_an_old_card_that_is_shown_is_told_once_a_day(server: Server) -> None:
    district = await District.of(server)
    member = await district.member("陈大文")
    await post(district.clerk, f"/members/{member['id']}/card-loss")
    for _ in range(2):
        assert (await get(district.clerk, "/members", q=member["card_no"], status=409))["code"] == "card_lost"
    said = "Somebody showed a card of yours that was lost or replaced. It was refused, and nothing was told about you."
    assert await texts(district, member) == [said]
    await district.it_is("2026-10-13 09:00")
    await get(district.clerk, "/members", q=member["card_no"], status=409)
    assert await texts(district, member) == [said, said]


async def test_what_is_reserved_is_ready_at_its_desk_until_its_last_day(server: Server) -> None:
    district = await District.of(server)
    member = await district.member("陈大文")
    for on in ("2026-10-13", "2026-10-14", "2026-10-15"):
        await district.it_is(f"{on} 19:00")
        await district.approve(await district.log([member["id"]], f"{on} 08:00", "12:00"))
    await district.it_is("2026-10-22 09:00")
    desk_id = await district.desk()
    reward_id = await district.reward("雨伞", 100, desk_id=desk_id, quantity=5)
    body = {"member_id": member["id"], "desk_id": desk_id, "items": [{"reward_id": reward_id, "quantity": 1}]}
    reserved = await post(district.clerk, "/reservations", body, status=201, key="once")
    assert await post(district.clerk, "/reservations", body, status=201, key="once") == reserved
    assert await texts(district, member) == [
        "What you reserved is ready at 凤岭兑换点. Please collect it by 2026-11-21."
    ]
