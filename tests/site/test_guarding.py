"""What keeps others out of an answer or a connection: headers, cookies, and bodies that never end."""

import asyncio
import re
from collections.abc import AsyncIterator

import httpx
import pytest
from litestar import Litestar
from litestar._parsers import parse_url_encoded_form_data

from points_bank.actor import SYSTEM, Role
from points_bank.clock import Clock
from points_bank.database import Database
from points_bank.rewards.desks import add_desk
from points_bank.settings import Settings
from points_bank.site.forms import MOST_FIELDS
from points_bank.site.serving import HEADERS
from points_bank.web import SESSION
from tests.bank import Bank, Server
from tests.serving import serving

PAGES = ("/", "/sign-in", "/boards", "/nowhere", "/boards/99", "/staff/members/1")
OTHERS = ("/api/v1/members", "/api/v1/seals", "/api/v1/nowhere", "/health", "/api/v1/openapi.json")


@pytest.fixture
async def strict(application: Litestar, settings: Settings, clock: Clock) -> AsyncIterator[Server]:
    """A bank behind TLS that waits for nobody."""
    database = Database(settings.model_copy(update={"behind_tls": True, "body_wait_seconds": 0.3}), clock)
    async with serving(application, database) as address:
        served = Server(await Bank.on(database), address)
        yield served
        await served.close()


async def test_every_page_has_its_headers_refusals_too(server: Server) -> None:
    browser = await server.browser("")
    browser.headers["accept"] = "text/html"
    for path in PAGES:
        answer = await browser.get(path, follow_redirects=True)
        assert answer.headers["content-type"].startswith("text/html"), path
        assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS, path
        assert "strict-transport-security" not in answer.headers


async def test_every_other_answer_is_for_nobodys_page_and_nobodys_cache(server: Server) -> None:
    client = await server.browser("")
    for path in OTHERS:
        answer = await client.get(path)
        assert answer.headers["content-security-policy"].startswith("default-src 'none'"), path
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store", path


async def test_behind_tls_cookies_and_answers_say_so(strict: Server) -> None:
    client = await strict.browser("")
    answer = await client.get("/sign-in")
    assert answer.headers["strict-transport-security"] == "max-age=31536000"
    (cookie,) = answer.headers.get_list("set-cookie")
    assert cookie.startswith("__Host-points_bank_visitor=")
    said = {part.strip().lower() for part in cookie.split(";")[1:]}
    assert {"httponly", "secure", "path=/", "samesite=lax"} <= said
    assert not any(part.startswith("domain") for part in said)
    assert (await client.get("/api/v1/seals")).headers["strict-transport-security"] == "max-age=31536000"


async def test_a_body_that_never_ends_is_not_waited_for(strict: Server) -> None:
    """The server answers and takes others meanwhile; whoever sends in time is heard."""
    url = httpx.URL(strict.url)
    slow = [await asyncio.open_connection(url.host, url.port) for _ in range(20)]
    for _, writer in slow:
        writer.write(
            b"POST /api/v1/staff-tokens HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
            b'Content-Length: 500\r\n\r\n{"login": '
        )
    quick = await strict.client().post("/staff-tokens", json={"login": "lin", "password": "x"})
    assert quick.status_code == 401
    for reader, writer in slow:
        answer = await asyncio.wait_for(reader.read(4_096), 30)
        assert answer.startswith(b"HTTP/1.1 422 ")
        assert b"took too long" in answer or b"\xe5" in answer
        writer.close()


async def test_a_session_s_cookie_of_another_name_opens_nothing_behind_tls(strict: Server) -> None:
    plain = await strict.browser("anything")
    answer = await plain.get("/me")
    assert (answer.status_code, answer.headers["location"][:8]) == (303, "/sign-in")


async def test_a_cookie_of_somebody_else_beside_ours_changes_nothing(server: Server) -> None:
    token = await server.bank.token(await server.bank.staff(Role.CLERK))
    await server.browser(token)
    client = await server.browser("")
    for beside in ("a/b=1", 'x="\\000"', "=", "a@b=1", "\x01=2"):
        answer = await client.get("/sessions", headers={"cookie": f"{beside}; {SESSION}={token}"})
        assert answer.status_code == 200, beside
        assert (await client.get("/me", headers={"cookie": beside})).status_code == 303, beside


@pytest.mark.parametrize("part", ["a&", "a=1&"])
async def test_a_form_with_more_fields_than_any_is_not_drawn_again(server: Server, part: str) -> None:
    form = {"content-type": "application/x-www-form-urlencoded"}
    answer = await (await server.browser("")).post("/sign-in/member", content=part * (MOST_FIELDS + 1), headers=form)
    assert (answer.status_code, len(answer.content) < 20_000) == (422, True)


async def test_a_form_is_not_kept_after_its_answer(server: Server) -> None:
    """A form holds passwords, and can be four megabytes long."""
    before = parse_url_encoded_form_data.cache_info().currsize
    await (await server.browser("")).post(
        "/sign-in/staff", data={"login": "nobody", "password": "a secret of somebody"}
    )
    assert parse_url_encoded_form_data.cache_info().currsize == before


OUT_OF_RANGE = (
    "/staff/month?month=0001-01",
    "/staff/month?month=9999-12",
    f"/staff/month.xlsx?branch_id={10**24}&month=2026-10",
    "/desk/1/register?on=0001-01-01",
    "/api/v1/desks/1/register?on=9999-12-31",
    "/api/v1/desks/1/register?on=0001-01-01",
    "/api/v1/desks/1/register/9999-12-31.csv",
    "/api/v1/desks/1/register/0001-01.csv",
    "/api/v1/branches/1/months/9999-12.csv",
    "/api/v1/reports/9999-W52?branch_id=1",
)


async def test_what_is_far_beyond_any_calendar_or_book_is_no_fault_of_ours(server: Server) -> None:
    await server.bank.database.write(add_desk, code="D1", name="兑换点", branch_id=server.bank.district.id, by=SYSTEM)
    token = await server.bank.token(await server.bank.staff(*Role))
    browser = await server.browser(token)
    browser.headers["authorization"] = f"Bearer {token}"
    for path in OUT_OF_RANGE:
        assert (await browser.get(path)).status_code in {404, 422}, path
    page = await browser.get("/staff/reviews")
    proof = re.search(r'name="form_proof" value="([^"]+)"', page.text)
    assert proof is not None
    for number in ("9" * 30, "9" * 6_000):
        form = {"form_proof": proof[1], "activity_id": number, "reason": "-"}
        assert (await browser.post("/staff/reviews", data=form)).status_code == 422


async def test_what_no_keyboard_types_is_refused(server: Server) -> None:
    answer = await (await server.browser("")).post("/sign-in/staff", data={"login": "a\x00b", "password": "x"})
    assert answer.status_code == 422
