"""The routes of members, over HTTP, as the contract has them."""

import asyncio
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from points_bank.actor import SYSTEM, Role
from points_bank.columns import table_of
from points_bank.members.changes import close_member
from points_bank.members.models import Member
from points_bank.transaction import Transaction
from tests.bank import Server
from tests.members.conftest import Estates

MEMBER = table_of(Member)


def count_members(tx: Transaction) -> int:
    found: int = tx.scalar(sa.select(sa.func.count()).select_from(MEMBER))
    return found


@pytest.fixture
async def client(server: Server, served: Estates) -> httpx.AsyncClient:
    return server.client(await server.bank.token(served.recorder))


async def test_a_member_from_registering_to_a_new_card(client: httpx.AsyncClient, served: Estates) -> None:
    form = {
        "name": "张小明",
        "branch_id": served.home.id,
        "phone": "138 1234 1234",
        "born_on": "2013-03-01",
        "is_party_member": False,
        "guardian": {"name": "张父", "consented_on": "2026-10-12"},
        "consents": ["records", "boards"],
    }
    answer = await client.post("/members", json=form)
    assert answer.status_code == 201
    registered = answer.json()
    assert set(registered) == {"id", "card_no", "branch_id", "registered_at"}
    record = (await client.get(f"/members/{registered['id']}")).json()
    at = registered["registered_at"]
    assert record == registered | {
        "name": "张小明",
        "phone": "138****1234",
        "phone_tail": "1234",
        "born_on": "2013-03-01",
        "is_party_member": False,
        "guardian": {"name": "张父", "consented_on": "2026-10-12"},
        "consents": ["boards", "records"],
        "consents_given_at": {"boards": at, "records": at},
        "closed_at": None,
    }
    loss = await client.post(f"/members/{registered['id']}/card-loss")
    assert (loss.status_code, loss.json()["card_no"]) == (200, registered["card_no"])
    assert (await client.get(f"/members/{registered['id']}")).json()["card_no"] is None
    card = await client.post(f"/members/{registered['id']}/cards")
    assert (card.status_code, set(card.json())) == (201, {"id", "card_no"})
    assert (await client.get(f"/members/{registered['id']}")).json()["card_no"] == card.json()["card_no"]


async def test_a_change_leaves_the_rest(client: httpx.AsyncClient, served: Estates) -> None:
    member = await served.member(phone="13812341234")
    answer = await client.patch(f"/members/{member.id}", json={"is_party_member": True})
    assert (answer.status_code, answer.json()["is_party_member"], answer.json()["phone_tail"]) == (200, True, "1234")
    guardian = {"name": "张父", "consented_on": "2026-10-01"}
    answer = await client.patch(f"/members/{member.id}", json={"phone": None, "guardian": guardian})
    assert (answer.json()["phone"], answer.json()["guardian"]) == (None, guardian)
    answer = await client.patch(f"/members/{member.id}", json={"guardian": None, "born_on": "1958-05-01"})
    assert (answer.json()["guardian"], answer.json()["born_on"]) == (None, "1958-05-01")
    assert (await client.patch(f"/members/{member.id}", json={})).json() == answer.json()


async def test_consents_are_put_and_deleted(client: httpx.AsyncClient, served: Estates) -> None:
    member = await served.member()
    path = f"/members/{member.id}/consents/boards"
    first, again = await client.put(path), await client.put(path)
    assert (first.status_code, set(first.json())) == (200, {"purpose", "given_at"})
    assert again.json() == first.json()
    for _ in range(2):
        answer = await client.delete(path)
        assert (answer.status_code, answer.content) == (204, b"")
    assert (await client.put(f"/members/{member.id}/consents/everything")).status_code == 404


async def test_a_move_is_answered_and_replayed(client: httpx.AsyncClient, served: Estates) -> None:
    member = await served.member()
    sent = {"branch_id": served.other.id, "on": "2026-10-12"}
    answers = [
        await client.post(f"/members/{member.id}/move", json=sent, headers={"Idempotency-Key": "m"}) for _ in range(2)
    ]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].json() == answers[1].json() == {"id": member.id} | sent
    assert (await client.post(f"/members/{member.id}/move", json=sent)).status_code == 404


@pytest.mark.racing
async def test_sixty_four_repeats_register_one_member(client: httpx.AsyncClient, served: Estates) -> None:
    form = {"name": "张伟", "branch_id": served.home.id}
    headers = {"Idempotency-Key": "form-17"}
    answers = await asyncio.gather(*(client.post("/members", json=form, headers=headers) for _ in range(64)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.text for answer in answers}) == 1
    assert sum(answer.headers.get("Idempotency-Replayed") == "true" for answer in answers) == 63
    assert await served.read(count_members) == 1
    other = await client.post("/members", json=form | {"name": "李娜"}, headers=headers)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")


NONSENSE: list[tuple[dict[str, Any], str]] = [
    ({"name": ""}, "name"),
    ({"name": "   "}, "name"),
    ({"name": "张" * 41}, "name"),
    ({"name": "张" * 300_000}, "name"),
    ({"name": "张\u0000伟"}, "name"),
    ({"name": "\u202e张"}, "name"),
    ({"name": "=1+1"}, "name"),
    ({"name": "138"}, "name"),
    ({"name": None}, "name"),
    ({"name": 7}, "name"),
    ({"branch_id": -1}, "branch_id"),
    ({"branch_id": 2**70}, "branch_id"),
    ({"branch_id": "x"}, "branch_id"),
    ({"phone": "abc"}, "phone"),
    ({"phone": "1" * 31}, "phone"),
    ({"phone": "138\u00001234123"}, "phone"),
    ({"born_on": "1800-01-01"}, "born_on"),
    ({"born_on": "2999-01-01"}, "born_on"),
    ({"born_on": "2026-02-30"}, "born_on"),
    ({"guardian": {"name": "父", "consented_on": "2026-10-13"}}, "guardian.consented_on"),
    ({"guardian": {"name": "父"}}, "guardian.consented_on"),
    ({"guardian": "父"}, "guardian"),
    ({"consents": ["everything"]}, "consents[0]"),
    ({"consents": "boards"}, "consents"),
    ({"consents": ["boards"] * 21}, "consents"),
    ({"is_party_member": "yes"}, "is_party_member"),
    ({"points": 100}, "points"),
]


async def test_a_form_that_makes_no_sense_registers_nobody(client: httpx.AsyncClient, served: Estates) -> None:
    for changes, field in NONSENSE:
        answer = await client.post("/members", json={"name": "张伟", "branch_id": served.home.id} | changes)
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid"), field
        assert list(answer.json()["fields"]) == [field]
    assert await served.read(count_members) == 0


async def test_the_same_refusal_in_chinese(server: Server, served: Estates) -> None:
    client = server.client(await server.bank.token(served.recorder), language="zh-CN")
    answer = await client.post("/members", json={"name": "张伟", "branch_id": served.home.id, "born_on": "1800-01-01"})
    assert answer.json()["fields"] == {"born_on": "出生日期不对。"}


ROUTES = [
    ("GET", "", None, {"A", "P", "R", "C", "O"}),
    ("PATCH", "", {"is_party_member": True}, {"A", "P", "R"}),
    ("POST", "/cards", None, {"A", "P", "R", "C"}),
    ("POST", "/card-loss", None, {"A", "P", "R", "C"}),
    ("POST", "/pin", None, {"A", "P", "R", "C"}),
    ("PUT", "/consents/photo", None, {"A", "P", "R"}),
    ("DELETE", "/consents/photo", None, {"A", "P", "R"}),
    ("POST", "/move", {"branch_id": 3, "on": "2026-10-12"}, {"A", "P", "R"}),
]
LETTERS = dict(zip("APRCKO", Role, strict=True))


@pytest.mark.parametrize(("method", "path", "body", "may"), ROUTES)
async def test_each_role_may_what_the_contract_says(
    server: Server, served: Estates, method: str, path: str, body: object, may: set[str]
) -> None:
    for letter, role in LETTERS.items():
        member, stranger = await served.member(), await served.member(branch=served.other)
        client = await server.as_staff(role, branch=served.home)
        answer = await client.request(method, f"/members/{member.id}{path}", json=body)
        assert (answer.status_code < 300) is (letter in may), (role, answer.text)
        assert letter in may or answer.json()["code"] == "forbidden"
        for unseen in (stranger.id, 999_999):
            answer = await client.request(method, f"/members/{unseen}{path}", json=body)
            assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), (role, path)
    nobody = await server.client().request(method, f"/members/1{path}", json=body)
    assert (nobody.status_code, nobody.json()["code"]) == (401, "unauthenticated")


async def test_a_closed_passbook_is_read_only(client: httpx.AsyncClient, served: Estates) -> None:
    member = await served.member()
    await served.write(close_member, member.id, reason="迁出", by=SYSTEM)
    for method, path, body, _ in ROUTES:
        answer = await client.request(method, f"/members/{member.id}{path}", json=body)
        expected = {"GET": 200, "DELETE": 204}.get(method, 409)
        assert answer.status_code == expected, path
        assert expected != 409 or answer.json()["code"] == "member_closed"


async def test_an_id_that_cannot_be_is_not_found(client: httpx.AsyncClient, served: Estates) -> None:
    for member_id in ("0", "-1", "9" * 30, "x"):
        assert (await client.get(f"/members/{member_id}")).status_code == 404
