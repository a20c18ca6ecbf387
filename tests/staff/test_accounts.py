"""A new password for staff, shutting them out, and letting them in again."""

import asyncio
import re
from typing import Any
from uuid import uuid4

import httpx
import pytest
import sqlalchemy as sa

from points_bank.actor import SYSTEM, Actor, Role
from points_bank.audit import Audit
from points_bank.branches.models import BranchKind
from points_bank.columns import table_of
from points_bank.errors import Forbidden, Invalid, NotFound, PointsBankError, SamePerson, Unauthenticated
from points_bank.staff.accounts import change_password, disable_staff, enable_staff, staff_with_login
from points_bank.staff.administrators import LastAdministrator
from points_bank.staff.passwords import hash_password
from points_bank.staff.people import create_staff, grant_right, list_staff, withdraw_right
from points_bank.staff.sessions import open_session
from points_bank.staff.tokens import hash_of, staff_actor
from points_bank.transaction import Transaction
from tests.bank import Bank, Server

OLD, NEW = "correct horse", "battery staple"
AUDIT = table_of(Audit)


@pytest.fixture
async def tan(server: Server) -> int:
    """A clerk called tan, with a password; the district has an administrator besides."""
    database = server.bank.database
    await server.bank.staff(Role.ADMINISTRATOR)
    created = await database.write(create_staff, login="tan", name="谭", password_hash=hash_password(OLD), by=SYSTEM)
    await database.write(grant_right, created.id, role=Role.CLERK, branch_id=server.bank.district.id, by=SYSTEM)
    return created.id


async def signed_in(server: Server, password: str = OLD) -> httpx.Response:
    return await server.client().post("/staff-tokens", json={"login": "tan", "password": password})


async def browser_of(server: Server, token: str) -> httpx.AsyncClient:
    await server.bank.database.write(open_session, token_hash=hash_of(token), device="", instead_of=None)
    client = await server.browser("")
    client.cookies.set("points_bank_session", token)
    return client


async def audited(bank: Bank, act: str) -> list[tuple[str, list[str]]]:
    chosen = sa.select(AUDIT.c.subject, AUDIT.c.details).where(AUDIT.c.act == act)
    return [(row.subject, row.details) for row in await bank.database.read(lambda tx: tx.all(chosen))]


async def test_a_new_password_ends_every_token_and_session_at_once(server: Server, tan: int) -> None:
    token = (await signed_in(server)).json()["token"]
    program, browser = server.client(token), await browser_of(server, (await signed_in(server)).json()["token"])
    root = await server.as_staff(Role.ADMINISTRATOR)
    assert [(await program.get("/rewards")).status_code, (await browser.get("/sessions")).status_code] == [200, 200]
    key = {"Idempotency-Key": uuid4().hex}
    changed = [await root.post(f"/staff/{tan}/password", json={"password": NEW}, headers=key) for _ in "12"]
    assert [answer.status_code for answer in changed] == [200, 200]
    assert changed[0].json() == changed[1].json() == {"id": tan, "login": "tan", "disabled_at": None}
    assert [(await program.get("/rewards")).status_code, (await browser.get("/sessions")).status_code] == [401, 303]
    assert [(await signed_in(server, each)).status_code for each in (OLD, NEW)] == [401, 201]
    assert await audited(server.bank, "change_password") == [(f"staff:{tan}", [])]


async def test_who_is_shut_out_works_no_more_until_let_in_again(server: Server, tan: int) -> None:
    token = (await signed_in(server)).json()["token"]
    program, browser = server.client(token), await browser_of(server, (await signed_in(server)).json()["token"])
    root = await server.as_staff(Role.ADMINISTRATOR)
    shut_out = [await root.post(f"/staff/{tan}/disabling") for _ in "12"]
    assert [answer.status_code for answer in shut_out] == [200, 200]
    assert shut_out[0].json() == shut_out[1].json()
    assert shut_out[0].json()["disabled_at"].startswith("2026-10-12T01:0")
    assert [(await program.get("/rewards")).status_code, (await browser.get("/sessions")).status_code] == [401, 303]
    assert (await signed_in(server)).status_code == 401
    listed = (await root.get("/staff")).json()["items"]
    assert {each["login"]: each["disabled_at"] is not None for each in listed}["tan"]
    assert [(await root.delete(f"/staff/{tan}/disabling")).status_code for _ in "12"] == [204, 204]
    assert (await program.get("/rewards")).status_code == 401, "what was ended stays ended"
    again = server.client((await signed_in(server)).json()["token"])
    assert (await again.get("/rewards")).status_code == 200
    assert await audited(server.bank, "disable_staff") == await audited(server.bank, "enable_staff")
    assert await audited(server.bank, "enable_staff") == [(f"staff:{tan}", [])]


async def test_a_password_that_is_none_is_refused_and_ends_nothing(server: Server, tan: int) -> None:
    program = server.client((await signed_in(server)).json()["token"])
    root = await server.as_staff(Role.ADMINISTRATOR)
    for password in ("short", "x" * 201, "a\x00 bad password"):
        refused = await root.post(f"/staff/{tan}/password", json={"password": password})
        assert (refused.status_code, refused.json()["code"]) == (422, "invalid")
    assert (await program.get("/rewards")).status_code == 200
    assert (await signed_in(server)).status_code == 201


async def test_only_who_administers_all_that_somebody_does_may(bank: Bank) -> None:
    here, there = [await bank.branch(name, BranchKind.COMMUNITY) for name in ("凤岭社区", "银宇社区")]
    root, near = await bank.staff(Role.ADMINISTRATOR), await bank.staff(Role.ADMINISTRATOR, branch=here)
    both, elsewhere = await bank.staff(Role.CLERK, branch=here), await bank.staff(Role.CLERK, branch=there)
    await bank.database.write(grant_right, both.id, role=Role.CLERK, branch_id=there.id, by=SYSTEM)
    near_one, approver = await bank.staff(Role.CLERK, branch=here), await bank.staff(Role.APPROVER, branch=here)

    async def refusal(staff_id: int, by: Actor) -> type[PointsBankError] | None:
        """What each of the three is refused with, which is the same."""
        refusals: set[type[PointsBankError] | None] = set()
        acts: list[tuple[Any, dict[str, str]]] = [
            (change_password, {"password_hash": "-"}),
            (disable_staff, {}),
            (enable_staff, {}),
        ]
        for act, more in acts:
            try:
                await bank.database.write(act, staff_id, **more, by=by)
                refusals.add(None)
            except PointsBankError as refused:
                refusals.add(type(refused))
        (only,) = refusals
        return only

    assert await refusal(both.id, near) is Forbidden
    assert await refusal(elsewhere.id, near) is NotFound
    assert await refusal(root.id, near) is NotFound
    assert await refusal(999, root) is NotFound
    assert await refusal(near_one.id, approver) is Forbidden
    assert await refusal(near_one.id, near) is None
    assert await refusal(both.id, root) is None


async def test_nobody_shuts_themselves_out_nor_the_last_administrator(bank: Bank) -> None:
    root, clerk = await bank.staff(Role.ADMINISTRATOR), await bank.staff(Role.CLERK)
    with pytest.raises(SamePerson):
        await bank.database.write(disable_staff, root.id, by=root)
    with pytest.raises(LastAdministrator):
        await bank.database.write(disable_staff, root.id, by=SYSTEM)
    await bank.database.write(disable_staff, clerk.id, by=SYSTEM)
    second = await bank.staff(Role.ADMINISTRATOR)
    await bank.database.write(disable_staff, root.id, by=second)
    with pytest.raises(LastAdministrator):
        await bank.database.write(disable_staff, second.id, by=SYSTEM)
    (line,) = [each for each in await bank.database.read(list_staff, limit=50, by=SYSTEM) if each.id == second.id]
    with pytest.raises(LastAdministrator):
        await bank.database.write(withdraw_right, second.id, right_id=line.rights[0].id, by=SYSTEM)
    assert (await bank.database.read(staff_actor, second.id, None)).rights


@pytest.mark.racing
@pytest.mark.parametrize(("by_each_other", "refusal"), [(True, Unauthenticated), (False, LastAdministrator)])
async def test_of_two_administrators_shut_out_at_once_one_is_left(
    bank: Bank, by_each_other: bool, refusal: type[PointsBankError]
) -> None:
    first, second = await bank.staff(Role.ADMINISTRATOR), await bank.staff(Role.ADMINISTRATOR)
    ended = await asyncio.gather(
        bank.database.write(disable_staff, first.id, by=second if by_each_other else SYSTEM),
        bank.database.write(disable_staff, second.id, by=first if by_each_other else SYSTEM),
        return_exceptions=True,
    )
    assert [type(each) for each in ended].count(refusal) == 1


async def test_a_login_is_found_also_where_it_is_shut_out(bank: Bank) -> None:
    clerk = await bank.staff(Role.CLERK)

    def found(tx: Transaction) -> int:
        return staff_with_login(tx, "staff1")

    assert await bank.database.read(found) == clerk.id
    await bank.database.write(disable_staff, clerk.id, by=SYSTEM)
    assert await bank.database.read(found) == clerk.id
    with pytest.raises(Invalid):
        await bank.database.read(staff_with_login, "nobody")


async def test_the_administrators_page_does_all_three(server: Server, tan: int) -> None:
    root = await server.bank.staff(Role.ADMINISTRATOR)
    office, at = await server.browser(await server.bank.token(root)), f"/admin/staff/{tan}"

    async def press(form: str, **typed: str) -> httpx.Response:
        page = (await office.get(at)).text
        assert f'action="{at}/{form}"' in page
        hidden = {name: re.findall(f'name="{name}" value="([^"]+)"', page)[0] for name in ("form_proof", "form_key")}
        return await office.post(f"{at}/{form}", data=hidden | typed)

    short = await press("password", password="short")
    assert (short.status_code, "密码应为 10 至 200 个字符" in short.text) == (422, True)
    assert (await press("password", password=NEW)).headers["location"] == f"{at}?done=password_changed"
    assert (await signed_in(server, NEW)).status_code == 201
    assert (await press("disabling")).headers["location"] == f"{at}?done=disabled"
    assert (await signed_in(server, NEW)).status_code == 401
    assert "已停用" in (await office.get("/admin/staff")).text
    assert (await press("enabling")).headers["location"] == f"{at}?done=enabled"
    assert (await signed_in(server, NEW)).status_code == 201
    for done in ("password_changed", "disabled", "enabled"):
        assert 'class="done"' in (await office.get(f"{at}?done={done}")).text
    refused = await office.post(
        f"/admin/staff/{root.id}/disabling",
        data={"form_proof": re.findall('name="form_proof" value="([^"]+)"', (await office.get(at)).text)[0]},
    )
    assert (refused.status_code, 'data-code="same_person"' in refused.text) == (409, True)
