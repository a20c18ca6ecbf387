"""Branches over HTTP."""

from points_bank.actor import Role
from points_bank.branches.models import BranchKind
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


async def test_the_tree_is_listed_in_pages_as_far_as_the_caller_sees_it(server: Server) -> None:
    community = await server.bank.branch("凤岭社区", BranchKind.COMMUNITY)
    estates = [(await server.bank.branch(parent=community)).id for _ in range(3)]
    client = await server.as_staff(Role.RECORDER, branch=community)
    pages: list[list[int]] = []
    cursor = None
    while not pages or cursor:
        page = (await client.get("/branches", params={"limit": 2, **({"cursor": cursor} if cursor else {})})).json()
        pages.append([branch["id"] for branch in page["items"]])
        cursor = page["next_cursor"]
    assert pages == [[community.id, estates[0]], estates[1:]]
    under = (await client.get("/branches", params={"under": estates[0]})).json()["items"]
    assert [branch["id"] for branch in under] == [estates[0]]


async def test_branches_of_others_are_not_found(server: Server) -> None:
    here, beside = [await server.bank.branch(kind=BranchKind.COMMUNITY) for _ in "12"]
    client = await server.as_staff(Role.ADMINISTRATOR, branch=here)
    new = {"code": "X", "name": "x", "kind": "estate"}
    for outside in (1, beside.id):
        for answer in (
            await client.get(f"/branches/{outside}"),
            await client.get("/branches", params={"under": outside}),
            await client.post("/branches", json={**new, "parent_id": outside}),
        ):
            assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


async def test_an_overseer_reads_and_adds_nothing(server: Server) -> None:
    client = await server.as_staff(Role.OVERSEER)
    assert (await client.get("/branches/1")).status_code == 200
    answer = await client.post("/branches", json={"code": "X", "name": "x", "kind": "estate", "parent_id": 1})
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


async def test_a_branch_with_dates_and_a_management_mode(server: Server) -> None:
    client = await server.as_staff(Role.ADMINISTRATOR)
    given = {
        "code": "FZ",
        "name": "佛子小区",
        "kind": "estate",
        "parent_id": 1,
        "management_mode": "self_run",
        "valid_from_on": "1990-01-01",
        "valid_until_on": "2030-12-31",
    }
    answer = await client.post("/branches", json=given)
    assert answer.json() == {"id": answer.json()["id"], **given}
    assert (await client.get(f"/branches/{answer.json()['id']}")).json() == answer.json()
    ended = await client.post("/branches", json={**given, "code": "F2", "valid_until_on": "1989-12-31"})
    assert ended.json()["fields"] == {"valid_until_on": "Ends before it starts."}
