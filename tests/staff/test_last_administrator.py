"""There is always an administrator left who stays, and nobody takes administration from themselves."""

from datetime import date, timedelta
from typing import Any

import pytest

from points_bank.actor import SYSTEM, Actor, Role
from points_bank.staff.accounts import disable_staff, enable_staff
from points_bank.staff.administrators import LastAdministrator
from points_bank.staff.handover import hand_over
from points_bank.staff.looking_up import ShutOut
from points_bank.staff.people import grant_right, rights_of, withdraw_right
from points_bank.staff.tokens import staff_actor
from tests.bank import Bank, Server


async def test_nobody_takes_administration_from_themselves(server: Server) -> None:
    first, second = await server.bank.staff(Role.ADMINISTRATOR, Role.CLERK), await server.bank.staff(Role.ADMINISTRATOR)
    own, other = server.client(await server.bank.token(first)), server.client(await server.bank.token(second))
    listed = (await own.get("/staff")).json()["items"]
    rights = {right["role"]: right["id"] for each in listed if each["id"] == first.id for right in each["rights"]}
    refused = await own.delete(f"/staff/{first.id}/rights/{rights['administrator']}")
    assert (refused.status_code, refused.json()["code"]) == (409, "same_person")
    assert (await own.delete(f"/staff/{first.id}/rights/{rights['clerk']}")).status_code == 204
    assert (await other.delete(f"/staff/{first.id}/rights/{rights['administrator']}")).status_code == 204
    assert (await own.get("/staff")).status_code == 403


async def day_after(bank: Bank, days: int = 1) -> date:
    """So many days from now, by the district's clock."""
    return await bank.database.read(lambda tx: tx.today + timedelta(days=days))


async def deputy_of(bank: Bank, *, until_on: date) -> Actor:
    """Somebody who administers the district until a day."""
    deputy = await bank.staff()
    right: dict[str, Any] = {"role": Role.ADMINISTRATOR, "branch_id": bank.district.id, "until_on": until_on}
    await bank.database.write(grant_right, deputy.id, **right, by=SYSTEM)
    return await bank.database.read(staff_actor, deputy.id, None)


async def test_a_deputy_does_not_end_the_only_one_who_stays(bank: Bank) -> None:
    root = await bank.staff(Role.ADMINISTRATOR)
    deputy = await deputy_of(bank, until_on=await day_after(bank))
    (right,) = await bank.database.read(rights_of, root.id, by=SYSTEM)
    with pytest.raises(LastAdministrator):
        await bank.database.write(disable_staff, root.id, by=deputy)
    with pytest.raises(LastAdministrator):
        await bank.database.write(withdraw_right, root.id, right_id=right.id, by=deputy)
    await bank.database.write(disable_staff, deputy.id, by=root)
    second = await bank.staff(Role.ADMINISTRATOR)
    await bank.database.write(disable_staff, root.id, by=second)


async def test_a_deputy_is_not_ended_where_nobody_stays(bank: Bank) -> None:
    first, _second = [await deputy_of(bank, until_on=await day_after(bank)) for _ in "12"]
    clerk = await bank.staff(Role.CLERK)
    with pytest.raises(LastAdministrator):
        await bank.database.write(disable_staff, first.id, by=SYSTEM)
    await bank.database.write(disable_staff, clerk.id, by=SYSTEM)


async def test_the_office_of_the_only_one_who_stays_goes_to_who_stays(bank: Bank) -> None:
    root, tomorrow = await bank.staff(Role.ADMINISTRATOR), await day_after(bank)
    deputy = await deputy_of(bank, until_on=await day_after(bank, 30))
    office: dict[str, Any] = {"branch_id": bank.district.id, "on": tomorrow}
    with pytest.raises(LastAdministrator):
        await bank.database.write(hand_over, root.id, to_staff_id=deputy.id, **office, by=deputy)
    assert [right.until_on for right in await bank.database.read(rights_of, root.id, by=SYSTEM)] == [None]
    follows = await bank.staff()
    await bank.database.write(hand_over, root.id, to_staff_id=follows.id, **office, by=SYSTEM)
    with pytest.raises(LastAdministrator):
        await bank.database.write(disable_staff, follows.id, by=root)
    bank.clock.set(bank.clock.now() + timedelta(days=2))
    await bank.database.write(disable_staff, root.id, by=SYSTEM)
    with pytest.raises(LastAdministrator):
        await bank.database.write(disable_staff, follows.id, by=SYSTEM)


async def test_who_is_shut_out_is_given_nothing(bank: Bank) -> None:
    root, clerk = await bank.staff(Role.ADMINISTRATOR), await bank.staff(Role.CLERK)
    gone, held = await bank.staff(), await bank.staff(Role.CLERK)
    for each in (gone, held):
        await bank.database.write(disable_staff, each.id, by=root)
        with pytest.raises(ShutOut):
            await bank.database.write(
                hand_over, clerk.id, to_staff_id=each.id, branch_id=bank.district.id, on=await day_after(bank), by=root
            )
        with pytest.raises(ShutOut):
            await bank.database.write(grant_right, each.id, role=Role.OVERSEER, branch_id=bank.district.id, by=root)
    await bank.database.write(enable_staff, gone.id, by=root)
    await bank.database.write(grant_right, gone.id, role=Role.OVERSEER, branch_id=bank.district.id, by=root)


async def test_a_right_for_who_is_shut_out_is_refused_by_name(server: Server) -> None:
    root, gone = await server.as_staff(Role.ADMINISTRATOR), await server.bank.staff()
    await server.bank.database.write(disable_staff, gone.id, by=SYSTEM)
    refused = await root.post(
        f"/staff/{gone.id}/rights", json={"role": "clerk", "branch_id": 1}, headers={"Accept-Language": "zh"}
    )
    assert (refused.status_code, refused.json()["code"]) == (409, "shut_out")
    assert refused.json()["detail"] == "此人的账号已停用，请先恢复账号。"
