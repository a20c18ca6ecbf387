"""Somebody is shut out while their request is still coming: whoever it was at its beginning, it is not heard."""

from collections.abc import AsyncIterator

import pytest

from points_bank.actor import Actor, Role
from tests.bank import Server

JSON, FORM = {"Content-Type": "application/json"}, {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture
async def tan(server: Server) -> Actor:
    """An administrator of the district, as somebody else is besides."""
    return await server.bank.staff(Role.ADMINISTRATOR)


async def shutting_out(server: Server, tan: Actor, sent: bytes) -> AsyncIterator[bytes]:
    """A body of which the last byte comes when its sender has been shut out."""
    root = await server.as_staff(Role.ADMINISTRATOR)
    yield sent[:-1]
    assert (await root.post(f"/staff/{tan.id}/disabling")).status_code == 200
    yield sent[-1:]


async def test_a_program_that_was_shut_out_is_not_heard_to_the_end(server: Server, tan: Actor) -> None:
    program = server.client(await server.bank.token(tan))
    account = '{"login": "back", "name": "后门", "password": "a door at the back"}'.encode()
    answer = await program.post("/staff", content=shutting_out(server, tan, account), headers=JSON)
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
    listed = await (await server.as_staff(Role.ADMINISTRATOR)).get("/staff")
    assert "back" not in [each["login"] for each in listed.json()["items"]]


async def test_a_browser_that_was_shut_out_has_to_sign_in(server: Server, tan: Actor) -> None:
    browser = await server.browser(await server.bank.token(tan))
    answer = await browser.post(
        f"/admin/staff/{tan.id}/enabling", content=shutting_out(server, tan, b"proof=none"), headers=FORM
    )
    assert (answer.status_code, 'data-code="unauthenticated"' in answer.text) == (401, True)
