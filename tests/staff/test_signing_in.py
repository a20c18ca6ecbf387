"""Signing in and out, and the limit on wrong tries."""

import asyncio
from typing import Any

import httpx
import pytest

from points_bank.actor import SYSTEM, Role
from points_bank.errors import TooManyTries
from points_bank.staff.passwords import hash_password
from points_bank.staff.people import create_staff, grant_right
from points_bank.staff.signing_in import check_tries, remember_try
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
        await bank.database.read(check_tries, "card:1")
        await bank.database.write(remember_try, "card:1")
    with pytest.raises(TooManyTries):
        await bank.database.read(check_tries, "card:1")
    await bank.database.read(check_tries, "card:2")
    bank.clock.set(at("2026-10-12 09:15:01"))
    await bank.database.read(check_tries, "card:1")
    await bank.database.write(remember_try, "card:1")
    with pytest.raises(TooManyTries) as refused:
        await bank.database.read(check_tries, "card:1")
    assert 50 <= refused.value.fields["retry_after_seconds"] <= 60
