"""Opening desks and listing them."""

from typing import Any

import httpx

from points_bank.actor import SYSTEM, Role
from points_bank.members.register import register_member
from points_bank.staff.tokens import hash_of, issue_member_token, new_token
from tests.bank import FAR, Server


def refusal(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


async def as_member(server: Server) -> httpx.AsyncClient:
    database, token = server.bank.database, new_token()
    member = await database.write(register_member, name="李", branch_id=server.bank.district.id, by=SYSTEM)
    await database.write(issue_member_token, member_id=member.id, token_hash=hash_of(token), expires_at=FAR, by=SYSTEM)
    return server.client(token)


async def test_a_desk_is_opened(server: Server) -> None:
    branch = await server.bank.branch()
    client = await server.as_staff(Role.ADMINISTRATOR, branch=branch)
    body = {"code": "FZ", "name": "佛子兑换点", "branch_id": branch.id}
    answer = await client.post("/desks", json=body | {"opening": None}, headers={"Idempotency-Key": "1"})
    assert answer.status_code == 201
    assert answer.json() == {"id": 1, "code": "FZ", "name": "佛子兑换点", "branch_id": branch.id, "opening": None}
    again = await client.post("/desks", json=body | {"opening": None}, headers={"Idempotency-Key": "1"})
    assert (again.json(), again.headers["idempotency-replayed"]) == (answer.json(), "true")
    assert (await client.get("/desks")).json() == {"items": [answer.json()], "next_cursor": None}


NONSENSE: list[tuple[dict[str, Any], str]] = [
    ({"code": "FZ"}, "code"),
    ({"code": "兑换"}, "code"),
    ({"code": "x" * 33}, "code"),
    ({"name": " "}, "name"),
    ({"name": "x" * 81}, "name"),
    ({"name": "a\u202eb"}, "name"),
    ({"branch_id": 0}, "branch_id"),
    ({"opening": {"day": 15}}, "opening.day"),
    ({"opening": {"hours": [["09:00", "11:00"]]}}, "opening.days_of_month"),
    ({"opening": {"hours": [["09:00", "11:00"]], "weekdays": [1, 1]}}, "opening.weekdays"),
    ({"opening": {"hours": [["11:00", "09:00"]], "weekdays": [1]}}, "opening.hours[0]"),
    ({"opening": {"hours": [["09:00", "11:00"], ["10:00", "12:00"]], "weekdays": [1]}}, "opening.hours[1]"),
    ({"opening": {"hours": [["9:00", "11:00"]], "weekdays": [1]}}, "opening.hours[0][0]"),
    ({"opening": {"hours": [["09:00", "24:00"]], "weekdays": [1]}}, "opening.hours[0][1]"),
    ({"opening": {"hours": [], "weekdays": [1]}}, "opening.hours"),
    ({"opening": {"hours": [["09:00", "11:00"]], "days_of_month": [32]}}, "opening.days_of_month[0]"),
    ({"opening": {"hours": [["09:00", "11:00"]], "weekdays": [1], "shift": "never"}}, "opening.shift"),
    ({"opening": []}, "opening"),
    ({"colour": "red"}, "colour"),
]
"""A change to a desk, and the field that is named."""


async def test_what_makes_no_sense_is_invalid(server: Server) -> None:
    client = await server.as_staff(Role.ADMINISTRATOR)
    body = {"code": "FZ", "name": "佛子兑换点", "branch_id": server.bank.district.id}
    await client.post("/desks", json=body)
    for change, field in NONSENSE:
        answer = await client.post("/desks", json=body | {"code": "YY"} | change)
        assert (refusal(answer), list(answer.json()["fields"])) == ((422, "invalid"), [field]), change
    assert len((await client.get("/desks")).json()["items"]) == 1


async def test_who_opens_one(server: Server) -> None:
    here, elsewhere = await server.bank.branch("佛子小区"), await server.bank.branch("银宇小区")
    statuses = {}
    for role in Role:
        client = await server.as_staff(role, branch=here)
        for place, branch_id in {"here": here.id, "elsewhere": elsewhere.id, "nowhere": 999}.items():
            body = {"code": f"{role}-{place}", "name": "点", "branch_id": branch_id}
            statuses[role.value, place] = (await client.post("/desks", json=body)).status_code
    assert statuses == {
        (role.value, place): 404 if place != "here" else 201 if role is Role.ADMINISTRATOR else 403
        for role in Role
        for place in ("here", "elsewhere", "nowhere")
    }
    body = {"code": "X", "name": "点", "branch_id": here.id}
    assert refusal(await server.client().post("/desks", json=body)) == (401, "unauthenticated")
    assert refusal(await (await as_member(server)).post("/desks", json=body)) == (403, "forbidden")


async def test_staff_see_the_desks_of_their_branches_and_members_all(server: Server) -> None:
    estates = [await server.bank.branch("佛子小区"), await server.bank.branch("银宇小区")]
    administrator = await server.as_staff(Role.ADMINISTRATOR)
    for place, estate in enumerate([*estates, *estates]):
        await administrator.post("/desks", json={"code": f"D{place}", "name": "点", "branch_id": estate.id})
    clients = {
        "clerk": await server.as_staff(Role.CLERK, branch=estates[1]),
        "overseer": await server.as_staff(Role.OVERSEER),
        "member": await as_member(server),
        "nobody": await server.as_staff(),
    }
    seen = {
        name: [desk["id"] for desk in (await client.get("/desks")).json().get("items", [])]
        for name, client in clients.items()
    }
    assert seen == {"clerk": [2, 4], "overseer": [1, 2, 3, 4], "member": [1, 2, 3, 4], "nobody": []}
    first = (await clients["overseer"].get("/desks", params={"limit": 3})).json()
    rest = (await clients["overseer"].get("/desks", params={"limit": 3, "cursor": first["next_cursor"]})).json()
    assert [desk["id"] for desk in first["items"] + rest["items"]] == [1, 2, 3, 4]
    assert rest["next_cursor"] is None
