"""Branches over HTTP."""

from points_bank.actor import Role
from tests.bank import Server


async def test_a_branch_is_added(server: Server) -> None:
    client = await server.as_staff(Role.ADMINISTRATOR)
    answer = await client.post(
        "/branches",
        json={"code": "FL", "name": "凤岭社区", "kind": "community", "parent_id": server.bank.district.id},
    )
    assert answer.status_code == 201
    assert answer.json() == {
        "id": 2,
        "code": "FL",
        "name": "凤岭社区",
        "kind": "community",
        "parent_id": 1,
        "management_mode": None,
        "valid_from_on": None,
        "valid_until_on": None,
    }
    assert (await client.get("/branches/2")).json() == answer.json()
