"""S6: a monthly board with ties, privacy and a late entry."""

import httpx

from tests.bank import Server
from tests.stories.district import District, get, post, same_instant

POINTS = {"A": 100, "B": 90, "F": 90, "G": 60, "H": 55}


async def own(district: District, card_no: str, member_id: int) -> httpx.AsyncClient:
    """A member on the phone, with the PIN from their slip."""
    pin = (await post(district.recorder, f"/members/{member_id}/pin", status=201))["pin"]
    token = (await post(district.server.client(), "/member-tokens", {"card_no": card_no, "pin": pin}, status=201))[
        "token"
    ]
    return district.server.client(token)


async def test_a_monthly_board_with_ties_privacy_and_a_late_entry(server: Server) -> None:
    district = await District.of(server)
    await district.it_is("2026-11-01 08:00")
    board = await post(
        district.administrator,
        "/leaderboards",
        {
            "branch_id": district.community.id, "name": "凤岭居民榜", "period": "month", "measure": "points",
            "role": None, "population": "residents", "top": 10, "publish_day": 5, "publish_time": "09:00",
            "objection_working_days": 3,
        },
        status=201,
    )  # fmt: skip
    quarter = await post(
        district.administrator,
        "/leaderboards",
        {
            "branch_id": district.community.id, "name": "凤岭季榜", "period": "quarter", "measure": "points",
            "role": None, "population": "residents", "top": 10, "publish_day": 5, "publish_time": "09:00",
            "objection_working_days": 3,
        },
        status=201,
    )  # fmt: skip
    people = {
        letter: await district.member(
            letter * 2, born_on="1955-05-05", consents=("records",) if letter in "AG" else ("records", "boards")
        )
        for letter in POINTS
    }
    party = await district.member("党员", consents=("records", "boards"), is_party_member=True)
    ids = {letter: person["id"] for letter, person in people.items()}

    # Honour points of November: 40 a full morning, the rest in half hours.
    await district.it_is("2026-11-07 20:00")
    await district.approve(await district.log(list(ids.values()) + [party["id"]], "2026-11-07 08:00", "12:00"))
    await district.it_is("2026-11-14 20:00")
    await district.approve(await district.log([ids[each] for each in "ABF"], "2026-11-14 08:00", "12:00"))
    await district.approve(await district.log([ids["G"]], "2026-11-14 08:00", "10:00", title="清洁"))
    await district.approve(await district.log([ids["H"]], "2026-11-14 08:00", "09:30", title="清洁"))
    await district.it_is("2026-11-21 20:00")
    await district.approve(await district.log([ids["A"]], "2026-11-21 08:00", "10:00"))
    await district.approve(await district.log([ids["B"], ids["F"]], "2026-11-21 08:00", "09:00", title="清洁"))

    # The server is down at 09:00 and up at 09:40.
    await district.it_is("2026-12-04 23:00")
    edition = f"/leaderboards/{board['id']}/editions/2026-11"
    await get(district.administrator, edition, status=404)
    done = await district.it_is("2026-12-05 09:40")
    assert [each.job for each in done] == ["publish"]
    published = await get(district.administrator, edition)
    assert published["state"] == "provisional"
    assert same_instant(published["due_at"], "2026-12-05 09:00")
    assert published["published_at"].startswith("2026-12-05T01:40")
    shown = [(each["rank"], each["display_name"], each["value"]) for each in published["standings"]]
    assert shown == [(1, "B*", 90), (1, "F*", 90), (3, "H*", 55)]
    assert published["participants"] == 5

    ranks = {}
    for letter in POINTS:
        phone = await own(district, people[letter]["card_no"], ids[letter])
        answer = await get(phone, "/me/rank", board_id=board["id"])
        ranks[letter] = (answer["rank"], answer["participants"], answer["value"])
    assert ranks == {"A": (1, 5, 100), "B": (2, 5, 90), "F": (2, 5, 90), "G": (4, 5, 60), "H": (5, 5, 55)}

    # An entry for 28 November, settled on 11 December, changes nothing of November.
    late = await district.log([ids["H"]], "2026-11-28 08:00", "12:00", evidence="签到表照片")
    await district.it_is("2026-12-07 10:00")
    await district.approve(late)
    assert [each.job for each in await district.it_is("2026-12-09 23:59")] == []
    assert [each.job for each in await district.it_is("2026-12-10 00:00")] == ["finalise"]
    final = await get(district.administrator, edition)
    assert final["state"] == "final"
    assert (final["standings"], final["content_hash"]) == (published["standings"], published["content_hash"])
    assert [each.job for each in await district.it_is("2026-12-11 00:00")] == ["settle"]
    later = await get(district.administrator, edition)
    assert (later["standings"], later["content_hash"]) == (final["standings"], final["content_hash"])
    assert later["notes"], "what settled later is noted"

    await district.it_is("2027-01-05 09:00")
    carried = await get(district.administrator, f"/leaderboards/{quarter['id']}/editions/2026-Q4")
    assert [(each["rank"], each["display_name"], each["value"]) for each in carried["standings"]] == [
        (1, "H*", 95), (2, "B*", 90), (2, "F*", 90),
    ]  # fmt: skip
    editions = (await get(district.administrator, f"/leaderboards/{board['id']}/editions"))["items"]
    assert [each["period"] for each in editions] == ["2026-12", "2026-11"]
