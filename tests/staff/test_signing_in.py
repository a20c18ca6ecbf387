"""Signing in and out, and the limit on wrong tries."""

import asyncio
import re
from datetime import timedelta
from typing import Any

import httpx
import pytest

from points_bank.actor import SYSTEM, Role
from points_bank.errors import TooManyTries
from points_bank.staff.passwords import hash_password
from points_bank.staff.people import create_staff, grant_right
from points_bank.staff.tries import GuardedAccount, Origin, check_tries, mark_of, remember_address, remember_try
from tests.bank import Bank, Server, at

PASSWORD = "correct horse"


@pytest.fixture
async def anyone(server: Server) -> httpx.AsyncClient:
    """Somebody who has not signed in, at a bank with an administrator called lin."""
    database = server.bank.database
    lin = await database.write(create_staff, login="lin", name="林", password_hash=hash_password(PASSWORD), by=SYSTEM)
    await database.write(grant_right, lin.id, role=Role.ADMINISTRATOR, branch_id=1, by=SYSTEM)
    return server.client()


async def sign_in(client: httpx.AsyncClient, password: Any = PASSWORD, login: str = "lin") -> httpx.Response:
    return await client.post("/staff-tokens", json={"login": login, "password": password})


async def test_the_right_password_gives_a_token_for_twelve_hours(server: Server, anyone: httpx.AsyncClient) -> None:
    answer = await sign_in(anyone)
    assert (answer.status_code, answer.json().keys()) == (201, {"token", "expires_at"})
    assert answer.json()["expires_at"].startswith("2026-10-12T13:0")
    lin = server.client(answer.json()["token"])
    assert (await lin.get("/staff")).status_code == 200
    server.bank.clock.set(at("2026-10-12 20:59"))
    assert (await lin.get("/staff")).status_code == 200
    server.bank.clock.set(at("2026-10-12 21:10"))
    assert (await lin.get("/staff")).status_code == 401


async def test_signing_in_twice_gives_two_tokens_and_signing_out_ends_one(
    server: Server, anyone: httpx.AsyncClient
) -> None:
    first, second = [server.client((await sign_in(anyone)).json()["token"]) for _ in "12"]
    ended = await first.delete("/tokens/current")
    assert (ended.status_code, ended.content) == (204, b"")
    assert (await first.get("/staff")).status_code == 401
    assert (await first.delete("/tokens/current")).status_code == 401
    assert (await second.get("/staff")).status_code == 200


async def test_a_wrong_password_and_an_unknown_login_are_told_the_same(anyone: httpx.AsyncClient) -> None:
    answers = [await sign_in(anyone, "wrong horse"), await sign_in(anyone, login="nobody"), await sign_in(anyone, "")]
    assert [answer.status_code for answer in answers] == [401, 401, 401]
    assert answers[0].json() == answers[1].json() == answers[2].json()
    assert answers[0].json()["code"] == "unauthenticated"


async def test_after_five_wrong_tries_even_the_right_password_has_to_wait(
    server: Server, anyone: httpx.AsyncClient
) -> None:
    for _ in range(5):
        assert (await sign_in(anyone, "wrong horse")).status_code == 401
    server.bank.clock.set(at("2026-10-12 09:05"))
    answer = await sign_in(anyone)
    assert (answer.status_code, answer.json()["code"]) == (429, "too_many_tries")
    waiting = answer.json()["fields"]["retry_after_seconds"]
    assert 590 <= waiting <= 630
    assert answer.headers["retry-after"] == str(waiting)
    assert (await sign_in(anyone, login="nobody")).status_code == 401
    server.bank.clock.set(at("2026-10-12 09:16"))
    assert (await sign_in(anyone)).status_code == 201


async def test_a_right_try_takes_no_wrong_one_back(anyone: httpx.AsyncClient) -> None:
    for _ in range(4):
        await sign_in(anyone, "wrong horse")
    assert (await sign_in(anyone)).status_code == 201
    assert (await sign_in(anyone, "wrong horse")).status_code == 401
    assert (await sign_in(anyone)).status_code == 429


@pytest.mark.racing
async def test_many_tries_at_once_are_no_way_around_the_limit(anyone: httpx.AsyncClient) -> None:
    answers = await asyncio.gather(*(sign_in(anyone, f"wrong horse {number}") for number in range(12)))
    assert sorted(answer.status_code for answer in answers) == [401] * 5 + [429] * 7


async def test_what_makes_no_sense_is_refused(anyone: httpx.AsyncClient) -> None:
    for body in ({}, {"login": "lin"}, {"login": "lin", "password": "x" * 201}, {"login": "l\x00", "password": "x"}):
        answer = await anyone.post("/staff-tokens", json=body)
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    assert (await sign_in(anyone, None)).status_code == 422


async def test_tries_are_counted_by_subject_in_a_moving_window(bank: Bank) -> None:
    for minute in range(5):
        bank.clock.set(at(f"2026-10-12 09:0{minute}"))
        await bank.database.read(check_tries, GuardedAccount("card:1"))
        await bank.database.write(remember_try, GuardedAccount("card:1"))
    with pytest.raises(TooManyTries):
        await bank.database.read(check_tries, GuardedAccount("card:1"))
    await bank.database.read(check_tries, GuardedAccount("card:2"))
    bank.clock.set(at("2026-10-12 09:15:01"))
    await bank.database.read(check_tries, GuardedAccount("card:1"))
    await bank.database.write(remember_try, GuardedAccount("card:1"))
    with pytest.raises(TooManyTries) as refused:
        await bank.database.read(check_tries, GuardedAccount("card:1"))
    assert 50 <= refused.value.fields["retry_after_seconds"] <= 60


LIN = GuardedAccount("staff:lin")
HOME, ELSEWHERE = Origin("10.0.0.1"), Origin("10.0.0.2")


async def wrong(bank: Bank, account: str, origin: Origin, times: int) -> None:
    for _ in range(times):
        await bank.database.write(remember_try, GuardedAccount(account), origin)


async def waits(bank: Bank, account: str, origin: Origin) -> int:
    """How many seconds somebody has to wait; 0 who need not."""
    try:
        await bank.database.read(check_tries, GuardedAccount(account), origin)
    except TooManyTries as refusal:
        return int(refusal.fields["retry_after_seconds"])
    return 0


async def test_who_guesses_elsewhere_locks_nobody_out(bank: Bank) -> None:
    await wrong(bank, "staff:lin", ELSEWHERE, 5)
    assert await waits(bank, "staff:lin", ELSEWHERE) > 0
    assert await waits(bank, "staff:lin", HOME) == 0
    assert await waits(bank, "staff:he", ELSEWHERE) == 0


async def test_many_addresses_together_are_held_up_but_not_the_owners_browser(bank: Bank) -> None:
    for number in range(5):
        await wrong(bank, "staff:lin", Origin(f"10.0.1.{number}"), 4)
    assert await waits(bank, "staff:lin", HOME) > 0
    known = Origin("10.0.1.1", "browser", ("-", mark_of(bank.database.keys, "browser", LIN)))
    assert await waits(bank, "staff:lin", known) == 0
    assert await waits(bank, "staff:he", known) == 0
    # A mark of another account, or of another browser, is worth nothing.
    for other in (
        mark_of(bank.database.keys, "browser", GuardedAccount("staff:he")),
        mark_of(bank.database.keys, "x", LIN),
    ):
        assert await waits(bank, "staff:lin", Origin("10.0.1.1", "browser", (other,))) > 0
    await wrong(bank, "staff:lin", known, 5)
    assert await waits(bank, "staff:lin", known) > 0


async def test_an_address_that_was_right_lately_is_counted_by_itself(bank: Bank) -> None:
    await bank.database.write(remember_address, LIN, HOME)
    for number in range(5):
        await wrong(bank, "staff:lin", Origin(f"10.0.1.{number}"), 5)
    assert await waits(bank, "staff:lin", ELSEWHERE) > 0
    assert await waits(bank, "staff:lin", HOME) == 0
    # Its own wrong tries count there, and nowhere else.
    await wrong(bank, "staff:lin", HOME, 5)
    assert await waits(bank, "staff:lin", HOME) > 0
    # It is known for that account, and no other.
    await wrong(bank, "staff:he", ELSEWHERE, 20)
    assert await waits(bank, "staff:he", HOME) > 0


async def test_wrong_tries_where_it_was_right_keep_nobody_out_elsewhere(bank: Bank) -> None:
    await bank.database.write(remember_address, LIN, HOME)
    await wrong(bank, "staff:lin", HOME, 30)
    assert await waits(bank, "staff:lin", ELSEWHERE) == 0


async def test_an_address_at_which_many_are_guessed_is_held_up_also_where_it_was_right(bank: Bank) -> None:
    await bank.database.write(remember_address, LIN, HOME)
    for number in range(100):
        await bank.database.write(remember_try, GuardedAccount(f"card:{number}"), HOME)
    assert await waits(bank, "staff:lin", HOME) > 0


async def test_an_address_is_known_for_thirty_days_after_it_was_last_right(bank: Bank) -> None:
    for on in ("2026-10-12 09:00", "2026-10-20 09:00"):
        bank.clock.set(at(on))
        await bank.database.write(remember_address, LIN, HOME)
    for on, is_known in (("2026-11-19 08:00", True), ("2026-11-19 10:00", False)):
        bank.clock.set(at(on))
        await wrong(bank, "staff:lin", ELSEWHERE, 20)
        assert (await waits(bank, "staff:lin", HOME) == 0) is is_known, on


@pytest.mark.parametrize("by_page", [False, True])
async def test_who_signed_in_here_lately_is_not_shut_out_by_others(
    server: Server, anyone: httpx.AsyncClient, by_page: bool
) -> None:
    """The owner has no cookie of a known browser; the others come from several addresses at once."""

    def calling(number: int) -> httpx.AsyncClient:
        return httpx.AsyncClient(transport=httpx.AsyncHTTPTransport(local_address=f"127.0.0.{number}"), timeout=30)

    async def enter(number: int, password: str) -> int:
        async with calling(number) as client:
            if not by_page:
                sent = {"login": "lin", "password": password}
                return (await client.post(f"{server.url}/api/v1/staff-tokens", json=sent)).status_code
            page = (await client.get(f"{server.url}/sign-in?staff=true")).text
            hidden = {
                name: re.findall(f'name="{name}" value="([^"]+)"', page)[0] for name in ("form_proof", "form_key")
            }
            form = hidden | {"login": "lin", "password": password}
            return (await client.post(f"{server.url}/sign-in/staff", data=form)).status_code

    entered = 303 if by_page else 201
    assert await enter(99, PASSWORD) == entered
    for number in range(2, 7):
        for _ in range(5):
            await enter(number, "wrong horse")
    assert await enter(98, PASSWORD) == 429
    assert await enter(99, PASSWORD) == entered
    for _ in range(5):
        await enter(99, "wrong horse")
    assert await enter(99, PASSWORD) == 429


async def test_who_guesses_at_many_accounts_is_held_up(bank: Bank) -> None:
    for number in range(100):
        await bank.database.write(remember_try, GuardedAccount(f"card:{number}"), ELSEWHERE)
    assert await waits(bank, "card:1000", ELSEWHERE) > 0
    assert await waits(bank, "card:1000", HOME) == 0


async def test_each_round_of_wrong_tries_doubles_the_wait(bank: Bank) -> None:
    found = []
    for _ in range(7):
        await wrong(bank, "card:1", HOME, 5)
        found.append(round(await waits(bank, "card:1", HOME) / 60))
        bank.clock.set(bank.clock.now() + timedelta(minutes=found[-1] + 1))
        assert await waits(bank, "card:1", HOME) == 0 or found[-1] == 240
    assert found[:5] == [15, 30, 60, 120, 240]
    assert max(found) == 240
    bank.clock.set(bank.clock.now() + timedelta(days=1))
    assert await waits(bank, "card:1", HOME) == 0


async def test_a_browser_is_known_once_somebody_signed_in(server: Server, anyone: httpx.AsyncClient) -> None:
    browser = await server.browser("")
    for _ in range(4):
        page = (await browser.get("/sign-in?staff=true")).text
        proofs = {name: re.findall(f'name="{name}" value="([^"]+)"', page)[0] for name in ("form_proof", "form_key")}
        answer = await browser.post("/sign-in/staff", data=proofs | {"login": "lin", "password": PASSWORD})
        assert answer.status_code == 303
        await browser.get("/")
        browser.cookies.delete("points_bank_session")
        for _ in range(2):
            await sign_in(anyone, "wrong horse")
    assert (await sign_in(anyone)).status_code == 429
    (known,) = [value for name, value in browser.cookies.items() if name == "points_bank_known"]
    assert known.count(".") == 1
