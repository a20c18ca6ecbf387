"""Staff and rights over HTTP."""

import httpx
import sqlalchemy as sa

from points_bank.actor import Role
from points_bank.branches.models import BranchKind
from points_bank.tables import metadata
from points_bank.transaction import Transaction
from tests.bank import Server

LIN = {"login": "lin", "name": "林主任", "password": "correct horse"}


async def test_staff_are_made_given_a_right_and_listed(server: Server) -> None:
    client = await server.as_staff(Role.ADMINISTRATOR)
    made = await client.post("/staff", json=LIN)
    staff_id = made.json()["id"]
    assert made.status_code == 201
    assert made.json() == {"id": staff_id, "login": "lin", "name": "林主任", "member_id": None}
    granted = await client.post(
        f"/staff/{staff_id}/rights", json={"role": "clerk", "branch_id": 1, "until_on": "2026-11-30"}
    )
    right = {
        "id": granted.json()["id"],
        "staff_id": staff_id,
        "role": "clerk",
        "branch_id": 1,
        "from_on": "2026-10-12",
        "until_on": "2026-11-30",
    }
    assert (granted.status_code, granted.json()) == (201, right)
    page = (await client.get("/staff", params={"cursor": staff_id - 1})).json()
    assert page == {"items": [{**made.json(), "disabled_at": None, "rights": [right]}], "next_cursor": None}
    first = (await client.get("/staff", params={"limit": 1})).json()
    assert first["next_cursor"] == str(first["items"][0]["id"])


async def test_a_right_counts_as_soon_as_it_is_granted_and_no_longer_when_withdrawn(server: Server) -> None:
    administrator, clerk = await server.as_staff(Role.ADMINISTRATOR), await server.bank.staff()
    client = server.client(await server.bank.token(clerk))
    assert (await client.get("/branches/1")).status_code == 404
    granted = await administrator.post(f"/staff/{clerk.id}/rights", json={"role": "clerk", "branch_id": 1})
    assert (await client.get("/branches/1")).status_code == 200
    path = f"/staff/{clerk.id}/rights/{granted.json()['id']}"
    withdrawn = await administrator.delete(path)
    assert (withdrawn.status_code, withdrawn.content) == (204, b"")
    assert (await client.get("/branches/1")).status_code == 404
    assert (await administrator.delete(path)).json()["code"] == "not_found"


async def test_a_repeat_with_its_key_makes_nothing_twice(server: Server) -> None:
    client, key = await server.as_staff(Role.ADMINISTRATOR), {"Idempotency-Key": "one"}
    first, again = [await client.post("/staff", json=LIN, headers=key) for _ in "12"]
    assert (again.status_code, again.json()) == (201, first.json())
    other = await client.post("/staff", json={**LIN, "password": "another horse"}, headers=key)
    assert other.json()["code"] == "idempotency_key_reused"
    right = {"role": "clerk", "branch_id": 1}
    granted, repeated = [
        await client.post(f"/staff/{first.json()['id']}/rights", json=right, headers=key) for _ in "12"
    ]
    assert (repeated.status_code, repeated.json()) == (201, granted.json())


async def test_no_password_is_kept(server: Server) -> None:
    client = await server.as_staff(Role.ADMINISTRATOR)
    await client.post("/staff", json=LIN, headers={"Idempotency-Key": "one"})

    def everything(tx: Transaction) -> str:
        return "\n".join(str(row) for table in metadata.sorted_tables for row in tx.all(sa.select(table)))

    kept = await server.bank.database.read(everything)
    assert LIN["password"] not in kept
    assert "$argon2id$v=19$m=19456,t=2,p=1$" in kept


async def test_what_makes_no_sense_is_refused(server: Server) -> None:
    client = await server.as_staff(Role.ADMINISTRATOR)
    for change, field in (
        ({"login": ""}, "login"),
        ({"login": "l in"}, "login"),
        ({"login": "lin\n"}, "login"),
        ({"login": "l\x00in"}, "login"),
        ({"login": "l" * 65}, "login"),
        ({"name": "林" * 41}, "name"),
        ({"password": "too short"}, "password"),
        ({"password": "x" * 201}, "password"),
        ({"password": "correct\nhorse"}, "password"),
        ({"member_id": 10**30}, "member_id"),
    ):
        answer = await client.post("/staff", json={**LIN, **change})
        assert (answer.status_code, answer.json()["code"], list(answer.json()["fields"])) == (422, "invalid", [field])
    made = (await client.post("/staff", json=LIN)).json()
    for change in ({"role": "king"}, {"from_on": "2999-01-01"}, {"until_on": "2026-10-11"}):
        answer = await client.post(f"/staff/{made['id']}/rights", json={"role": "clerk", "branch_id": 1, **change})
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid")


async def test_unknown_staff_branches_members_and_rights_are_not_found(server: Server) -> None:
    client, right = await server.as_staff(Role.ADMINISTRATOR), {"role": "clerk", "branch_id": 1}
    staff_id = (await client.post("/staff", json=LIN)).json()["id"]
    for answer in (
        await client.post("/staff", json={**LIN, "login": "li", "member_id": 999}),
        await client.post("/staff/999/rights", json=right),
        await client.post(f"/staff/{10**30}/rights", json=right),
        await client.post(f"/staff/{staff_id}/rights", json={**right, "branch_id": 999}),
        await client.delete(f"/staff/{staff_id}/rights/999"),
        await client.delete("/staff/999/rights/1"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


async def test_who_may_not_is_refused(server: Server) -> None:
    community = await server.bank.branch("凤岭社区", BranchKind.COMMUNITY)
    local = await server.as_staff(Role.ADMINISTRATOR, branch=community)
    staff_id = (await local.post("/staff", json=LIN)).json()["id"]
    outside = await local.post(f"/staff/{staff_id}/rights", json={"role": "clerk", "branch_id": 1})
    assert outside.json()["code"] == "not_found"

    async def refused_to(client: httpx.AsyncClient) -> list[int]:
        right = {"role": "clerk", "branch_id": community.id}
        return [
            (await client.post("/staff", json={**LIN, "login": "li"})).status_code,
            (await client.post(f"/staff/{staff_id}/rights", json=right)).status_code,
            (await client.delete(f"/staff/{staff_id}/rights/1")).status_code,
            (await client.get("/staff")).status_code,
        ]

    assert await refused_to(await server.as_staff(Role.RECORDER)) == [403, 403, 403, 403]
    assert await refused_to(await server.as_staff(Role.OVERSEER)) == [403, 403, 403, 200]
    assert await refused_to(server.client()) == [401, 401, 401, 401]
