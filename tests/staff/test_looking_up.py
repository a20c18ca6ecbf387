"""Who was shut out or lost a right cannot undo it by a process that still remembers them."""

import asyncio
from typing import Any

import pytest

from points_bank.actor import SYSTEM, Actor, Role
from points_bank.errors import Forbidden, PointsBankError, SamePerson, Unauthenticated
from points_bank.settings import Settings
from points_bank.staff.accounts import change_password, disable_staff, enable_staff
from points_bank.staff.handover import hand_over
from points_bank.staff.people import create_staff, grant_right, list_staff, withdraw_right
from points_bank.staff.tokens import actor_of_token, end_staff_tokens, hash_of
from tests.bank import Bank, Server


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Callers are remembered."""
    return settings.model_copy(update={"token_cache_seconds": 5})


async def remembered(bank: Bank) -> Actor:
    """An administrator of the district as a process remembers them, besides another one."""
    await bank.staff(Role.ADMINISTRATOR)
    token = await bank.token(await bank.staff(Role.ADMINISTRATOR))
    actor = await bank.database.read(actor_of_token, hash_of(token))
    assert actor is not None
    return actor


async def refusals_of(bank: Bank, by: Actor) -> list[type[PointsBankError] | None]:
    """What each act that changes staff is refused with."""
    clerk, follows = await bank.staff(Role.CLERK), await bank.staff()
    (line,) = [each for each in await bank.database.read(list_staff, limit=200, by=SYSTEM) if each.id == clerk.id]
    right: dict[str, Any] = {"role": Role.ADMINISTRATOR, "branch_id": bank.district.id}
    office: dict[str, Any] = {"to_staff_id": follows.id, "branch_id": bank.district.id, "on": bank.clock.now().date()}
    acts: list[tuple[Any, tuple[int, ...], dict[str, Any]]] = [
        (enable_staff, (by.id,), {}),
        (change_password, (by.id,), {"password_hash": "-"}),
        (grant_right, (by.id,), right),
        (create_staff, (), {"login": "another", "name": "x", "password_hash": "-"}),
        (grant_right, (follows.id,), right),
        (change_password, (clerk.id,), {"password_hash": "-"}),
        (hand_over, (clerk.id,), office),
        (withdraw_right, (clerk.id,), {"right_id": line.rights[0].id}),
        (disable_staff, (clerk.id,), {}),
    ]
    found: list[type[PointsBankError] | None] = []
    for act, whose, values in acts:
        try:
            await bank.database.write(act, *whose, **values, by=by)
            found.append(None)
        except PointsBankError as refusal:
            found.append(type(refusal))
    return found


async def test_who_was_shut_out_changes_no_staff(bank: Bank) -> None:
    evil = await remembered(bank)
    await bank.database.write(disable_staff, evil.id, by=SYSTEM)
    assert set(await refusals_of(bank, evil)) == {Unauthenticated}


async def test_a_token_that_was_ended_changes_no_staff(bank: Bank) -> None:
    evil = await remembered(bank)
    (line,) = [each for each in await bank.database.read(list_staff, limit=200, by=SYSTEM) if each.id == evil.id]
    await bank.database.write(end_staff_tokens, login=line.login, by=SYSTEM)
    assert set(await refusals_of(bank, evil)) == {Unauthenticated}


async def test_a_right_that_was_withdrawn_changes_no_staff(bank: Bank) -> None:
    evil = await remembered(bank)
    await bank.database.write(grant_right, evil.id, role=Role.CLERK, branch_id=bank.district.id, by=SYSTEM)
    (line,) = [each for each in await bank.database.read(list_staff, limit=200, by=SYSTEM) if each.id == evil.id]
    await bank.database.write(withdraw_right, evil.id, right_id=line.rights[0].id, by=SYSTEM)
    assert set(await refusals_of(bank, evil)) == {Forbidden}


async def test_nobody_lets_themselves_in(bank: Bank) -> None:
    root = await remembered(bank)
    with pytest.raises(SamePerson):
        await bank.database.write(enable_staff, root.id, by=root)


@pytest.mark.racing
async def test_shutting_out_and_letting_oneself_in_at_once_leave_one_shut_out(bank: Bank) -> None:
    evil = await remembered(bank)
    await asyncio.gather(
        bank.database.write(disable_staff, evil.id, by=SYSTEM),
        *(bank.database.write(enable_staff, evil.id, by=evil) for _ in range(5)),
        *(bank.database.write(grant_right, evil.id, role=r, branch_id=1, by=evil) for r in (Role.CLERK, Role.OVERSEER)),
        return_exceptions=True,
    )
    lines = await bank.database.read(list_staff, limit=200, by=SYSTEM)
    assert [each.disabled_at is not None for each in lines if each.id == evil.id] == [True]


async def test_another_process_does_not_hear_who_was_shut_out(server: Server) -> None:
    """The server has not been told, as if another process had done it."""
    bank = server.bank
    await bank.staff(Role.ADMINISTRATOR)
    evil = await bank.staff(Role.ADMINISTRATOR)
    client, at = server.client(await bank.token(evil)), f"/staff/{evil.id}"
    assert (await client.get("/staff")).status_code == 200
    await bank.database.write(disable_staff, evil.id, by=SYSTEM)
    assert (await client.delete(f"{at}/disabling")).status_code == 401
    assert (await client.post(f"{at}/password", json={"password": "a new password"})).status_code == 401
    made = await client.post("/staff", json={"login": "wang", "name": "王", "password": "a new password"})
    assert made.json()["code"] == "unauthenticated"
