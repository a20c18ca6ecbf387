"""S1: from sign-up to first goods, on paper."""

from tests.bank import Server
from tests.stories.district import District, get, post, same_instant


async def test_from_sign_up_to_first_goods(server: Server) -> None:
    district = await District.of(server)
    await district.it_is("2026-10-12 10:00")
    resident = await district.member("陈大文", born_on="1958-03-02", consents=("records",))

    for entered, start, end, role, points in (
        ("2026-10-17 15:00", "2026-10-17 08:30", "11:00", "service", 25),
        ("2026-10-24 15:00", "2026-10-24 09:00", "09:45", "publicity", 10),
        ("2026-11-07 15:00", "2026-11-07 08:30", "10:50", "service", 20),
    ):
        await district.it_is(entered)
        activity = await district.log([resident["id"]], start, end, role=role)
        assert [line["points"] for line in activity["participations"]] == [points]
        await district.approve(activity)
    assert activity["participations"][0]["explanation"].startswith("140 min = 4 full half hours x 5 = 20")

    await district.it_is("2026-11-14 14:00")
    led = await district.log([resident["id"]], "2026-11-14 08:30", "12:30", is_lead=True)
    assert led["participations"][0]["points"] == 45
    notice = await district.approve(led)
    assert notice["state"] == "under_notice"
    assert same_instant(notice["settles_at"], "2026-11-19 00:00")

    await district.it_is("2026-11-16 09:00")
    book = await district.passbook(resident)
    assert (book["spendable_points"], book["under_notice_points"]) == (55, 45)
    desk_id = await district.desk()
    detergent = await district.reward("洗洁精", 80, desk_id=desk_id, quantity=5)
    refusal = await district.redeem(resident, desk_id, detergent, status=409)
    assert refusal["code"] == "below_redemption_minimum"
    assert refusal["fields"] == {"minimum_points": 100, "spendable_points": 55}
    assert (await district.passbook(resident))["spendable_points"] == 55

    assert [done.job for done in await district.it_is("2026-11-18 23:59")] == []
    assert [done.job for done in await district.it_is("2026-11-19 00:00")] == ["settle"]

    await district.it_is("2026-12-15 09:30")
    before = await district.passbook(resident)
    assert (before["spendable_points"], before["honour_points"], before["service_minutes"]) == (100, 100, 575)
    exchanged = await district.redeem(resident, desk_id, detergent)
    assert (exchanged["state"], exchanged["amount_points"], exchanged["spendable_points"]) == ("collected", 80, 20)

    after = await district.passbook(resident)
    assert (after["spendable_points"], after["honour_points"], after["service_minutes"]) == (
        20,
        100,
        150 + 45 + 140 + 240,
    )
    assert after["lots"] == [{"lapses_on": "2027-12-31", "remaining_points": 20}]
    lines = [
        (line["kind"], line["amount_points"], line["balance_points"]) for line in await district.transfers(resident)
    ]
    assert lines == [
        ("redemption", -80, 20),
        ("award", 45, 100),
        ("award", 20, 55),
        ("award", 10, 35),
        ("award", 25, 25),
    ]
    register = await get(district.clerk, f"/desks/{desk_id}/register", on="2026-12-15")
    assert len(register["items"]) == 1


async def test_the_member_sees_the_same_on_the_phone(server: Server) -> None:
    district = await District.of(server)
    resident = await district.member("陈大文")
    await district.it_is("2026-10-17 15:00")
    await district.approve(await district.log([resident["id"]], "2026-10-17 08:30", "11:00"))
    pin = (await post(district.clerk, f"/members/{resident['id']}/pin", status=201))["pin"]
    token = (await post(server.client(), "/member-tokens", {"card_no": resident["card_no"], "pin": pin}, status=201))[
        "token"
    ]
    phone = server.client(token, language="zh-CN")
    book = await get(phone, "/me/passbook")
    assert (book["spendable_points"], book["under_notice_points"]) == (0, 25)
    await district.it_is("2026-10-22 00:00")
    assert (await get(phone, "/me/passbook"))["spendable_points"] == 25
    assert [line["title"] for line in (await get(phone, "/me/transfers"))["items"]] == ["周六绿化"]
    await get(phone, f"/members/{resident['id']}/passbook", status=403)
