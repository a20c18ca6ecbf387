"""Searching members, over HTTP: who finds whom by what."""

import httpx
import pytest
import sqlalchemy as sa
from msgspec.structs import replace

from points_bank.actor import SYSTEM, Right, Role
from points_bank.columns import table_of
from points_bank.errors import Forbidden
from points_bank.members.cards import report_loss
from points_bank.members.models import Visit
from points_bank.members.search import find_by_card, find_members
from points_bank.transaction import Transaction
from tests.bank import Server
from tests.members.conftest import Estates

VISIT = table_of(Visit)


def count_visits(tx: Transaction) -> int:
    found: int = tx.scalar(sa.select(sa.func.count()).select_from(VISIT))
    return found


@pytest.fixture
async def client(server: Server, served: Estates) -> httpx.AsyncClient:
    return server.client(await server.bank.token(served.recorder))


async def names(client: httpx.AsyncClient, **query: object) -> list[str]:
    answer = await client.get("/members", params={key: str(value) for key, value in query.items()})
    assert answer.status_code == 200, answer.text
    return [item["name"] for item in answer.json()["items"]]


async def test_by_name_initials_phone_and_tails(client: httpx.AsyncClient, served: Estates) -> None:
    first = await served.member("张伟", phone="13812341234")
    await served.member("曾小伟", phone="0774-2025678")
    await served.member("John Smith")
    await served.member("张伟", branch=served.other, phone="13812341234")
    for text, found in {
        "张伟": ["张伟"],
        "伟": ["张伟", "曾小伟"],
        "zw": ["张伟"],
        "Z": ["张伟", "曾小伟"],
        "z w": ["张伟"],
        "w": [],
        "zxw": ["曾小伟"],
        "js": ["John Smith"],
        "smith": ["John Smith"],
        "13812341234": ["张伟"],
        "+86 138-1234-1234": ["张伟"],
        "１３８１２３４１２３４": ["张伟"],
        "1234": ["张伟"],
        "5678": ["曾小伟"],
        "07742025678": ["曾小伟"],
        "13812340000": [],
        first.card_no: ["张伟"],
        f" {first.card_no[:5]} {first.card_no[5:]}": ["张伟"],
        "%": [],
        "_": [],
        "张%": [],
        "\\": [],
        "'; DROP TABLE member; --": [],
        "": ["张伟", "曾小伟", "John Smith"],
        "   ": ["张伟", "曾小伟", "John Smith"],
    }.items():
        assert await names(client, q=text) == found, text
    assert "张伟" in await names(client, q=first.card_no[-4:])


async def test_a_lost_card_s_tail_finds_nobody(client: httpx.AsyncClient, served: Estates) -> None:
    member = await served.member()
    assert await names(client, q=member.card_no[-4:]) == ["张伟"]
    await served.write(report_loss, member.id, by=SYSTEM)
    assert await names(client, q=member.card_no[-4:]) == []


async def test_what_is_no_search_is_invalid(client: httpx.AsyncClient) -> None:
    for text in ("12345", "123456789", "0" * 12, "1" * 13, "张\u0000伟", "\u202e张", "9" * 81):
        answer = await client.get("/members", params={"q": text})
        assert (answer.status_code, answer.json()["code"], list(answer.json()["fields"])) == (422, "invalid", ["q"])


async def test_a_mistyped_card_number_is_invalid(client: httpx.AsyncClient, served: Estates) -> None:
    card_no = (await served.member()).card_no
    answer = await client.get("/members", params={"q": card_no[1:] + card_no[0]})
    assert (answer.status_code, answer.json()["fields"]) == (
        422,
        {"q": "Not a card number. Please check its 10 digits."},
    )


async def test_only_own_branches_are_searched(server: Server, served: Estates) -> None:
    await served.member("张伟")
    await served.member("张娜", branch=served.other)
    below = await server.bank.staff(Role.CLERK, branch=served.other)
    both = [Role.CLERK, Role.OVERSEER, Role.ADMINISTRATOR]
    for actor, found in [
        (served.recorder, ["张伟"]),
        (below, ["张娜"]),
        *[(await server.bank.staff(role), ["张伟", "张娜"]) for role in both],
    ]:
        client = server.client(await server.bank.token(actor))
        assert await names(client, q="张") == await names(client) == found


async def test_two_rights_are_two_scopes(server: Server, served: Estates) -> None:
    third = await server.bank.branch("泰和嘉园")
    for branch in (served.home, served.other, third):
        await served.member(f"张{branch.name[0]}", branch=branch)
    actor = await server.bank.staff(Role.CLERK, branch=served.home)
    twice = replace(actor, rights=(*actor.rights, Right(Role.CLERK, third.path)))
    found = await served.read(find_members, text="张", limit=9, by=twice)
    assert [each.name for each in found] == ["张佛", "张泰"]


async def test_a_branch_narrows_the_search(server: Server, served: Estates) -> None:
    await served.member("张伟")
    await served.member("张娜", branch=served.other)
    administrator = await server.as_staff(Role.ADMINISTRATOR)
    assert await names(administrator, branch_id=served.other.id) == ["张娜"]
    assert await names(administrator, branch_id=server.bank.district.id, q="z") == ["张伟", "张娜"]
    recorder = server.client(await server.bank.token(served.recorder))
    for branch_id, status in {served.other.id: 404, 999: 404, served.home.id: 200, 0: 422, "x": 422}.items():
        answer = await recorder.get("/members", params={"branch_id": str(branch_id)})
        assert answer.status_code == status
    keeper = await server.as_staff(Role.STOCK_KEEPER)
    assert (await keeper.get("/members")).status_code == 403
    assert (await keeper.get("/members", params={"branch_id": served.home.id})).status_code == 403


async def test_a_list_goes_on_where_it_stopped(client: httpx.AsyncClient, served: Estates) -> None:
    for number in range(5):
        await served.member(f"张{number}")
    pages: list[list[int]] = []
    cursor: str | None = ""
    while cursor is not None:
        query = {"limit": "2"} | ({"cursor": cursor} if cursor else {})
        page = (await client.get("/members", params=query)).json()
        pages.append([item["id"] for item in page["items"]])
        cursor = page["next_cursor"]
    assert pages == [[1, 2], [3, 4], [5]]
    for wrong in ({"limit": "0"}, {"limit": "201"}, {"cursor": "x"}):
        assert (await client.get("/members", params=wrong)).status_code == 422


@pytest.mark.parametrize("role", [Role.RECORDER, Role.CLERK])
async def test_a_visitor_is_reached_by_the_whole_card_number_only(server: Server, served: Estates, role: Role) -> None:
    visitor = await served.member("李娜", branch=served.other, phone="13812341234")
    client = await server.as_staff(role, branch=served.home)
    for text in ("李娜", "ln", "1234", "13812341234", visitor.card_no[-4:]):
        assert await names(client, q=text) == []
    assert (await client.get(f"/members/{visitor.id}/passbook")).status_code == 404
    answer = await client.get("/members", params={"q": visitor.card_no})
    shown = {"id": visitor.id, "name": "李娜", "card_no": visitor.card_no, "branch_id": served.other.id}
    assert answer.json() == {"items": [shown], "next_cursor": None}
    assert (await client.get(f"/members/{visitor.id}/passbook")).status_code == 200
    assert (await client.get(f"/members/{visitor.id}")).status_code == 404
    assert (await client.patch(f"/members/{visitor.id}", json={"name": "李"})).status_code == 404


async def test_an_overseer_reaches_no_visitor(server: Server, served: Estates) -> None:
    visitor = await served.member(branch=served.other)
    client = await server.as_staff(Role.OVERSEER, branch=served.home)
    assert await names(client, q=visitor.card_no) == []
    keeper = await server.bank.staff(Role.STOCK_KEEPER)
    with pytest.raises(Forbidden):
        await served.write(find_by_card, visitor.card_no, by=keeper)
    assert await served.read(count_visits) == 0


async def test_one_s_own_member_is_no_visitor(client: httpx.AsyncClient, served: Estates) -> None:
    member = await served.member()
    answer = await client.get("/members", params={"q": member.card_no})
    assert answer.json()["items"][0]["consents"] == []
    assert await served.read(count_visits) == 0


async def test_a_lost_card_tells_only_that_it_is_lost(server: Server, served: Estates) -> None:
    member = await served.member(branch=served.other)
    await served.write(report_loss, member.id, by=SYSTEM)
    client = server.client(await server.bank.token(served.clerk))
    answer = await client.get("/members", params={"q": member.card_no})
    assert (answer.status_code, answer.json()["code"], answer.json()["fields"]) == (409, "card_lost", {})
    assert "张" not in answer.text
    assert await served.last_note() == (served.clerk.name, "show_ended_card", f"member:{member.id}", ["card:1"])
    assert await served.read(count_visits) == 0
