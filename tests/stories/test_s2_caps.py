"""S2: three roles and caps."""

from points_bank.actor import Role
from tests.bank import Server
from tests.stories.district import District, get


async def test_three_roles_and_caps(server: Server) -> None:
    district = await District.of(server)
    resident = await district.member("李明")
    await district.it_is("2026-11-21 20:00")
    logged = [
        await district.log([resident["id"]], f"2026-11-21 {start}", end, role="publicity")
        for start, end in (("08:00", "08:30"), ("09:00", "09:40"), ("10:00", "11:00"))
    ]
    logged.append(await district.log([resident["id"]], "2026-11-21 13:00", "17:00"))
    lines = [activity["participations"][0] for activity in logged]
    assert [line["points"] for line in lines] == [10, 10, 0, 40]
    assert [line["cut"] is not None for line in lines] == [False, False, True, False]
    assert lines[2]["cut"][0]["code"] == "sessions_per_day"

    case = await district.log(
        [resident["id"]], "2026-11-10 19:00", "20:00", role="mediation", title="邻里-噪音, 已结",
        case_reference="TJ-2026-031", followed_up_on="2026-11-21", outcome="settled",
    )  # fmt: skip
    assert (case["participations"][0]["points"], case["participations"][0]["cut"]) == (30, None)

    shown = await get(district.approver, f"/activities/{case['id']}")
    assert (shown["title"], shown["participations"][0]["case_reference"]) == ("邻里-噪音, 已结", "TJ-2026-031")
    other = await server.as_staff(Role.RECORDER, branch=district.community)
    await get(other, f"/activities/{case['id']}", status=404)
    assert case["id"] not in [each["id"] for each in (await get(other, "/activities"))["items"]]

    for activity in (*logged, case):
        await district.approve(activity)
    await district.it_is("2026-11-27 00:00")
    book = await district.passbook(resident)
    assert (book["honour_points"], book["spendable_points"]) == (90, 90)
    titles = [line["title"] for line in await district.transfers(resident)]
    assert "TJ-2026-031" in titles
    assert not any("邻里" in title for title in titles), "a clerk reads the case number and nothing else"
    third = await get(district.approver, f"/activities/{logged[2]['id']}")
    assert (third["participations"][0]["state"], third["participations"][0]["points"]) == ("settled", 0)
    assert third["participations"][0]["minutes"] == 60
