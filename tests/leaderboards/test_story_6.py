"""S6: a month's board with ties, privacy and a late entry, over HTTP."""

from datetime import datetime
from typing import Any

import pytest

from points_bank.actor import Role
from tests.bank import Server, at
from tests.leaderboards.conftest import Community, as_member

BOARD = {
    "name": "居民积分榜",
    "period": "month",
    "measure": "points",
    "role": None,
    "population": "residents",
    "top": 10,
    "publish_day": 5,
    "publish_time": "09:00",
    "objection_working_days": 3,
}


@pytest.fixture
async def people(served: Community) -> dict[str, int]:
    """The five residents of November, and a Party member who did more than any of them."""
    names = {"A": False, "B": True, "F": True, "G": False, "H": True}
    people = {name: await served.member(f"{name}o", agrees=agrees) for name, agrees in names.items()}
    return people | {"P": await served.member("Po", is_party_member=True)}


async def make_boards(server: Server, served: Community) -> dict[str, int]:
    """Residents' boards of the month, the quarter and the year, and one of Party members, made in November."""
    server.bank.clock.set(at("2026-11-01 10:00"))
    client = await server.as_staff(Role.ADMINISTRATOR)
    kinds: dict[str, dict[str, Any]] = {
        "month": {},
        "quarter": {"period": "quarter", "publish_day": 6},
        "year": {"period": "year", "publish_day": 10},
        "party": {"population": "party_members"},
    }
    ids = {}
    for kind, changes in kinds.items():
        answer = await client.post("/leaderboards", json={**BOARD, "branch_id": served.branch.id, **changes})
        assert answer.status_code == 201
        ids[kind] = answer.json()["id"]
    return ids


async def test_a_month_from_its_last_day_to_the_year(server: Server, served: Community, people: dict[str, int]) -> None:
    boards = await make_boards(server, served)
    a, b, f, g, h, p = (people[name] for name in "ABFGHP")
    await served.earn({a: 100, b: 90, f: 90, g: 60, h: 55, p: 110}, from_on="2026-11-10")
    reader = await as_member(server, h)
    url = f"/leaderboards/{boards['month']}/editions/2026-11"

    await served.run("2026-12-05 08:59")
    assert (await reader.get(url)).status_code == 404

    # The server is down at 09:00 and up at 09:40.
    await served.run("2026-12-05 09:40")
    edition = (await reader.get(url)).json()
    assert edition["state"] == "provisional"
    assert datetime.fromisoformat(edition["due_at"]) == at("2026-12-05 09:00")
    assert at("2026-12-05 09:40") <= datetime.fromisoformat(edition["published_at"]) < at("2026-12-05 09:41")
    assert datetime.fromisoformat(edition["finalises_at"]) == at("2026-12-10 00:00")
    shown = [
        {"rank": 1, "display_name": "B*", "value": 90},
        {"rank": 1, "display_name": "F*", "value": 90},
        {"rank": 3, "display_name": "H*", "value": 55},
    ]
    assert edition["standings"] == shown
    assert (edition["participants"], edition["notes"], edition["corrections"]) == (5, [], [])

    # Everyone sees their own place among all five, and nobody else's.
    for name, place in {"A": 1, "G": 4, "H": 5}.items():
        rank = (await (await as_member(server, people[name])).get(f"/me/rank?board_id={boards['month']}")).json()
        assert (rank["period"], rank["rank"], rank["participants"]) == ("2026-11", place, 5)

    party = (await reader.get(f"/leaderboards/{boards['party']}/editions/2026-11")).json()
    assert party["standings"] == [{"rank": 1, "display_name": "P*", "value": 110}]

    # What was done on 28 November is approved too late for this board, and settles on 11 December.
    late = await as_member(server, g)
    await served.serve("2026-11-28", {g: 240}, approved="2026-12-07 10:00")
    await served.run("2026-12-10 00:00")
    final = (await reader.get(url)).json()
    assert final["state"] == "final"
    assert datetime.fromisoformat(final["finalised_at"]) >= at("2026-12-10 00:00")
    await served.run("2026-12-11 00:00")
    after = (await reader.get(url)).json()
    assert {**after, "notes": []} == final
    assert (after["content_hash"], after["ledger_position"]) == (edition["content_hash"], edition["ledger_position"])
    assert after["notes"] == [{"settled_on": "2026-12-11", "participations": 1, "counts_in": ["2026-Q4", "2026"]}]

    # The longer periods count it.
    await served.run("2027-01-10 09:00")
    for kind, period in {"quarter": "2026-Q4", "year": "2026"}.items():
        rank = (await late.get(f"/me/rank?board_id={boards[kind]}")).json()
        assert (rank["period"], rank["rank"], rank["value"]) == (period, 1, 100)


async def test_a_withdrawn_consent_takes_the_name_off_at_once(
    server: Server, served: Community, people: dict[str, int]
) -> None:
    boards = await make_boards(server, served)
    await served.earn({people["A"]: 100, people["B"]: 90, people["F"]: 90, people["H"]: 55}, from_on="2026-11-10")
    await served.run("2026-12-05 09:00")
    reader = await as_member(server, people["B"])
    url = f"/leaderboards/{boards['month']}/editions/2026-11"
    before = (await reader.get(url)).json()

    server.bank.clock.set(at("2026-12-08 10:00"))
    answer = await reader.delete("/me/consents/boards")
    assert answer.is_success

    after = (await reader.get(url)).json()
    assert [(line["rank"], line["display_name"]) for line in after["standings"]] == [(1, "F*"), (2, "H*")]
    assert {**after, "standings": []} == {**before, "standings": []}
