"""Browsers and addresses that an account is known at: who once had its secret gains nothing by them."""

import re
from itertools import product

import httpx
import pytest

from points_bank.actor import SYSTEM, Role
from points_bank.errors import TooManyTries
from points_bank.members.pins import next_pin_slip, secret_of, set_pin
from points_bank.site.visits import is_name_of_ours, new_name
from points_bank.staff.accounts import change_password
from points_bank.staff.passwords import hash_password
from points_bank.staff.people import create_staff, grant_right
from points_bank.staff.tries import GuardedAccount, Origin, check_tries, mark_of, remember_address, remember_try
from tests.bank import Bank, Server
from tests.scene import set_scene

OLD, NEW, WRONG = "the old password", "the new password", "a wrong password"
LIN = GuardedAccount("staff:lin", "hash of the password")
HOME = Origin("10.0.0.1")
KNOWN = "points_bank_known"


async def staff_with(server: Server, login: str, password: str) -> int:
    database, password_hash = server.bank.database, hash_password(password)
    made = await database.write(create_staff, login=login, name="林", password_hash=password_hash, by=SYSTEM)
    await database.write(grant_right, made.id, role=Role.CLERK, branch_id=server.bank.district.id, by=SYSTEM)
    return made.id


async def enter(server: Server, known: str, path: str = "/sign-in/staff", **typed: str) -> tuple[int, str]:
    """Sign in on the page with that cookie of a known browser: the status, and the cookie afterwards."""
    async with httpx.AsyncClient(base_url=server.url, timeout=30) as client:
        client.cookies.set(KNOWN, known)
        page = (await client.get("/sign-in?staff=true")).text
        hidden = {name: re.findall(f'name="{name}" value="([^"]+)"', page)[0] for name in ("form_proof", "form_key")}
        answer = await client.post(path, data=hidden | typed)
        return answer.status_code, answer.cookies.get(KNOWN) or known


async def wrong(bank: Bank, account: GuardedAccount, *origins: Origin, times: int = 1) -> None:
    for origin, _ in product(origins, range(times)):
        await bank.database.write(remember_try, account, origin)


async def has_to_wait(bank: Bank, account: GuardedAccount, origin: Origin) -> bool:
    try:
        await bank.database.read(check_tries, account, origin)
    except TooManyTries:
        return True
    return False


def in_browser(bank: Bank, name: str, account: GuardedAccount = LIN) -> Origin:
    return Origin("10.0.9.9", name, (mark_of(bank.database.keys, name, account),))


async def test_a_browser_knows_several_accounts_under_the_name_that_it_was_given(server: Server) -> None:
    for login in ("lin", "he"):
        await staff_with(server, login, OLD)
    _, first = await enter(server, "", login="lin", password=OLD)
    _, both = await enter(server, first, login="he", password=OLD)
    _, again = await enter(server, both, login="lin", password=OLD)
    assert both.startswith(f"{first}.")
    assert sorted(again.split(".")) == sorted(both.split("."))
    for _ in range(5):
        await enter(server, "", login="he", password=WRONG)
    assert (await enter(server, "", login="he", password=OLD))[0] == 429
    assert (await enter(server, again, login="he", password=OLD))[0] == 303


@pytest.mark.parametrize("name", ["b1", "x" * 32, "", "b1:staff:x", "%E5%90%8D"])
async def test_nobody_chooses_a_browsers_name(server: Server, name: str) -> None:
    await staff_with(server, "lin", OLD)
    status, known = await enter(server, f"{name}.mark", login="lin", password=OLD)
    given, *marks = known.split(".")
    assert (status, len(marks)) == (303, 1)
    assert given != name
    keys = server.bank.database.keys
    assert is_name_of_ours(keys, given)
    assert not is_name_of_ours(keys, name)
    assert not is_name_of_ours(keys, given[1:] + given[0])


async def test_a_login_that_looks_like_a_mark_opens_no_other_account(server: Server) -> None:
    for login in ("chief", "x:staff:chief"):
        await staff_with(server, login, OLD)
    statuses = []
    for number in range(3):
        _, known = await enter(server, f"b{number}", login="x:staff:chief", password=OLD)
        name, mark = known.split(".")
        for forged in (f"{name}:staff:x.{mark}", f"b{number}:staff:x.{mark}", known):
            statuses += [(await enter(server, forged, login="chief", password=WRONG))[0]]
    assert statuses == [401] * 5 + [429] * 4


async def test_a_login_that_looks_like_an_address_keeps_nobody_out_there(bank: Bank) -> None:
    elsewhere = Origin("10.0.0.2")
    await wrong(bank, GuardedAccount("staff:lin from 10.0.0.1"), elsewhere, times=5)
    await wrong(bank, GuardedAccount("staff:lin in known browsers"), *(Origin(f"10.0.1.{n}") for n in range(100)))
    assert not await has_to_wait(bank, LIN, HOME)
    assert not await has_to_wait(bank, LIN, in_browser(bank, "browser"))


async def test_a_new_password_forgets_every_known_browser(server: Server) -> None:
    staff_id = await staff_with(server, "lin", OLD)
    known = [(await enter(server, "", login="lin", password=OLD))[1] for _ in range(3)]
    await server.bank.database.write(change_password, staff_id, password_hash=hash_password(NEW), by=SYSTEM)
    statuses = [(await enter(server, each, login="lin", password=WRONG))[0] for each in known * 3]
    assert statuses == [401] * 5 + [429] * 4
    assert (await enter(server, known[0], login="lin", password=NEW))[0] == 429


async def test_a_new_pin_forgets_every_known_browser(server: Server) -> None:
    scene = await set_scene(server)
    root, database = await server.as_staff(Role.ADMINISTRATOR), server.bank.database
    number = (await root.get(f"/members/{scene.member}")).json()["card_no"]
    pin = (await root.post(f"/members/{scene.member}/pin")).json()["pin"]
    entered = [await enter(server, "", "/sign-in/member", number=number, pin=pin) for _ in range(3)]
    assert [status for status, _ in entered] == [303] * 3
    slip = await database.read(next_pin_slip, scene.member, by=SYSTEM)
    await database.write(set_pin, slip, pin_hash=hash_password(secret_of(scene.member, "another")), by=SYSTEM)
    statuses = [(await enter(server, known, "/sign-in/member", number=number, pin=pin))[0] for _, known in entered * 3]
    assert statuses == [401] * 5 + [429] * 4


async def test_a_new_secret_forgets_known_addresses(bank: Bank) -> None:
    places = [Origin(f"10.0.0.{number}") for number in range(5)]
    for place in places:
        await bank.database.write(remember_address, LIN, place)
    await wrong(bank, LIN, *(Origin(f"10.0.1.{number}") for number in range(20)))
    assert [await has_to_wait(bank, LIN, place) for place in places] == [False] * 5
    changed = GuardedAccount(LIN.name, "hash of another")
    assert [await has_to_wait(bank, changed, place) for place in places] == [True] * 5


async def test_known_browsers_have_a_limit_together_which_only_they_reach(bank: Bank) -> None:
    browsers = [in_browser(bank, new_name(bank.database.keys)) for _ in range(26)]
    await bank.database.write(remember_address, LIN, HOME)
    for number in range(30):
        await bank.database.write(remember_address, LIN, Origin(f"10.0.2.{number}"))
    await wrong(bank, LIN, *(Origin(f"10.0.1.{number}") for number in range(120)))
    await wrong(bank, LIN, *(Origin(f"10.0.2.{number}") for number in range(30)), times=4)
    await wrong(bank, LIN, *browsers[:24], times=4)
    assert not await has_to_wait(bank, LIN, browsers[-1])
    await wrong(bank, LIN, browsers[24], times=4)
    assert await has_to_wait(bank, LIN, browsers[-1])
    assert not await has_to_wait(bank, GuardedAccount("staff:he"), browsers[-1])


async def test_known_addresses_have_a_limit_together_which_only_they_reach(bank: Bank) -> None:
    places = [Origin(f"10.0.2.{number}") for number in range(26)]
    for place in places:
        await bank.database.write(remember_address, LIN, place)
    await wrong(bank, LIN, *(Origin(f"10.0.1.{number}") for number in range(120)))
    await wrong(bank, LIN, *(in_browser(bank, f"browser {number}") for number in range(30)), times=4)
    await wrong(bank, LIN, *places[:24], times=4)
    assert not await has_to_wait(bank, LIN, places[-1])
    await wrong(bank, LIN, places[24], times=4)
    assert await has_to_wait(bank, LIN, places[-1])
