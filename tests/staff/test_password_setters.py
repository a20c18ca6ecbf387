"""Nobody comes to a right through an account whose password they set, or whose rights have ended."""

from datetime import timedelta
from typing import Any, Self

import httpx
import pytest

from points_bank.actor import SYSTEM, Actor, Role
from points_bank.branches.models import BranchKind
from points_bank.branches.tree import BranchLine
from points_bank.errors import Forbidden
from points_bank.staff.accounts import change_password, disable_staff, enable_staff
from points_bank.staff.handover import hand_over
from points_bank.staff.password_setters import PasswordOfAnother
from points_bank.staff.people import appoint_staff, create_staff, grant_right, withdraw_right
from tests.bank import Bank, Server

FIRST, SECOND, THIRD = "first password", "second password", "third password"


class Estates:
    """A district with two communities, an administrator of the whole, one of the first community, and a newcomer
    called wang, whom the district's administrator made."""

    def __init__(self, server: Server) -> None:
        self.server, self.bank = server, server.bank

    async def open(self) -> Self:
        self.here, self.there = [
            await self.bank.branch(name, BranchKind.COMMUNITY) for name in ("凤岭社区", "银宇社区")
        ]
        self.root, self.near = [await self.server.as_staff(Role.ADMINISTRATOR, branch=b) for b in (None, self.here)]
        made = await self.root.post("/staff", json={"login": "wang", "name": "王主任", "password": FIRST})
        self.at = f"/staff/{made.json()['id']}"
        return self

    async def grant(self, client: httpx.AsyncClient, role: Role, branch: BranchLine) -> httpx.Response:
        return await client.post(f"{self.at}/rights", json={"role": role, "branch_id": branch.id})

    async def give_password(self, client: httpx.AsyncClient, password: str) -> int:
        return (await client.post(f"{self.at}/password", json={"password": password})).status_code

    async def as_wang(self, password: str) -> httpx.AsyncClient:
        answer = await self.server.client().post("/staff-tokens", json={"login": "wang", "password": password})
        assert answer.status_code == 201
        return self.server.client(answer.json()["token"])


@pytest.fixture
async def estates(server: Server) -> Estates:
    return await Estates(server).open()


def code(answer: httpx.Response) -> tuple[int, str | None]:
    return answer.status_code, None if answer.is_success else answer.json()["code"]


async def test_who_never_had_a_right_is_the_districts(estates: Estates) -> None:
    assert "wang" in [each["login"] for each in (await estates.near.get("/staff")).json()["items"]]
    for path in ("/password", "/disabling"):
        refused = await estates.near.post(f"{estates.at}{path}", json={"password": SECOND})
        assert code(refused) == (403, "forbidden")
    assert code(await estates.near.delete(f"{estates.at}/disabling")) == (403, "forbidden")
    await estates.as_wang(FIRST)
    assert await estates.give_password(estates.root, SECOND) == 200


async def test_a_right_is_not_given_to_who_has_a_password_of_somebody_else(estates: Estates) -> None:
    root, near, bank = estates.root, estates.near, estates.bank
    assert code(await estates.grant(near, Role.ADMINISTRATOR, estates.here)) == (201, None)
    assert await estates.give_password(near, SECOND) == 200
    taken = await estates.as_wang(SECOND)
    # Setting it anew as the one whom they are now makes it nobody else's.
    assert await estates.give_password(taken, THIRD) == 200
    taken = await estates.as_wang(THIRD)
    for branch in (bank.district, estates.there):
        assert code(await estates.grant(root, Role.CLERK, branch)) == (409, "password_of_another")
    chinese = await root.post(
        f"{estates.at}/rights",
        json={"role": "administrator", "branch_id": bank.district.id},
        headers={"Accept-Language": "zh"},
    )
    assert chinese.json()["detail"] == "此人的密码由不管理该单位的人设置。请先为其设置新密码，再授予权限。"
    assert code(await estates.grant(root, Role.CLERK, estates.here)) == (201, None)
    assert await estates.give_password(root, FIRST) == 200
    assert (await taken.get("/staff")).status_code == 401
    assert code(await estates.grant(root, Role.ADMINISTRATOR, bank.district)) == (201, None)
    assert await estates.give_password(near, SECOND) == 403


async def test_the_page_says_that_a_new_password_is_needed(estates: Estates) -> None:
    made = (await estates.near.post("/staff", json={"login": "lin", "name": "林", "password": FIRST})).json()
    root = await estates.bank.staff(Role.ADMINISTRATOR)
    office, at = await estates.server.browser(await estates.bank.token(root)), f"/admin/staff/{made['id']}"
    page = (await office.get(at)).text
    form = {name: page.split(f'name="{name}" value="')[1].split('"')[0] for name in ("form_proof", "form_key")}
    refused = await office.post(f"{at}/rights", data={**form, "role": "clerk", "branch_id": "1"})
    assert (refused.status_code, 'data-code="password_of_another"' in refused.text) == (409, True)


async def test_who_made_somebody_may_give_them_another_password_until_they_have_rights_elsewhere(
    estates: Estates,
) -> None:
    made = (await estates.near.post("/staff", json={"login": "lin", "name": "林", "password": FIRST})).json()
    other = await estates.server.as_staff(Role.ADMINISTRATOR, branch=estates.here)
    at = f"/staff/{made['id']}/password"
    answers = [await client.post(at, json={"password": SECOND}) for client in (estates.near, other, estates.near)]
    assert [answer.status_code for answer in answers] == [200, 403, 200]


async def test_who_set_it_is_judged_by_what_they_are_now(bank: Bank) -> None:
    here = await bank.branch("凤岭社区", BranchKind.COMMUNITY)
    root, near = await bank.staff(Role.ADMINISTRATOR), await bank.staff(Role.ADMINISTRATOR, branch=here)
    first, second = [
        await bank.database.write(create_staff, login=login, name=login, password_hash="-", by=root)
        for login in ("first", "second")
    ]
    await bank.database.write(grant_right, first.id, role=Role.CLERK, branch_id=here.id, by=near)
    await bank.staff(Role.ADMINISTRATOR)
    await bank.database.write(disable_staff, root.id, by=SYSTEM)
    with pytest.raises(PasswordOfAnother):
        await bank.database.write(grant_right, second.id, role=Role.CLERK, branch_id=here.id, by=near)
    for by in (SYSTEM, None):
        await bank.database.write(change_password, second.id, password_hash="-", by=by or near)
        await bank.database.write(grant_right, second.id, role=list(Role)[by is None], branch_id=here.id, by=near)


async def test_the_command_lines_passwords_are_nobodys(bank: Bank) -> None:
    here = await bank.branch("凤岭社区", BranchKind.COMMUNITY)
    near = await bank.staff(Role.ADMINISTRATOR, branch=here)
    appointed = await bank.database.write(
        appoint_staff, login="lin", name="林", password_hash="-", role=Role.CLERK, branch_code=here.code, by=SYSTEM
    )
    await bank.database.write(grant_right, appointed.id, role=Role.RECORDER, branch_id=here.id, by=near)


async def test_an_office_is_not_handed_to_who_has_a_password_of_somebody_else(bank: Bank) -> None:
    here = await bank.branch("凤岭社区", BranchKind.COMMUNITY)
    root, near = await bank.staff(Role.ADMINISTRATOR), await bank.staff(Role.ADMINISTRATOR, branch=here)
    leaving = await bank.staff(Role.APPROVER)
    follows = await bank.database.write(create_staff, login="lin", name="林", password_hash="-", by=near)
    values: dict[str, Any] = {
        "to_staff_id": follows.id,
        "branch_id": bank.district.id,
        "on": bank.clock.now().date(),
        "by": root,
    }
    with pytest.raises(PasswordOfAnother):
        await bank.database.write(hand_over, leaving.id, **values)
    await bank.database.write(change_password, follows.id, password_hash="-", by=root)
    assert (await bank.database.write(hand_over, leaving.id, **values)).granted_right_ids


async def test_rights_that_have_ended_still_say_whose_somebody_is(bank: Bank) -> None:
    here, there = [await bank.branch(name, BranchKind.COMMUNITY) for name in ("凤岭社区", "银宇社区")]
    root, near, own = [await bank.staff(Role.ADMINISTRATOR, branch=branch) for branch in (bank.district, here, there)]
    lapsed, withdrawn = await bank.staff(), await bank.staff()
    await bank.database.write(
        grant_right, lapsed.id, role=Role.ADMINISTRATOR, branch_id=there.id, until_on=bank.clock.now().date(), by=root
    )
    right = await bank.database.write(grant_right, withdrawn.id, role=Role.CLERK, branch_id=there.id, by=root)
    await bank.database.write(disable_staff, withdrawn.id, by=own)
    await bank.database.write(withdraw_right, withdrawn.id, right_id=right.id, by=own)
    bank.clock.set(bank.clock.now() + timedelta(days=1))

    async def may(act: Any, staff_id: int, by: Actor, **values: str) -> bool:
        try:
            await bank.database.write(act, staff_id, **values, by=by)
        except Forbidden:
            return False
        return True

    for each in (lapsed, withdrawn):
        assert not await may(change_password, each.id, near, password_hash="-")
        assert not await may(enable_staff, each.id, near)
        assert await may(change_password, each.id, own, password_hash="-")
        assert await may(enable_staff, each.id, root)
