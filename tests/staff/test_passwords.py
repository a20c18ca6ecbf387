"""A password is the same whichever way it comes, and addresses are told apart however they are written."""

import re

import httpx
import pytest
from argon2 import PasswordHasher

from points_bank.actor import SYSTEM, Role
from points_bank.errors import Invalid
from points_bank.staff.passwords import LONGEST, hash_password, is_password
from points_bank.staff.people import create_staff
from tests.bank import Server

MEANT = "correct horse 12"
WAYS = [MEANT, f"  {MEANT}\u3000", "ｃｏｒｒｅｃｔ　ｈｏｒｓｅ　１２", "correct horse １２"]


async def by_page(server: Server, password: str) -> int:
    async with httpx.AsyncClient(base_url=server.url, timeout=30) as client:
        page = (await client.get("/sign-in?staff=true")).text
        hidden = {name: re.findall(f'name="{name}" value="([^"]+)"', page)[0] for name in ("form_proof", "form_key")}
        answer = await client.post("/sign-in/staff", data=hidden | {"login": "lin", "password": password})
        return answer.status_code


async def by_api(server: Server, password: str, *, address: str = "192.0.2.1", login: str = "lin") -> int:
    sent = {"login": login, "password": password}
    return (await server.client().post("/staff-tokens", json=sent, headers={"X-Forwarded-For": address})).status_code


@pytest.mark.parametrize("chosen", WAYS)
async def test_a_password_is_good_everywhere_however_it_was_chosen(server: Server, chosen: str) -> None:
    root = await server.as_staff(Role.ADMINISTRATOR)
    made = await root.post("/staff", json={"login": "lin", "name": "林", "password": chosen})
    assert made.status_code == 201
    for typed in WAYS:
        assert (await by_page(server, typed), await by_api(server, typed)) == (303, 201), typed
    for other in ("correcthorse12", "Correct horse 12"):
        assert (await by_page(server, other), await by_api(server, other)) == (401, 401), other


@pytest.mark.parametrize("typed", WAYS[1:])
async def test_what_was_hashed_as_it_was_typed_stays_good(server: Server, typed: str) -> None:
    old = PasswordHasher().hash(typed)
    await server.bank.database.write(create_staff, login="lin", name="林", password_hash=old, by=SYSTEM)
    assert (await by_page(server, typed), await by_api(server, typed)) == (303, 201)
    assert (await by_page(server, MEANT), await by_api(server, MEANT)) == (401, 401)


@pytest.mark.parametrize("password", [" " * 20, f"short{' ' * 10}", "x" * (LONGEST + 1), "㏂" * 60, "correct\thorse"])
def test_a_password_is_measured_as_it_is_meant(password: str) -> None:
    with pytest.raises(Invalid):
        hash_password(password)


def test_accents_and_chinese_letters_are_the_same_composed_or_not() -> None:
    assert is_password("ｅ\u0301tude 凤岭社区 １２", hash_password("\u00e9tude 凤岭社区 12"))
    assert not is_password("\u00e9tude 凤岭社区 12", None)


async def test_an_ipv4_address_written_as_ipv6_is_counted_by_itself(server: Server) -> None:
    await server.bank.database.write(
        create_staff, login="lin", name="林", password_hash=hash_password(MEANT), by=SYSTEM
    )
    for _ in range(5):
        assert await by_api(server, "a wrong one", address="::ffff:192.0.2.1") == 401
    addresses = ["::ffff:192.0.2.1", "::ffff:c000:201", "192.0.2.1", "::ffff:192.0.2.2", "::1", "2001:db8::1"]
    found = [await by_api(server, MEANT, address=address) for address in addresses]
    assert found == [429, 429, 429, 201, 201, 201]


async def test_ipv6_addresses_of_one_household_are_one(server: Server) -> None:
    await server.bank.database.write(
        create_staff, login="lin", name="林", password_hash=hash_password(MEANT), by=SYSTEM
    )
    for number in range(5):
        await by_api(server, "a wrong one", address=f"2001:db8::{number}")
    found = [await by_api(server, MEANT, address=address) for address in ("2001:db8::ffff", "2001:db8:0:1::1")]
    assert found == [429, 201]
