"""S5: year-end expiry, run twice; and orders by which nothing lapses, or comes back."""

from typing import Any

from points_bank.branches.models import BranchKind
from tests.bank import Server, at
from tests.stories.district import Answer, District, get, post

DAYS_OF_2025 = ("2025-11-08", "2025-11-15", "2025-11-22")
DAYS_OF_2026 = ("2026-10-17", "2026-10-24", "2026-10-31", "2026-11-07", "2026-11-14")


async def district_of(server: Server) -> District:
    """凤岭社区 in November 2025."""
    server.bank.clock.set(at("2025-11-01 09:00"))
    return await District.of(server)


async def resident_e(district: District) -> Answer:
    """住户E on 15 December 2026: 120 points of 2025 and 200 of 2026, and 100 spent that day."""
    resident = await district.member("尹小红")
    for on in (*DAYS_OF_2025, *DAYS_OF_2026):
        if on == "2026-11-07":
            await district.it_is("2026-11-01 09:00")
        await district.it_is(f"{on} 20:00")
        await district.approve(await district.log([resident["id"]], f"{on} 08:00", "12:00"))
    await district.it_is("2026-12-15 09:30")
    assert (await district.passbook(resident))["lots"] == [
        {"lapses_on": "2026-12-31", "remaining_points": 120}, {"lapses_on": "2027-12-31", "remaining_points": 200}
    ]  # fmt: skip
    desk_id = await district.desk()
    await district.redeem(resident, desk_id, await district.reward("面条", 100, desk_id=desk_id, quantity=1))
    return resident


async def lots(district: District, resident: Answer) -> list[tuple[str, int, str | None]]:
    found = await get(district.clerk, f"/members/{resident['id']}/lots")
    return [(lot["lapses_on"], lot["remaining_points"], lot["extension_order"]) for lot in found["items"]]


async def order(district: District) -> Answer:
    body = {
        "order_no": "龙民发〔2026〕31号", "branch_id": district.community.id, "lapses_on": "2026-12-31",
        "new_lapses_on": "2027-06-30", "reason": "凤岭社区兑换点装修",
    }  # fmt: skip
    return await post(district.administrator, "/extension-orders", body, status=201)


async def newest(district: District, resident: Answer) -> list[tuple[Any, ...]]:
    """The newest lines of the passbook: kind, points, balance, title."""
    lines = (await get(district.clerk, f"/members/{resident['id']}/transfers", limit=3))["items"]
    return [(line["kind"], line["amount_points"], line["balance_points"], line["title"]) for line in lines]


async def reminded(district: District, resident: Answer) -> list[tuple[int, int]]:
    """What was said to lapse, and in how many days; newest first."""
    messages = (await get(district.clerk, f"/members/{resident['id']}/messages"))["items"]
    told = [each["figures"] for each in messages if each["kind"] == "lapse_soon"]
    return [(figures["points"], figures["days"]) for figures in told if figures["lapses_on"] == "2026-12-31"]


async def test_what_is_left_of_2025_lapses_once(server: Server) -> None:
    district = await district_of(server)
    resident = await resident_e(district)
    assert await lots(district, resident) == [("2026-12-31", 20, None), ("2027-12-31", 200, None)]
    assert await reminded(district, resident) == [(120, 60)]
    await district.it_is("2026-12-16 09:00")
    assert await reminded(district, resident) == [(20, 15), (120, 60)]
    await district.it_is("2026-12-31 23:59")
    assert (await district.passbook(resident))["spendable_points"] == 220
    assert "lapse" in [done.job for done in await district.it_is("2027-01-01 00:00")]
    book = await district.passbook(resident)
    assert (book["spendable_points"], book["honour_points"], book["service_minutes"]) == (200, 320, 8 * 240)
    assert (await newest(district, resident))[0] == ("lapse", -20, 200, "Lapsed")
    assert "lapse" not in [done.job for done in await district.it_is("2027-01-01 00:00")]
    assert await district.passbook(resident) | {"as_of": ""} == book | {"as_of": ""}


async def test_an_order_before_the_year_ends(server: Server) -> None:
    district = await district_of(server)
    resident = await resident_e(district)
    other = await server.bank.branch("泰和社区", BranchKind.COMMUNITY)
    neighbour = await district.member("何大成")
    await district.it_is("2026-12-16 09:00")
    await post(district.recorder, f"/members/{neighbour['id']}/move", {"branch_id": other.id, "on": "2026-12-16"})
    given = await order(district)
    assert (given["extended_points"], given["reinstated_points"]) == (20, 0)
    jobs = [done.job for done in await district.it_is("2027-01-01 00:00")]
    assert ("extend" in jobs, "lapse" in jobs) == (True, False)
    assert await lots(district, resident) == [
        ("2027-06-30", 20, "龙民发〔2026〕31号"), ("2027-12-31", 200, None)
    ]  # fmt: skip
    assert (await district.passbook(resident))["spendable_points"] == 220
    assert [done.job for done in await district.it_is("2027-07-01 00:00")][:1] == ["lapse"]
    assert (await district.passbook(resident))["spendable_points"] == 200


async def test_an_order_on_the_5th_of_january(server: Server) -> None:
    district = await district_of(server)
    resident = await resident_e(district)
    await district.it_is("2027-01-01 00:00")
    await district.it_is("2027-01-05 10:00")
    given = await order(district)
    assert (given["state"], given["extended_points"], given["reinstated_points"]) == ("done", 20, 20)
    assert await lots(district, resident) == [
        ("2027-06-30", 20, "龙民发〔2026〕31号"), ("2027-12-31", 200, None)
    ]  # fmt: skip
    assert (await newest(district, resident))[:2] == [
        ("reinstatement", 20, 220, "Lapsed points given back by order 龙民发〔2026〕31号"),
        ("lapse", -20, 200, "Lapsed"),
    ]
    book = await district.passbook(resident)
    assert (book["spendable_points"], book["honour_points"], book["service_minutes"]) == (220, 320, 8 * 240)
    told = (await get(district.clerk, f"/members/{resident['id']}/messages"))["items"]
    assert (told[0]["kind"], told[0]["figures"]["points"]) == ("reinstated", 20)
