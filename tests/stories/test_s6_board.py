"""S6: a monthly board with ties, privacy and a late entry."""

from typing import Any

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


async def november(district: District) -> dict[str, dict[str, Any]]:
    """The people of the story, and what they did in November: 40 points a full morning, the rest in half hours."""
    people = {
        letter: await district.member(
            letter * 2, born_on="1955-05-05", consents=("records",) if letter in "AG" else ("records", "boards")
        )
        for letter in POINTS
    }
    party = await district.member("党员", consents=("records", "boards"), is_party_member=True)
    ids = {letter: person["id"] for letter, person in people.items()}
    for on, sheets in {
        "2026-11-07": [([*ids.values(), party["id"]], "12:00")],
        "2026-11-14": [([ids[each] for each in "ABF"], "12:00"), ([ids["G"]], "10:00"), ([ids["H"]], "09:30")],
        "2026-11-21": [([ids["A"]], "10:00"), ([ids["B"], ids["F"]], "09:00")],
    }.items():
        await district.it_is(f"{on} 20:00")
        for member_ids, end in sheets:
            await district.approve(await district.log(member_ids, f"{on} 08:00", end))
    return people


def shown(edition: dict[str, Any]) -> list[tuple[int, str, int]]:
    return [(each["rank"], each["display_name"], each["value"]) for each in edition["standings"]]


async def test_a_monthly_board_with_ties_privacy_and_a_late_entry(server: Server) -> None:
    district = await District.of(server)
    await district.it_is("2026-11-01 08:00")
    board, quarter = await district.board("month"), await district.board("quarter")
    people = await november(district)

    # The server is down at 09:00 and up at 09:40.
    await district.it_is("2026-12-04 23:00")
    await get(district.administrator, f"/leaderboards/{board}/editions/2026-11", status=404)
    assert [each.job for each in await district.it_is("2026-12-05 09:40")] == ["publish"]
    published = await district.edition(board, "2026-11")
    assert (published["state"], published["participants"]) == ("provisional", 5)
    assert same_instant(published["due_at"], "2026-12-05 09:00")
    assert published["published_at"].startswith("2026-12-05T01:40")
    assert shown(published) == [(1, "B*", 90), (1, "F*", 90), (3, "H*", 55)]

    ranks = {}
    for letter, person in people.items():
        phone = await own(district, person["card_no"], person["id"])
        answer = await get(phone, "/me/rank", board_id=board)
        ranks[letter] = (answer["rank"], answer["participants"], answer["value"])
    assert ranks == {"A": (1, 5, 100), "B": (2, 5, 90), "F": (2, 5, 90), "G": (4, 5, 60), "H": (5, 5, 55)}

    # An entry for 28 November, settled on 11 December, changes nothing of November.
    await district.it_is("2026-12-05 18:00")
    late = await district.log([people["H"]["id"]], "2026-11-28 08:00", "12:00")
    await district.it_is("2026-12-07 10:00")
    await district.approve(late)
    assert [each.job for each in await district.it_is("2026-12-09 23:59")] == []
    assert [each.job for each in await district.it_is("2026-12-10 00:00")] == ["finalise"]
    final = await district.edition(board, "2026-11")
    assert final["state"] == "final"
    assert (final["standings"], final["content_hash"]) == (published["standings"], published["content_hash"])
    assert [each.job for each in await district.it_is("2026-12-11 00:00")] == ["settle"]
    later = await district.edition(board, "2026-11")
    assert (later["standings"], later["content_hash"]) == (final["standings"], final["content_hash"])
    assert later["notes"], "what settled later is noted"

    # It is carried to the quarter, whose board every month's edition leaves alone.
    await district.it_is("2027-01-05 09:00")
    assert shown(await district.edition(quarter, "2026-Q4")) == [(1, "H*", 95), (2, "B*", 90), (2, "F*", 90)]
    editions = (await get(district.administrator, f"/leaderboards/{board}/editions"))["items"]
    assert [each["period"] for each in editions] == ["2026-12", "2026-11"]
